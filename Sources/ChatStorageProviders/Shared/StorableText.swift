import ChatStorageCore
import ChatStorageSupport

/// An API's strings as storage takes them: it refuses U+0000 and names of over 200 scalars.
///
/// A string that does not fit is still in the native JSON, which has it escaped.
enum StorableText {
    /// A text with each U+0000 replaced by U+FFFD.
    static func text(_ text: String?) -> String? {
        guard let text, text.hasNUL else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }

    /// An id, a name or a status; nil if a part cannot have it.
    static func name(_ name: String?) -> String? {
        fitting(name, Limits.partNameScalars)
    }

    /// The name of a file; nil if a part cannot have it.
    static func fileName(_ name: String?) -> String? {
        fitting(name, Limits.fileNameScalars)
    }

    /// The kind of a part that the codec does not know: the API's name for it, or
    /// ``MessagePart/Kind-swift.struct/data`` if that name cannot be a kind.
    static func kind(_ type: String) -> MessagePart.Kind {
        fitting(type, Limits.kindScalars).map(MessagePart.Kind.init(rawValue:)) ?? .data
    }

    private static func fitting(_ name: String?, _ scalars: ClosedRange<Int>) -> String? {
        guard let name, !name.hasNUL, scalars.contains(name.unicodeScalars.count) else { return nil }
        return name
    }
}
