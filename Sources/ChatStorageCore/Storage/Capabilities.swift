/// What a backend promises beyond the rules that bind all of them.
///
/// A backend declares them once. Apps read them here, and so does the conformance suite, which also checks, as far as
/// it can, that a backend lacks what it does not declare.
public struct Capabilities: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: UInt8

    /// Makes a set of bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// What was written survives the end of the process (contract D1).
    public static let durable = Capabilities(rawValue: 1 << 0)
    /// Several handles and processes can use one store at once.
    public static let multiProcess = Capabilities(rawValue: 1 << 1)
    /// The engine itself refuses a role outside the set and a message without a conversation (contract R2, C2).
    public static let engineConstraints = Capabilities(rawValue: 1 << 2)
    /// The store records the version of its schema (contract D2, E5).
    public static let versionedSchema = Capabilities(rawValue: 1 << 3)
    /// ``ChatStorageBackend/withSnapshot(_:)`` shows the store as it is at one moment (contract A12).
    public static let snapshots = Capabilities(rawValue: 1 << 4)
}
