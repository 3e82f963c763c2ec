import ChatStorageCore

/// Whether a reader mends small faults, such as a role `User` or a time as a number.
///
/// By default it mends nothing: a conversation with a fault is invalid, and the reason says what a lenient reader
/// would do. A lenient reader mends what it can; an ``Importer`` then mends the rest with
/// `ConversationSnapshot.mended()` and counts everything by kind in ``ImportSummary/mended``. Texts are never cut.
public struct Leniency: Sendable, Hashable {
    /// The zone that is added to a time without one; nil mends nothing.
    let zone: String?

    /// Mends nothing.
    public static let none = Leniency(zone: nil)
    /// Mends what it can; times without a zone are in UTC.
    public static let lenient = Leniency(zone: "Z")

    /// Mends what it can; times without a zone are at an offset from UTC, such as `+01:00`.
    ///
    /// Nil if `zone` is not an offset.
    public static func lenient(zone: String) -> Leniency? {
        Timestamp("2000-01-02T00:00:00\(zone)") == nil ? nil : Leniency(zone: zone)
    }

    /// Whether anything is mended.
    var mends: Bool { zone != nil }
}
