import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageProviders
import ChatStorageSQLite
import Foundation
import Synchronization

/// What parts, metadata, labels, previews and branches cost beside plain calls, measured in turn with them.
struct ModelSection {
    let bench: Bench
    let rounds: Rounds

    func run() async throws -> [Finding] {
        var findings = try sampleSizes()
        for backend in try await backends() {
            Bench.log("model, \(backend.name)")
            try await Bench.fill(backend.storage)
            for callers in [1, 64] {
                findings.append(
                    try await ratio(
                        "append with parts / plain of the same bytes, \(callers)", backend, atMost: 1.3, callers,
                        Call.append(Call.parts, backend.storage), Call.append(Call.plain, backend.storage)))
            }
            findings += try await withMetadata(backend)
            findings.append(
                try await ratio(
                    "list 50 with previews / without", backend, atMost: 2, 1,
                    Call.list(ConversationQuery(limit: 50, preview: 120), backend.storage),
                    Call.list(ConversationQuery(limit: 50), backend.storage)))
            findings += try await branches(backend)
            findings += try await archived(backend)
            if backend.name != "memory" { findings += try await erasure(backend) }
            try await backend.close()
        }
        return findings
    }

    // MARK: Stores

    struct Store {
        let name: String
        let storage: any ChatStorageBackend
        let close: () async throws -> Void
    }

    private func backends() async throws -> [Store] {
        let memory = InMemoryBackend()
        try await memory.prepare()
        let path = bench.newFile("model")
        let sqlite = try await SQLiteBackend(path: path)
        try await sqlite.prepare()
        var stores = [
            Store(name: "memory", storage: memory) { try await memory.close() },
            Store(name: "SQLite", storage: sqlite) {
                try await sqlite.close()
                Bench.remove(path)
            },
        ]
        if let programs = bench.postgres {
            var configuration = PostgresBackend.Configuration(url: programs.url)
            configuration.schema = "model"
            let postgres = try await PostgresBackend(configuration)
            try await postgres.prepare()
            stores.append(
                Store(name: "PostgreSQL", storage: postgres) {
                    try await postgres.close()
                    try programs.sql("DROP SCHEMA model CASCADE;")
                })
        }
        return stores
    }

    // MARK: Measurements

    /// How much longer one operation takes than another.
    func ratio(
        _ what: String, _ store: Store, atMost: Double?, _ callers: Int, _ operation: some Operation,
        _ plain: some Operation
    ) async throws -> Finding {
        let rates = try await rounds.run([
            Contender(.ours, what) { try await Rate.measure(callers: callers, seconds: $0, operation) },
            Contender(.limit, "plain") { try await Rate.measure(callers: callers, seconds: $0, plain) },
        ])
        return Finding(
            what: what, backend: store.name, value: zip(rates[1], rates[0]).map { $0 / $1 }.median, unit: "times",
            atMost: atMost)
    }

    /// Appends to conversations that have metadata: short metadata is rewritten with their rows, long metadata is not.
    private func withMetadata(_ store: Store) async throws -> [Finding] {
        var findings: [Finding] = []
        for kibibytes in [1, 64] {
            let ids = Load.ids.map { ConversationID("\($0) \(kibibytes)") }
            let text = String(repeating: "x", count: kibibytes << 10 - 16)
            for id in ids {
                try await store.storage.createConversation(NewConversation(id, metadata: ["a": .string(text)]))
            }
            findings.append(
                try await ratio(
                    "append with \(kibibytes) KiB of metadata / without", store, atMost: 1.05, 1,
                    Call.append(to: ids, store.storage), Call.append(to: Load.ids, store.storage)))
        }
        return findings
    }

    /// A page of the conversations that are not archived, behind very many newer ones that are.
    private func archived(_ store: Store) async throws -> [Finding] {
        let count = bench.isQuick ? 10_000 : 100_000
        let storage: any ChatStorage = store.storage
        try await withThrowingDiscardingTaskGroup { group in
            for caller in 0..<64 {
                group.addTask {
                    for number in stride(from: caller, to: count, by: 64) {
                        try await storage.createConversation(
                            NewConversation("archived \(number)", labels: ["archived"]))
                    }
                }
            }
        }
        let latencies = try await Latency.repeatedly(for: rounds.seconds * Double(rounds.count)) {
            _ = try await storage.conversations(ConversationQuery(without: ["archived"]))
        }
        return [
            Finding(
                what: "page without \"archived\" that passes over 1,050 of \(Figure.rate(Double(count)))",
                backend: store.name, value: latencies.median * 1e6, unit: "µs")
        ]
    }

