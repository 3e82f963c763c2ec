import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import Testing

@testable import chatstorage

/// A session whose requests are lines of a test.
struct ExecRun {
    private let session: ExecSession

    /// Opens a store in memory whose clock stands still.
    init(tenant: String? = nil) async throws {
        try await self.init(
            backend: InMemoryBackend(clock: { Timestamp(microsecondsSinceEpoch: 1_795_331_871_123_456) }),
            tenant: tenant)
    }

    init(backend: some ChatStorageBackend, tenant: String? = nil, isPrepared: Bool = true) async throws {
        if isPrepared { try await backend.prepare() }
        session = ExecSession(backend: backend, tenant: tenant)
    }

    /// The answer to one request, without its newline.
    func answer(_ request: String) async throws -> String {
        let answers = try await answers([Array(request.utf8)])
        return try #require(answers.first)
    }

    /// Makes requests, and expects the values of their answers, all times written as T.
    func expect(_ exchange: [(request: String, answer: String)]) async throws {
        for (request, answer) in exchange {
            let given = try await self.answer(request)
            #expect(
                given.replacing(/"[-0-9]{10}T[:0-9]{8}\.[0-9]{6}Z"/, with: "\"T\"") == #"{"ok": \#(answer)}"#,
                "\(request)")
        }
    }

    /// The code of the error that a request is answered with.
    func code(_ request: String) async throws -> String {
        let answer = try await answer(request)
        let error = /\{"error": \{"code": "(\w+)", "message": ".+", "retryable": (true|false)(, "outcome": "\w+")?\}\}/
        let match = try #require(answer.wholeMatch(of: error), "\(answer)")
        return String(match.output.1)
    }

    /// The answers to an input that arrives in chunks.
    func answers(_ chunks: [[UInt8]], maximumBytes: Int = 1 << 20) async throws -> [String] {
        let rest = Mutex(chunks[...])
        let output = Mutex<[UInt8]>([])
        try await session.run(
            read: { rest.withLock { $0.popFirst() ?? [] } }, write: { bytes in output.withLock { $0 += bytes } },
            maximumBytes: maximumBytes)
        let text = String(decoding: output.withLock { $0 }, as: UTF8.self)
        #expect(text.isEmpty || text.hasSuffix("\n"))
        return text.split(separator: "\n").map(String.init)
    }
}
