import ChatStorageJSON

/// Replaces single values in a JSON text and keeps every other byte.
struct JSONPatch {
    private let text: String
    private var changes: [(range: Range<Int>, json: String)] = []

    /// Starts with a JSON text; the values to replace must come from that same text, since their ranges are places in
    /// it.
    init(_ text: String) {
        self.text = text
    }

    /// Replaces a value with other JSON; values must not overlap.
    mutating func replace(_ value: JSONSlice, with json: String) {
        changes.append((value.range, json))
    }

    /// The text with all changes.
    var result: String {
        let bytes = Array(text.utf8)
        var (result, position): ([UInt8], Int) = ([], 0)
        for change in changes.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            result += bytes[position..<change.range.lowerBound]
            result += Array(change.json.utf8)
            position = change.range.upperBound
        }
        return String(decoding: result + bytes[position...], as: UTF8.self)
    }

    /// A string as JSON.
    static func string(_ string: String) -> String {
        var writer = JSONWriter(capacity: string.utf8.count + 2)
        writer.string(string)
        return writer.text
    }
}
