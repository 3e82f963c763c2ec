/// The limits that every backend keeps; a breach is ``ChatStorageError/Code-swift.struct/invalidArgument``.
public enum Limits {
    /// Unicode scalars of a conversation's id; U+0000 is not among them.
    public static let conversationIDScalars = 1...100
    /// Unicode scalars of a title; U+0000 is not among them.
    public static let titleScalars = 0...200
    /// Unicode scalars of a tenant's name; U+0000 is not among them.
    public static let tenantScalars = 1...100
    /// Bytes of a message's content, as UTF-8: 16 MiB.
    public static let contentBytes = 0...(16 << 20)
    /// Unicode scalars of a message's key; U+0000 is not among them.
    public static let keyScalars = 1...200
    /// Messages of one append.
    public static let appendMessages = 10_000
    /// Bytes of the contents of one append together: 64 MiB.
    public static let appendBytes = 64 << 20
    /// The highest sequence that a restored conversation can have used: 2⁵³ - 1, which every JSON reader keeps exactly
    /// and which leaves any store room to count on.
    public static let restoredSequence: Int64 = (1 << 53) - 1
    /// The times that can be stored: the years 1 to 9999.
    public static let timestamps = Timestamp.earliest...Timestamp.latest
}
