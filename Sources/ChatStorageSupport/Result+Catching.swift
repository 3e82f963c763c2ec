extension Result where Failure == any Error {
    /// Keeps what an asynchronous body returns or throws, so that something can be undone before it is thrown.
    package static func catching(_ body: () async throws -> Success) async -> Result {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
