/// Code between callers and a storage: it gets each call as a value and decides what to do with it.
///
/// It is the one way to wrap a storage: to log, to count, to encrypt, to fail in a test.
///
/// ```swift
/// final class Counting: StorageInterceptor {
///     let calls = Mutex(0)
///
///     func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
///         calls.withLock { $0 += 1 }
///         return try await call.perform(on: base)
///     }
/// }
///
/// let chats = InterceptedBackend(backend, interceptor: Counting())
/// ```
///
/// A call reaches the storage only if the interceptor makes it. An interceptor that looks into calls should `switch`
/// over ``StorageCall`` without a default: when a requirement is added, it does not compile until it handles the new
/// call.
public protocol StorageInterceptor: Sendable {
    /// Makes a call, changes it, or replies in its place.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - tenant: The tenant's name as the caller gave it; nil for the default tenant.
    ///   - base: The storage that is wrapped.
    /// - Returns: A reply of the call's kind; with any other, the caller gets the error `damaged`.
    /// - Throws: The error that the caller gets.
    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply

    /// Prepares the store, or does something else; by default it prepares the store.
    ///
    /// - Parameters:
    ///   - base: The backend that is wrapped.
    ///   - preparation: Whether the schema may be changed.
    /// - Throws: The error that the caller gets.
    func prepare(_ base: any ChatStorageBackend, _ preparation: Preparation) async throws

    /// Closes the store, or does something else; by default it closes the store.
    ///
    /// - Parameter base: The backend that is wrapped.
    /// - Throws: The error that the caller gets.
    func close(_ base: any ChatStorageBackend) async throws
}

extension StorageInterceptor {
    /// Prepares the store.
    ///
    /// - Parameters:
    ///   - base: The backend that is wrapped.
    ///   - preparation: Whether the schema may be changed.
    /// - Throws: The backend's error.
    public func prepare(_ base: any ChatStorageBackend, _ preparation: Preparation) async throws {
        try await base.prepare(preparation)
    }

    /// Closes the store.
    ///
    /// - Parameter base: The backend that is wrapped.
    /// - Throws: The backend's error.
    public func close(_ base: any ChatStorageBackend) async throws {
        try await base.close()
    }
}
