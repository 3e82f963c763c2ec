/// Prepares a store once, before something is first written to it.
actor Preparation {
    private let prepare: @Sendable () async throws -> Void
    private var isDone = false

    init(_ prepare: @escaping @Sendable () async throws -> Void) {
        self.prepare = prepare
    }

    /// Does it, unless it was done before; callers come one after another.
    func run() async throws {
        guard !isDone else { return }
        try await prepare()
        isDone = true
    }
}
