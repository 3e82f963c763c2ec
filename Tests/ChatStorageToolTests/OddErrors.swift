import ChatStorageCore
import ChatStorageInMemory

/// Fails every call, by default with an error of its own, which the protocol's rules forbid.
struct OddErrors: StorageInterceptor {
    struct OddError: Error, CustomStringConvertible {
        var description: String { "secret" }
    }

    var error: any Error = OddError()

    /// A backend whose every call fails.
    var backend: InterceptedBackend { InterceptedBackend(InMemoryBackend(), interceptor: self) }

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        throw error
    }

    func prepare(_ base: any ChatStorageBackend, _ preparation: Preparation) async throws {}

    func close(_ base: any ChatStorageBackend) async throws {}
}
