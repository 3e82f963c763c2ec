import ChatStorageJSON

/// The rows of a table by RFC 4180, with commas, semicolons or tabs between the values; lines end with CRLF or LF.
///
/// Blank lines are skipped. Anything that the standard does not allow is an error, since one stray quote changes the
/// meaning of everything after it.
struct TableRows {
    /// The line where the last row begins, counted from 1.
    private(set) var line = 1
    private let text: ArraySlice<UInt8>
    private let separator: UInt8
    private var position: Int
    private var nextLine = 1

    /// - Parameter text: The table, from its first line on.
    init(_ text: ArraySlice<UInt8>) {
        self.text = text
        position = text.startIndex
        separator = text.prefix { $0 != UInt8(ascii: "\n") }.first { Array(",;\t".utf8).contains($0) } ?? 0x2c
    }

    /// The values of the next row; nil after the last.
    ///
    /// - Throws: ``InvalidConversation``.
    mutating func next() throws -> [String]? {
        while position < text.endIndex, text[position] == 0x0a || text[position] == 0x0d {
            if text[position] == 0x0a { nextLine += 1 }
            position += 1
        }
        guard position < text.endIndex else { return nil }
        line = nextLine
        var values: [String] = []
        while true {
            values.append(try value())
            guard position < text.endIndex, text[position] == separator else { break }
            position += 1
        }
        if position < text.endIndex, text[position] == 0x0d { position += 1 }
        if position < text.endIndex {
            guard text[position] == 0x0a else { throw problem("text after a value in quotes") }
            nextLine += 1
            position += 1
        }
        return values
    }

    private mutating func value() throws -> String {
        let bytes = position < text.endIndex && text[position] == UInt8(ascii: "\"") ? try quoted() : plain()
        guard let value = String(validating: bytes, as: UTF8.self) else { throw problem("text that is not UTF-8") }
        return value
    }

    private mutating func plain() -> [UInt8] {
        let start = position
        while position < text.endIndex, text[position] != separator, text[position] != 0x0a { position += 1 }
        let value = text[start..<position]
        guard value.last == 0x0d, position == text.endIndex || text[position] == 0x0a else { return Array(value) }
        return Array(value.dropLast())
    }

    private mutating func quoted() throws -> [UInt8] {
        var value: [UInt8] = []
        position += 1
        while position < text.endIndex {
            guard let quote = text.firstIndex(ofByte: UInt8(ascii: "\""), from: position) else { break }
            value += text[position..<quote]
            nextLine += text[position..<quote].count(ofByte: 0x0a)
            position = quote + 1
            guard position < text.endIndex, text[position] == UInt8(ascii: "\"") else { return value }
            value.append(UInt8(ascii: "\""))
            position += 1
        }
        throw problem("a quote that is not closed")
    }

    private func problem(_ what: String) -> InvalidConversation {
        InvalidConversation(reason: "has \(what) in the row at line \(line)")
    }
}
