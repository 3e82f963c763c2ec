/// What an export has written.
public struct ExportSummary: Sendable, Hashable {
    /// Conversations.
    public var conversations = 0
    /// Messages of those conversations that were written.
    public var messages = 0
    /// What the form cannot express, by its kind, and how often it was left out; empty for an archive.
    ///
    /// A hundred kinds at most; further ones are counted together as `others`.
    public private(set) var leftOut: [String: Int] = [:]
    /// The digest of what was written, for an archive; it equals that of the store or the tenant.
    public var digest: ArchiveDigest?

    /// Makes the summary of an export that has not begun.
    public init() {}

    mutating func leaveOut(_ kind: String, _ count: Int = 1) {
        guard count > 0 else { return }
        leftOut[leftOut[kind] == nil && leftOut.count >= 100 ? "others" : kind, default: 0] += count
    }
}
