/// The readable text of HTML, with line breaks, without tags, its entities decoded.
///
/// It has no styles, link targets or pictures, so the HTML itself is kept too.
enum HTMLText {
    static func text(of html: String) -> String {
        var reader = HTMLReader(Array(html.utf8))
        return reader.read()
    }
}

private struct HTMLReader {
    private static let blocks: Set<String> = [
        "address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "h1", "h2", "h3", "h4", "h5", "h6",
        "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul",
    ]
    private static let entities: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{a0}", "ndash": "–", "mdash": "—",
        "hellip": "…", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "bull": "•", "middot": "·",
        "copy": "©", "reg": "®", "trade": "™", "times": "×", "deg": "°", "euro": "€", "rarr": "→", "larr": "←",
    ]

    private let bytes: [UInt8]
    private var position = 0
    private var text: [UInt8] = []
    /// White space that becomes one space if more text comes on the line.
    private var hasSpace = false
    private var preformatted = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func read() -> String {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "<") where isTag: readTag()
            case UInt8(ascii: "&"): readEntity()
            case let byte:
                position += 1
                add(byte)
            }
        }
        while text.last == UInt8(ascii: "\n") { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func add(_ byte: UInt8) {
        let isSpace = byte == 0x20 || (0x09...0x0d).contains(byte)
        guard preformatted == 0, isSpace else { return append([byte]) }
        hasSpace = true
    }

    private mutating func append(_ new: some Sequence<UInt8>) {
        if hasSpace, let last = text.last, last != UInt8(ascii: "\n") { text.append(UInt8(ascii: " ")) }
        hasSpace = false
        text.append(contentsOf: new)
    }

    private mutating func breakLine() {
        hasSpace = false
        if let last = text.last, last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
    }

    // MARK: Tags

    /// Whether a tag or a comment begins here, not just a character.
    private var isTag: Bool {
        guard position + 1 < bytes.count else { return false }
        let next = bytes[position + 1]
        return next == UInt8(ascii: "/") || next == UInt8(ascii: "!") || Self.isLetter(next)
    }

    private mutating func readTag() {
        if bytes[position...].starts(with: "<!--".utf8) {
            position += 4
            while position < bytes.count, !bytes[position...].starts(with: "-->".utf8) { position += 1 }
            position = min(position + 3, bytes.count)
            return
        }
        position += 1
        let isEnd = bytes[position] == UInt8(ascii: "/")
        if isEnd { position += 1 }
        let name = String(decoding: bytes[position...].prefix { Self.isLetter($0) || Self.isDigit($0) }, as: UTF8.self)
            .lowercased()
        skipTag()
        if ["script", "style"].contains(name), !isEnd { skipContents(of: name) }
        if name == "pre" { preformatted = max(0, preformatted + (isEnd ? -1 : 1)) }
        if Self.blocks.contains(name) { breakLine() }
        if name == "li", !isEnd { append("- ".utf8) }
        if ["td", "th"].contains(name), isEnd { append("\t".utf8) }
    }

    /// Goes to the end of a tag; a `>` within quotes does not end it.
    private mutating func skipTag() {
        var quote: UInt8?
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return
            }
        }
    }

    private mutating func skipContents(of name: String) {
        while position < bytes.count, !bytes[position...].starts(with: "</\(name)".utf8) { position += 1 }
    }

    // MARK: Entities

    private mutating func readEntity() {
        let name = bytes[(position + 1)...].prefix(12)
        guard let end = name.firstIndex(of: UInt8(ascii: ";")),
            let text = Self.text(ofEntity: String(decoding: name[..<end], as: UTF8.self))
        else {
            position += 1
            return append("&".utf8)
        }
        position = end + 1
        append(text.utf8)
    }

    private static func text(ofEntity name: String) -> String? {
        guard name.hasPrefix("#") else { return entities[name] }
        let digits = name.dropFirst()
        let number =
            digits.hasPrefix("x") || digits.hasPrefix("X") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return number.flatMap(Unicode.Scalar.init).map { $0 == "\0" ? "\u{fffd}" : String($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
