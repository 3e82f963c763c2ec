/// A writer of an XML 1.0 document that is well-formed whatever its texts contain.
struct XMLText {
    private(set) var text = #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n"
    private var depth = 0

    /// Begins an element that contains others.
    mutating func open(_ name: String, _ attributes: [(String, String)] = []) {
        line("<\(name)\(Self.list(attributes))>")
        depth += 1
    }

    /// Ends that element.
    mutating func close(_ name: String) {
        depth -= 1
        line("</\(name)>")
    }

    /// Adds an empty element.
    mutating func empty(_ name: String, _ attributes: [(String, String)]) {
        line("<\(name)\(Self.list(attributes))/>")
    }

    /// Adds an element with a text.
    mutating func element(_ name: String, _ attributes: [(String, String)] = [], text: String) {
        line("<\(name)\(Self.list(attributes))>\(Self.escaped(text))</\(name)>")
    }

    private mutating func line(_ markup: String) {
        text += String(repeating: "  ", count: depth) + markup + "\n"
    }

    private static func list(_ attributes: [(String, String)]) -> String {
        attributes.map { " \($0)=\"\(escaped($1, inAttribute: true))\"" }.joined()
    }

    private static func escaped(_ text: String, inAttribute: Bool = false) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            // Readers turn these into spaces in attributes, and a carriage return into a line feed anywhere.
            case "\t" where inAttribute, "\n" where inAttribute, "\r":
                escaped.append(contentsOf: "&#\(scalar.value);".unicodeScalars)
            case _ where !isAllowed(scalar): escaped.append(contentsOf: scalar.escaped(asASCII: true).unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    /// The production `Char` of XML 1.0 (<https://www.w3.org/TR/xml/#charsets>): others cannot even be escaped.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}
