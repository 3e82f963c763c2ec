/// Why a codec's input cannot be read or written: it does not have the form of JSON that the codec demands.
///
/// It names the member and quotes no text.
public struct ProviderFormError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The path of the member: `content[2].type`; empty for the whole.
    public let member: String
    /// What is wrong with it.
    public let reason: String

    /// Makes an error.
    public init(member: String = "", reason: String) {
        self.member = member
        self.reason = reason
    }

    /// The member and what is wrong with it.
    public var description: String { member.isEmpty ? "the JSON \(reason)" : "\(member) \(reason)" }
}
