/// How ``ChatStorageBackend/prepare(_:)`` makes a store ready.
public struct Preparation: Sendable, Hashable {
    private enum Kind {
        case migrate, verify
    }

    private let kind: Kind

    /// Creates a missing schema, and migrates one of an older version.
    public static let migrate = Preparation(kind: .migrate)
    /// Changes nothing: with a missing or older schema it fails with `notPrepared`.
    ///
    /// It is for processes without the right to change tables. Another one, which has the right, prepares the store
    /// when a new version of the app is rolled out.
    public static let verify = Preparation(kind: .verify)
}
