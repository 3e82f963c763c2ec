/// How ``ChatStorageBackend/prepare(_:)`` makes a store ready.
public struct Preparation: Sendable, Hashable {
    private enum Kind {
        case migrate, verify
    }

    private let kind: Kind

    /// Creates the schema where there is none, and migrates one of an older version.
    public static let migrate = Preparation(kind: .migrate)
    /// Only looks: a schema that is absent or of an older version is ``ChatStorageError/Code-swift.struct/notPrepared``.
    ///
    /// It is for processes that may not change tables: one that may prepares the store when a new version of the app is
    /// rolled out.
    public static let verify = Preparation(kind: .verify)
}
