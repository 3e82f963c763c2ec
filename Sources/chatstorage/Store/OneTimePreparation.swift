/// Prepares a store once, before the first write.
actor OneTimePreparation {
    private let prepare: @Sendable () async throws -> Void
    private var isDone = false

    init(_ prepare: @escaping @Sendable () async throws -> Void) {
        self.prepare = prepare
    }

    /// Prepares the store, unless that is done; callers must not overlap.
    func run() async throws {
        guard !isDone else { return }
        try await prepare()
        isDone = true
    }
}
