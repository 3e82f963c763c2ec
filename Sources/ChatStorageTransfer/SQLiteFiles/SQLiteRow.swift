import ChatStorageCore
import ChatStorageJSON

/// A row of another program's table, whose values are taken one by one; the rest goes to metadata.
struct SQLiteRow {
    private var values: [String: ForeignValue]
    /// The table: `chat_messages[]`.
    let path: String

    init(_ values: [String: ForeignValue], at path: String) {
        self.values = values
        self.path = path
    }

    /// A value as it is, to look up other rows with.
    func value(_ name: String) -> ForeignValue { values[name] ?? .null }

    /// Keeps a value out of the metadata, since it says no more than the row's place.
    mutating func skip(_ name: String) { values[name] = nil }

    /// The values that are left, by their names.
    var left: [(key: String, value: ForeignValue)] { values.sorted { $0.key < $1.key } }

    /// A text; nil if it is NULL or there is no such column.
    mutating func text(_ name: String) throws -> String? {
        switch values.removeValue(forKey: name) ?? .null {
        case .null: return nil
        case .text(let text): return text
        case .damagedText: throw invalid(name, "is not UTF-8")
        case .integer(let number): return String(number)
        case .real: throw invalid(name, "is a number, not a text")
        case .blob: throw invalid(name, "is a blob, not a text")
        }
    }

    /// A text that must be there.
    mutating func requiredText(_ name: String) throws -> String {
        guard let text = try text(name) else { throw invalid(name, "is missing") }
        return text
    }

    /// A time: a text, in UTC unless it names a zone, or seconds or milliseconds since 1970.
    mutating func time(_ name: String) throws -> Timestamp? {
        let time: Timestamp?
        switch values.removeValue(forKey: name) ?? .null {
        case .null: return nil
        case .text(let text):
            // Some write a zone after a blank, and SQLite's functions write none at all.
            time = Timestamp(text) ?? Timestamp(text + "Z")
        case .integer(let number): time = Self.time(number)
        case .real(let number): time = Self.time(number)
        case .damagedText, .blob: throw invalid(name, "is not a time")
        }
        guard let time, Limits.timestamps.contains(time) else { throw invalid(name, "is not a time") }
        return time
    }

    /// JSON; nil if it is NULL, empty or not JSON.
    func json(_ name: String) -> JSONSlice? {
        guard case .text(let text)? = values[name] else { return nil }
        return try? JSONSlice(validating: Array(text.utf8)[...])
    }

    /// The rest as metadata, under the columns' names.
    ///
    /// - Parameter columns: The columns whose texts are JSON, and become JSON values.
    func rest(json columns: Set<String> = []) -> (metadata: Metadata, leftOut: Set<String>) {
        var (room, leftOut) = (MetadataRoom(), Set<String>())
        for (name, value) in left {
            let path = "\(path).\(name.shortened)"
            switch value {
            case .null: break
            case .text(let text):
                let json = columns.contains(name) ? json(name) : nil
                if let slice = json ?? Self.slice(JSONValue.string(text).text) { room.take(name, slice, at: path) }
            case .integer(let number):
                if let slice = Self.slice(String(number)) { room.take(name, slice, at: path) }
            case .real(let number) where number.isFinite:
                if let slice = Self.slice("\(number)") { room.take(name, slice, at: path) }
            case .real, .damagedText, .blob: leftOut.insert(path)
            }
        }
        return (room.metadata, room.leftOut.union(leftOut))
    }

    private static func slice(_ json: String) -> JSONSlice? { try? JSONSlice(validating: Array(json.utf8)[...]) }

    private func invalid(_ name: String, _ problem: String) -> InvalidConversation {
        InvalidConversation(reason: "\(path).\(name) \(problem)")
    }

    /// Seconds since 1970, or milliseconds if the number is too large for seconds.
    private static func time(_ number: Int64) -> Timestamp? {
        let isMilliseconds = number.magnitude >= 100_000_000_000
        let (time, isOverflow) = number.multipliedReportingOverflow(by: isMilliseconds ? 1_000 : 1_000_000)
        return isOverflow ? nil : Timestamp(microsecondsSinceEpoch: time)
    }

    private static func time(_ number: Double) -> Timestamp? {
        let scale: Double = number.magnitude >= 100_000_000_000 ? 1_000 : 1_000_000
        return Int64(exactly: (number * scale).rounded()).map(Timestamp.init(microsecondsSinceEpoch:))
    }
}
