import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import ChatStorageServices
import InMemoryTracing
import Testing
import Tracing

@Suite struct TracingTests {
    private let tracer = InMemoryTracer()
    private let stub = StubBackend()

    private func attributes(of span: FinishedInMemorySpan) -> [String: String] {
        var attributes: [String: String] = [:]
        span.attributes.forEach { name, value in
            if case .string(let text) = value { attributes[name] = text }
        }
        return attributes
    }

    @Test func aCallIsASpanBelowTheTasksOwn() async throws {
        let chats = stub.backend.traced(as: .sqlite, by: tracer)
        try await chats.prepare()
        try await tracer.withSpan("request") { _ in
            _ = try await chats.tenant("anna").append(.user("Hi"), to: "trip")
        }
        let spans = tracer.popFinishedSpans()
        #expect(spans.map(\.operationName) == ["prepare store", "append messages", "request"])
        #expect(spans[1].kind == .client)
        #expect(spans[1].parentSpanID == spans[2].spanID && spans[1].traceID == spans[2].traceID)
        #expect(
            attributes(of: spans[1]) == ["db.system.name": "sqlite", "db.operation.name": "append messages"])
        #expect(spans[1].errors.isEmpty && spans[1].status == nil)
        #expect(tracer.activeSpans.isEmpty)
    }

    @Test func aFailedCallsSpanHasTheError() async throws {
        let chats = stub.backend.traced(as: .postgresql, by: tracer)
        stub.fail(.outOfReach)
        await #expect(throws: ChatStorageError.self) { try await chats.append(.user("Hi"), to: "trip") }
        let span = try #require(tracer.popFinishedSpans().first)
        #expect(
            attributes(of: span) == [
                "db.system.name": "postgresql", "db.operation.name": "append messages", "error.type": "unavailable",
                "db.response.status_code": "08006",
            ])
        #expect(span.status?.code == .error && span.status?.message == "unavailable")
        #expect((span.errors.first?.error as? ChatStorageError)?.code == .unavailable)
    }

    @Test func aRepeatedAppendHasASpanForEachAttempt() async throws {
        let chats = stub.backend.traced(as: .postgresql, by: tracer)
        try await chats.prepare()
        stub.fail(.outOfReach)
        let policy = RetryPolicy(attempts: 3, firstDelay: .zero, longestDelay: .zero)
        await #expect(throws: ChatStorageError.self) {
            try await chats.append(.user("Hi"), to: "trip", retrying: policy)
        }
        let spans = tracer.popFinishedSpans().filter { $0.operationName == "append messages" }
        #expect(spans.map { attributes(of: $0)["error.type"] } == ["unavailable", "unavailable", "unavailable"])
    }

    @Test func aCancelledCallIsNoError() async throws {
        let chats = stub.backend.traced(as: .sqlite, by: tracer)
        try await chats.prepare()
        await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await #expect(throws: CancellationError.self) { try await chats.messages(of: "trip") }
        }.value
        let span = try #require(tracer.popFinishedSpans().last)
        #expect(attributes(of: span)["error.type"] == "cancelled")
        #expect(span.errors.isEmpty && span.status == nil)
    }

    @Test func everyCallHasASpanOfItsName() async throws {
        let chats = stub.backend.traced(as: .sqlite, by: tracer)
        try await chats.prepare()
        tracer.clearFinishedSpans()
        var names: Set<String> = []
        for call in StorageCall.ofEveryOperation(on: "c") {
            _ = try? await call.perform(on: chats.defaultTenant)
            let spans = tracer.popFinishedSpans()
            #expect(spans.count == 1, "\(call)")
            names.formUnion(spans.map(\.operationName))
        }
        #expect(
            names
                == Set(StorageOperation.allCases.map(\.rawValue)).subtracting([
                    "prepare store", "list tenants", "list unfinished messages",
                ]))
    }

    @Test func namesAreShownOnlyWhenAskedFor() async throws {
        try await stub.backend.prepare()
        let silent = stub.backend.traced(as: .sqlite, by: tracer)
        try await silent.tenant("anna").append(.user("text"), to: "trip")
        let text = "\(tracer.popFinishedSpans().map(attributes))"
        #expect(!text.contains("anna") && !text.contains("trip"))
        var names = TracingInterceptor.AttributeNames()
        names.tenant = "user"
        let telling = InterceptedBackend(
            stub.backend,
            interceptor: TracingInterceptor(system: .sqlite, tracer: tracer, showsNames: true, names: names))
        try await telling.tenant("anna").append(.user("text"), to: "trip")
        let span = try #require(tracer.popFinishedSpans().first)
        #expect(attributes(of: span)["user"] == "anna")
        #expect(attributes(of: span)["chatstorage.conversation.id"] == "trip")
    }

    @Test func theTasksTracerIsTheDefault() async throws {
        let chats = stub.backend.traced(as: .sqlite)
        try await chats.prepare()
        _ = try await withTracer(tracer) { try await chats.conversation("trip") }
        #expect(tracer.popFinishedSpans().map(\.operationName) == ["get conversation"])
    }

    @Test func theWritesOfAnAnswerAreBelowItsRequest() async throws {
        let chats = stub.backend.traced(as: .sqlite, by: tracer)
        try await chats.prepare()
        try await chats.append(.user("Hi"), to: "trip")
        tracer.clearFinishedSpans()
        try await tracer.withSpan("request") { _ in
            _ = try await chats.append(streaming: .assistant, to: "trip") { $0.append("Hello") }
        }
        let spans = tracer.popFinishedSpans()
        let request = try #require(spans.first { $0.operationName == "request" })
        #expect(spans.contains { $0.operationName == "append messages" })
        #expect(spans.contains { $0.operationName == "revise message" })
        #expect(spans.allSatisfy { $0.spanID == request.spanID || $0.parentSpanID == request.spanID })
    }
}
