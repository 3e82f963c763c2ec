import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import Testing

/// A storage that is wrapped: every call is the interceptor's to make.
@Suite struct InterceptedStorageTests {
    /// Makes the calls and notes them, or replies with what another call returns.
    private final class Noting: StorageInterceptor {
        let calls = Mutex<[(call: StorageCall, tenant: String?)]>([])
        let replies = Mutex<[StorageReply]>([])
        let backendCalls = Mutex<[String]>([])
        let repliesWrongly = Mutex(false)

        func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
            calls.withLock { $0.append((call, tenant)) }
            if repliesWrongly.withLock(\.self) {
                if case .removeMessages = call { return .existed(true) }
                return .count(1)
            }
            let reply = try await call.perform(on: base)
            replies.withLock { $0.append(reply) }
            return reply
        }

        func prepare(_ base: any ChatStorageBackend, _ preparation: Preparation) async throws {
            backendCalls.withLock { $0.append(preparation == .verify ? "verify" : "prepare") }
            try await base.prepare(preparation)
        }

        func close(_ base: any ChatStorageBackend) async throws {
            backendCalls.withLock { $0.append("close") }
            try await base.close()
        }
    }

    private let interceptor = Noting()
    private let base = InMemoryBackend()
    private var wrapped: InterceptedBackend { InterceptedBackend(base, interceptor: interceptor) }

    @Test func everyCallIsTheInterceptorsAndComesBackAsItIs() async throws {
        try await wrapped.prepare()
        let direct = InMemoryBackend()
        try await direct.prepare()
        for tenant in [nil, "a"] as [String?] {
            let (one, other) = (tenant.map { wrapped.tenant($0) } ?? wrapped.defaultTenant, direct)
            for call in StorageCall.ofEveryOperation(on: "c") {
                interceptor.calls.withLock { $0 = [] }
                interceptor.replies.withLock { $0 = [] }
                let outcome = await CallOutcome(of: call, on: one)
                let seen = interceptor.calls.withLock { $0 }
                #expect(seen.count == 1 && seen.first?.tenant == tenant, "\(call)")
                #expect(seen.map { summary(of: $0.call) } == [summary(of: call)])
                let replies = interceptor.replies.withLock { $0 }
                if case .returned(let reply) = outcome { #expect(replies == [reply], "\(call)") }
                let expected = await CallOutcome(of: call, on: tenant.map { other.tenant($0) } ?? other.defaultTenant)
                #expect(Self.kind(of: outcome) == Self.kind(of: expected), "\(call)")
            }
        }
        try await wrapped.prepare(.verify)
        try await wrapped.close()
        #expect(interceptor.backendCalls.withLock { $0 } == ["prepare", "verify", "close"])
    }

    @Test func anotherCallsReplyIsDamage() async throws {
        try await wrapped.prepare()
        interceptor.repliesWrongly.withLock { $0 = true }
        for call in StorageCall.ofEveryOperation(on: "c") {
            let error = await #expect(throws: ChatStorageError.self, "\(call)") {
                try await call.perform(on: wrapped.defaultTenant)
            }
            #expect(error?.code == .damaged, "\(call)")
        }
    }

    @Test func aCallIsDescribedWithoutText() {
        let calls: [StorageCall] = [
            .append([.user("secret", key: "secret")], to: "secret", if: .exists),
            .createConversation("secret", title: "secret"), .updateTitle(of: "secret", to: "secret"),
            .restoreConversation(.sample("secret", title: "secret", messages: 1)),
        ]
        #expect(calls.map { "\($0)" } == ["append", "createConversation", "updateConversation", "restoreConversation"])
    }

    /// What is the same of two calls that were made at different times.
    private static func kind(of outcome: CallOutcome) -> String {
        switch outcome {
        case .returned(.conversation(let conversation)): "\(conversation?.lastSequence ?? -1)"
        case .returned(.existed(let existed)): "\(existed)"
        case .returned(.conversations(let page)): "\(page.items.map(\.id.rawValue))"
        case .returned(.appended(let result)): "\(result.messages.map(\.body)) \(result.version?.lastSequence ?? -1)"
        case .returned(.message(let message)): "\(message.body)"
        case .returned(.messages(let page)): "\(page.items.map(\.body)) \(page.hasMore)"
        case .returned(.forks(let forks)): "\(forks)"
        case .returned(.count(let count)): "\(count)"
        case .threw(let code): "\(code)"
        case .threwOther(let error): error
        }
    }
}
