import ChatStorageJSON

/// Whether a JSON object goes on after its first line.
///
/// A damaged first line of JSON Lines does not: the next line is an object of its own.
enum SpreadObject {
    case yes, no
    /// More must be read.
    case unknown

    static func look(at text: ArraySlice<UInt8>, isEnd: Bool) -> SpreadObject {
        guard let first = line(of: text, isEnd: isEnd) else { return .unknown }
        guard canGoOn(first) else { return .no }
        let blank = text[first.endIndex...].prefix { $0.isJSONWhiteSpace }
        guard blank.endIndex < text.endIndex else { return isEnd ? .no : .unknown }
        guard let second = line(of: text[blank.endIndex...], isEnd: isEnd) else { return .unknown }
        let both = text[..<second.endIndex]
        return !isJSON(second) && (isJSON(both) || canGoOn(both)) ? .yes : .no
    }

    private static func line(of text: ArraySlice<UInt8>, isEnd: Bool) -> ArraySlice<UInt8>? {
        guard let newline = text.firstIndex(ofByte: UInt8(ascii: "\n"), from: text.startIndex) else {
            return isEnd ? text : nil
        }
        return text[..<newline]
    }

    private static func isJSON(_ text: ArraySlice<UInt8>) -> Bool { (try? JSONSlice(validating: text)) != nil }

    private static func canGoOn(_ text: ArraySlice<UInt8>) -> Bool {
        do {
            _ = try JSONSlice(validating: text)
            return false
        } catch {
            return (error as? JSONProblem)?.isCutOff ?? false
        }
    }
}
