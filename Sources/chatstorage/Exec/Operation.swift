import ChatStorageCore
import ChatStorageJSON

/// An operation of the scripting interface: its name, and how a request becomes a call.
struct Operation: Sendable {
    /// A call whose arguments have been read.
    typealias Call = @Sendable (any ChatStorage) async throws -> JSONText

    let name: String
    /// Whether it can change the store, which is then made ready for it.
    let writes: Bool
    /// Takes all arguments that the operation has and returns what to do with them.
    let read: @Sendable (inout Arguments) throws -> Call

    init(_ name: String, writes: Bool = false, _ read: @escaping @Sendable (inout Arguments) throws -> Call) {
        self.name = name
        self.writes = writes
        self.read = read
    }

    /// Finds an operation.
    static func named(_ name: String) -> Operation? { byName[name] }

    /// The names of all operations.
    static let names = all.map(\.name)

    private static let all = conversationOperations + messageOperations
    private static let byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
}
