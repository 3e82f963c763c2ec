import ChatStorageJSON

/// A table of values separated by commas, semicolons or tabs (RFC 4180), recognised by a first line of names.
enum SeparatedTable {
    private static let separators = Array(",;\t".utf8)
    private static let maximumNameBytes = 60

    /// Whether a text that is not JSON begins like such a table; nil if more must be read.
    static func isAtBeginning(of text: ArraySlice<UInt8>, isEnd: Bool) -> Bool? {
        guard let newline = text.firstIndex(ofByte: UInt8(ascii: "\n"), from: text.startIndex) else {
            return isEnd ? areNames(text) : nil
        }
        guard areNames(text[..<newline]) else { return false }
        // A line of text before JSON Lines is no table.
        guard let next = text[newline...].first(where: { !$0.isJSONWhiteSpace }) else { return isEnd ? true : nil }
        return next != UInt8(ascii: "{") && next != UInt8(ascii: "[")
    }

    /// Whether a line is two names or more.
    private static func areNames(_ line: ArraySlice<UInt8>) -> Bool {
        separators.contains { separator in
            let names = line.split(separator: separator, omittingEmptySubsequences: false)
            return names.count > 1 && names.allSatisfy(isName)
        }
    }

    /// The names in a table's first line.
    static func names(in text: ArraySlice<UInt8>) -> [String] {
        var rows = TableRows(text)
        return (try? rows.next()) ?? []
    }

    /// A table's rows as a JSON array of objects, with the names of the first line.
    static func rows(of text: ArraySlice<UInt8>) -> TextPiece.Content {
        var rows = TableRows(text)
        do {
            let names = try rows.next() ?? []
            var objects: [JSONOutput] = []
            while let values = try rows.next() {
                guard values.count == names.count else {
                    throw InvalidConversation(
                        reason: "has \(values.count) values in the row at line \(rows.line), not \(names.count)")
                }
                objects.append(.object(zip(names, values).map { ($0, .string($1)) }))
            }
            return .text(JSONOutput.array(objects).bytes[...])
        } catch let problem as InvalidConversation {
            return .broken(problem.reason)
        } catch {
            return .broken("is not a table")
        }
    }

    private static func isName(_ field: ArraySlice<UInt8>) -> Bool {
        let name = field.filter { !$0.isJSONWhiteSpace && $0 != UInt8(ascii: "\"") }
        return (1...maximumNameBytes).contains(name.count) && name.allSatisfy(\.isNameByte)
    }
}

extension UInt8 {
    /// Whether it can be part of a name: a letter, a digit, punctuation within names, or a byte beyond ASCII.
    fileprivate var isNameByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...0xff:
            true
        default: Array("_-./()".utf8).contains(self)
        }
    }
}
