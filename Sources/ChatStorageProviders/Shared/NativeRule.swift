import ChatStorageCore
import ChatStorageJSON

/// Decides whether a part keeps the provider's own JSON beside its portable members.
enum NativeRule {
    /// The original as native JSON; nil if what a codec writes from the portable members says the same.
    ///
    /// White space between tokens makes no difference: some APIs indent their answers, and none signs the white space.
    /// The order of members, the texts of numbers, escapes and repeated members do make a difference.
    static func native(_ original: JSONSlice, format: String, unless written: String?) -> NativeJSON? {
        if let written, isSame(original.text, written) { return nil }
        return NativeJSON(format: format, json: JSONText(original))
    }

    /// Whether two texts of JSON are the same but for white space between tokens.
    static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.elementsEqual(right.utf8) || compact(left).elementsEqual(compact(right))
    }

    /// The bytes of JSON without white space between tokens.
    static func compact(_ json: String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(json.utf8.count)
        var (isInString, isEscaped) = (false, false)
        for byte in json.utf8 {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
            } else if byte.isJSONWhiteSpace {
                continue
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            }
            result.append(byte)
        }
        return result
    }
}
