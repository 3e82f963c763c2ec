import ChatStorageCore

/// Reports of connections and commits: collected while the queue's lock is held, and given to the observer afterwards.
struct Observations: Sendable {
    /// One of them.
    enum Observation: Sendable {
        case opened(ObservedConnection)
        case closed(ObservedConnection)
        case failed(ChatStorageError)
        case committed(ObservedCommit)

        func tell(_ observer: any StorageObserver) {
            switch self {
            case .opened(let connection): observer.connectionOpened(connection)
            case .closed(let connection): observer.connectionClosed(connection)
            case .failed(let error): observer.connectionFailed(error)
            case .committed(let commit): observer.transactionCommitted(commit)
            }
        }
    }

    private var observations: [Observation] = []

    var isEmpty: Bool { observations.isEmpty }

    mutating func takeAll() -> [Observation] {
        guard !isEmpty else { return [] }
        defer { observations = [] }
        return observations
    }

    mutating func opened(open: Int) {
        observations.append(.opened(ObservedConnection(.readingAndWriting, open: open)))
    }

    /// - Parameters:
    ///   - open: How many are left.
    ///   - error: Why it was lost; nil if the store closed it.
    mutating func closed(open: Int, error: ChatStorageError? = nil) {
        observations.append(.closed(ObservedConnection(.readingAndWriting, open: open, error: error)))
    }

    mutating func failed(_ error: ChatStorageError) {
        // A closing store has ended the attempt itself, which is no failure.
        if error.code != .closed { observations.append(.failed(error)) }
    }

    mutating func committed(calls: Int, duration: Duration) {
        observations.append(.committed(ObservedCommit(calls: calls, duration: duration)))
    }
}
