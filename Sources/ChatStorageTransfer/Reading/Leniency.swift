import ChatStorageCore

/// How far a reader goes to take what is not quite right, such as a role `User` or a time as a number.
///
/// By default nothing is mended: a conversation with a fault is invalid, and the reason says what a lenient reader
/// would do. A lenient reader mends what it can; an ``Importer`` then mends the rest with
/// `ConversationSnapshot.mended()` and counts all of it by kind in ``ImportSummary/mended``. Texts are never cut.
public struct Leniency: Sendable, Hashable {
    /// What is put behind a time without a zone; nil mends nothing.
    let zone: String?

    /// Nothing is mended.
    public static let none = Leniency(zone: nil)
    /// What can be mended is; times without a zone are in UTC.
    public static let lenient = Leniency(zone: "Z")

    /// What can be mended is; times without a zone are at an offset from UTC, such as `+01:00`.
    ///
    /// Nil if it is none.
    public static func lenient(zone: String) -> Leniency? {
        Timestamp("2000-01-02T00:00:00\(zone)") == nil ? nil : Leniency(zone: zone)
    }

    /// Whether anything is mended.
    var mends: Bool { zone != nil }
}
