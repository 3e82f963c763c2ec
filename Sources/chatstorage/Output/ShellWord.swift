/// Texts quoted for a shell's command line.
enum ShellWord {
    /// A text in quotes, if it needs them.
    static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/:._-@%+,=".utf8.contains(byte)
            }
        }
        return isPlain && !text.isEmpty ? text : "'" + text.replacing("'", with: #"'\''"#) + "'"
    }

    /// A file's name, so that no program takes it for an option.
    static func quoted(file: String) -> String { quoted(file.hasPrefix("-") ? "./\(file)" : file) }
}
