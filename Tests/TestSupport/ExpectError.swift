package import ChatStorageCore
package import Testing

/// Expects an error of a code, and that no description of it contains the secret.
package func expectError(
    _ code: ChatStorageError.Code, without secret: String? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> some Any
) async {
    do {
        _ = try await body()
        Issue.record("expected \(code), got no error", sourceLocation: sourceLocation)
    } catch let error as ChatStorageError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        if let secret {
            #expect(!"\(error) \(String(reflecting: error))".contains(secret), sourceLocation: sourceLocation)
        }
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
}
