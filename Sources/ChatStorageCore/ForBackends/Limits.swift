/// The limits that every backend keeps; a breach is ``ChatStorageError/Code-swift.struct/invalidArgument``.
public enum Limits {
    /// Unicode scalars of a conversation's id; U+0000 is not among them.
    public static let conversationIDScalars = 1...100
    /// Unicode scalars of a title; U+0000 is not among them.
    public static let titleScalars = 0...200
    /// Unicode scalars of a tenant's name; U+0000 is not among them.
    public static let tenantScalars = 1...100
    /// Bytes of a message, as UTF-8: 16 MiB for its content and all texts of its parts, metadata and native JSON
    /// together.
    public static let contentBytes = 0...(16 << 20)
    /// Parts of a message.
    public static let parts = 0...1_000
    /// Unicode scalars of a part's kind and of a format's name; U+0000 is not among them.
    public static let kindScalars = 1...64
    /// Unicode scalars of a part's id, name, call id, status, media type and names of further members.
    public static let partNameScalars = 0...200
    /// Unicode scalars of a file's name.
    public static let fileNameScalars = 0...1_000
    /// Bytes of metadata as compact JSON: 64 KiB.
    public static let metadataBytes = 64 << 10
    /// Labels of a conversation.
    public static let labels = 32
    /// Unicode scalars of a label; U+0000 is not among them.
    public static let labelScalars = 1...100
    /// Unicode scalars of a preview.
    public static let previewScalars = 1...1_000
    /// Messages that are looked up at once by their sequences or keys.
    public static let lookedUp = 1_000
    /// Unicode scalars of a message's key; U+0000 is not among them.
    public static let keyScalars = 1...200
    /// Messages of one append.
    public static let appendMessages = 10_000
    /// Bytes of the messages of one append together: 64 MiB.
    public static let appendBytes = 64 << 20
    /// The highest sequence that a restored conversation can have used: 2⁵³ - 1, which every JSON reader keeps exactly
    /// and which leaves any store room for higher ones.
    public static let restoredSequence: Int64 = (1 << 53) - 1
    /// The highest revision that a restored message can have: 2⁵³ - 1, for the same reasons.
    public static let restoredRevision: Int64 = (1 << 53) - 1
    /// The times that can be stored: the years 1 to 9999.
    public static let timestamps = Timestamp.earliest...Timestamp.latest
}
