/// What stands between callers and a storage: it sees each call as a value and decides what becomes of it.
///
/// It is the one way to wrap a storage: to log, to count, to encrypt, to fail in a test.
///
/// ```swift
/// struct Counting: StorageInterceptor {
///     let calls = Mutex(0)
///
///     func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
///         calls.withLock { $0 += 1 }
///         return try await call.perform(on: base)
///     }
///     ...
/// }
///
/// let chats = InterceptedBackend(backend, interceptor: Counting())
/// ```
///
/// Nothing is passed on by itself. An interceptor that looks into calls has a `switch` over ``StorageCall`` without a
/// default: it does not compile when a requirement is added, until somebody has thought about that.
public protocol StorageInterceptor: Sendable {
    /// Makes a call, or something else.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - tenant: The tenant's name as the caller gave it; nil for the default tenant.
    ///   - base: The storage that is wrapped.
    /// - Returns: A reply of the call's kind; for any other, the call is `damaged`.
    /// - Throws: What the caller shall get.
    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply

    /// Prepares the store, or does something else.
    func prepare(_ base: any ChatStorageBackend, _ preparation: Preparation) async throws

    /// Closes the store, or does something else.
    func close(_ base: any ChatStorageBackend) async throws
}