    /// What others notice of the erasure of a large tenant: 64 who append, and a reader.
    private func erasure(_ store: Store) async throws -> [Finding] {
        let count = bench.isQuick ? 5_000 : 100_000
        let tenant: any ChatStorage = store.storage.tenant("gone")
        try await withThrowingDiscardingTaskGroup { group in
            for caller in 0..<64 {
                group.addTask {
                    for number in stride(from: caller, to: count, by: 64) {
                        try await tenant.append(.user("text"), to: ConversationID("\(number)"))
                    }
                }
            }
        }
        let isOver = Flag()
        let storage: any ChatStorage = store.storage
        let start = ContinuousClock.now
        let (appends, reads) = try await withThrowingTaskGroup(of: (isRead: Bool, [Double]).self) { group in
            for caller in 0..<65 {
                group.addTask {
                    var load = Load(caller: caller)
                    var latencies: [Double] = []
                    while !isOver.isSet {
                        latencies += try await Latency.repeatedly(for: 0.05) {
                            if caller == 0 {
                                load.seen &+= try await storage.messages(of: load.id(), limit: 20).count
                            } else {
                                load.seen &+= Int(try await storage.append(load.message(), to: load.id()).sequence)
                            }
                        }
                    }
                    return (caller == 0, latencies)
                }
            }
            _ = try await store.storage.eraseTenant("gone", isDryRun: false)
            isOver.set()
            return try await group.reduce(into: ([Double](), [Double]())) { all, some in
                if some.isRead { all.1 += some.1 } else { all.0 += some.1 }
            }
        }
        let what = "while a tenant of \(Figure.rate(Double(count))) conversations is erased"
        return [
            Finding(what: "the erasure itself", backend: store.name, value: start.secondsSince, unit: "s"),
            Finding(
                what: "longest append \(what)", backend: store.name, value: (appends.max() ?? 0) * 1e3, unit: "ms",
                atMost: 5_000),
            Finding(
                what: "reads, 99th percentile / median, \(what)", backend: store.name,
                value: reads.quantile(0.99) / reads.median, unit: "times", atMost: 10),
        ]
    }

    /// How many bytes a provider's answer takes in a store, beside its own.
    private func sampleSizes() throws -> [Finding] {
        guard let folder = bench.samples else { return [] }
        let samples: [(String, (Data) throws -> ChatMessage)] = [
            ("vercel+ai__anthropic__anthropic-text.json", { try AnthropicMessages.message(from: $0) }),
            ("vercel+ai__anthropic__anthropic-web-search-tool.1.json", { try AnthropicMessages.message(from: $0) }),
            ("vercel+ai__openai.chat__openai-text.json", { try OpenAIChat.message(from: $0) }),
            ("vercel+ai__xai__xai-tool-call.json", { try OpenAIChat.message(from: $0) }),
            (
                "vercel+ai__openai.responses__openai-reasoning-encrypted-content.1.json",
                { try OpenAIResponses.message(from: $0) }
            ),
        ]
        return try samples.flatMap { name, decode in
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/provider_responses/\(name)"))
            let what = "bytes of \(name.split(separator: "__").last ?? "")"
            return [
                Finding(what: what, backend: "as it came", value: Double(data.count), unit: "bytes"),
                Finding(
                    what: what, backend: "stored", value: Double(try decode(data).storedBytes), unit: "bytes"),
            ]
        }
    }
}

/// Whether something is over, for tasks that go on until then.
private final class Flag: Sendable {
    private let value = Mutex(false)

    var isSet: Bool { value.withLock(\.self) }

    func set() { value.withLock { $0 = true } }
}

/// A call of these measurements.
struct Call: Operation {
    let body: @Sendable (inout Load) async throws -> Void

    func call(_ load: inout Load) async throws { try await body(&load) }

    static func append(_ message: ChatMessage, _ storage: any ChatStorage) -> Call {
        Call { load in load.seen &+= Int(try await storage.append(message, to: load.id()).sequence) }
    }

    static func append(to ids: [ConversationID], _ storage: any ChatStorage) -> Call {
        Call { load in
            let id = ids[load.index()]
            load.seen &+= Int(try await storage.append(load.message(), to: id).sequence)
        }
    }

    static func list(_ query: ConversationQuery, _ storage: any ChatStorage) -> Call {
        Call { load in load.seen &+= try await storage.conversations(query).items.count }
    }

    /// A call with a tool's arguments and reasoning.
    static let parts = ChatMessage.assistant([
        MessagePart(.reasoning, text: Load.content(1, bytes: 120)), .text("One moment."),
        .toolCall("weather", callID: "call_123456", input: #"{"city": "Kyoto", "days": 3}"#),
    ])
    /// A plain message of as many bytes as a database keeps of ``parts``.
    static let plain = ChatMessage.assistant(Load.content(1, bytes: parts.storedBytes))
}

extension ChatMessage {
    /// How many bytes of text a database keeps of the message: its content, and its parts as JSON.
    fileprivate var storedBytes: Int {
        content.utf8.count + (MessageJSON.stored(self)?.utf8.count ?? 0)
            + (metadata.isEmpty ? 0 : metadata.text.utf8.count)
    }
}
