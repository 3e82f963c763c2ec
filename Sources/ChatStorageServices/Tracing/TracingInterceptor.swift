public import ChatStorageCore
public import Tracing

/// Makes a span around each call on a store.
///
/// ```swift
/// let chats = backend.traced(as: .postgresql)
/// ```
///
/// A span is named after what the call does, such as `append messages`, is of the kind `client`, and is a child of the
/// span of the task that calls. Its attributes are `db.system.name` and `db.operation.name`, and if the call fails
/// `error.type` and, if the engine has a code of its own, `db.response.status_code`. It records the error, and sets the
/// span's status to error; a cancelled call has only `error.type`. A span has no text of a chat, and no tenant or
/// conversation unless the interceptor was made with `showsNames: true`.
///
/// Calls on tenants' handles and on the backend itself have spans, and so does `prepare(_:)`. Lists of tenants and of
/// unfinished answers have none.
public struct TracingInterceptor: StorageInterceptor {
    /// The names of attributes; the defaults follow OpenTelemetry's conventions
    /// (<https://opentelemetry.io/docs/specs/semconv/database/database-spans/>).
    public struct AttributeNames: Sendable, Hashable {
        /// The kind of database: `db.system.name`.
        public var system = "db.system.name"
        /// What the call does: `db.operation.name`.
        public var operation = "db.operation.name"
        /// An error's code in snake case, or `cancelled`: `error.type`.
        public var errorType = "error.type"
        /// The engine's own code: `db.response.status_code`.
        public var statusCode = "db.response.status_code"
        /// The tenant, if names are shown: `chatstorage.tenant`.
        public var tenant = "chatstorage.tenant"
        /// The conversation, if names are shown: `chatstorage.conversation.id`.
        public var conversation = "chatstorage.conversation.id"

        /// Makes the names above.
        public init() {}
    }

    private let system: DatabaseSystem
    private let tracer: (any Tracer)?
    private let showsNames: Bool
    private let names: AttributeNames

    /// Makes an interceptor.
    ///
    /// - Parameters:
    ///   - system: The kind of database.
    ///   - tracer: What makes the spans; by default (nil) the one that the app has bootstrapped, or that the task has.
    ///   - showsNames: Whether tenants and conversations are attributes; by default not.
    ///   - names: How attributes are named.
    public init(
        system: DatabaseSystem, tracer: (any Tracer)? = nil, showsNames: Bool = false,
        names: AttributeNames = AttributeNames()
    ) {
        self.system = system
        self.tracer = tracer
        self.showsNames = showsNames
        self.names = names
    }

    /// Makes the call in a span.
    public func perform(
        _ call: StorageCall, tenant: String?, on base: any ChatStorage
    ) async throws -> StorageReply {
        try await withSpan(
            call.operation, tenant: tenant, call.conversationID, { try await call.perform(on: base) })
    }

    /// Prepares the store in a span.
    public func prepare(_ base: any ChatStorageBackend, _ preparation: Preparation) async throws {
        try await withSpan(.prepare, tenant: nil, nil, { try await base.prepare(preparation) })
    }

    private func withSpan<Result: Sendable>(
        _ operation: StorageOperation, tenant: String?, _ id: ConversationID?, _ body: () async throws -> Result
    ) async throws -> Result {
        let tracer = tracer ?? InstrumentationSystem.tracer
        // Without a tracer there is nothing to build attributes for.
        if tracer is NoOpTracer { return try await body() }
        let span = tracer.startAnySpan(operation.rawValue, ofKind: .client)
        defer { span.end() }
        span.updateAttributes { attributes in
            attributes[names.system] = system.name
            attributes[names.operation] = operation.rawValue
            guard showsNames else { return }
            if let tenant { attributes[names.tenant] = tenant }
            if let id { attributes[names.conversation] = id.rawValue }
        }
        do {
            return try await ServiceContext.$current.withValue(span.context) { try await body() }
        } catch {
            note(error, on: span)
            throw error
        }
    }

    private func note(_ error: any Error, on span: any Span) {
        if error is CancellationError {
            span.attributes[names.errorType] = "cancelled"
            return
        }
        // Another backend's own error could quote anything, so only its type is recorded.
        let error = error as? ChatStorageError
        span.updateAttributes { attributes in
            attributes[names.errorType] = error?.code.snakeCaseName ?? "_OTHER"
            if let code = error?.cause?.code { attributes[names.statusCode] = code }
        }
        if let error { span.recordError(error) }
        span.setStatus(SpanStatus(code: .error, message: error?.code.description))
    }
}

extension ChatStorageBackend {
    /// The same store with a span around each call, see ``TracingInterceptor``.
    ///
    /// - Parameters:
    ///   - system: The kind of database.
    ///   - tracer: What makes the spans; by default (nil) the one that the app has bootstrapped, or that the task has.
    ///   - showsNames: Whether tenants and conversations are attributes; by default not.
    public func traced(
        as system: DatabaseSystem, by tracer: (any Tracer)? = nil, showsNames: Bool = false
    ) -> InterceptedBackend {
        InterceptedBackend(
            self, interceptor: TracingInterceptor(system: system, tracer: tracer, showsNames: showsNames))
    }
}
