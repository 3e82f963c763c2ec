import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite
import ChatStorageTransfer
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("Archives and copies")
struct RoundTripTests {
    @Test("a store goes from backend to backend through archives and stays equal")
    func archives() async throws {
        let folder = try TemporaryFolder()
        let first = try await Self.filled()
        let digest = try await ArchiveDigest(of: first)
        #expect(digest.conversations == 9 && digest.messages == 36)

        let sqlite = try await SQLiteBackend(Self.sqlite(in: folder))
        try await sqlite.prepare()
        try await Self.move(from: first, to: sqlite, by: folder.path(of: "a.jsonl"))
        #expect(try await ArchiveDigest(of: sqlite) == digest)
        for tenant in Self.tenants {
            let (left, right) = (Self.storage(of: tenant, in: first), Self.storage(of: tenant, in: sqlite))
            for try await conversation in left.allConversations() {
                let id = conversation.id
                #expect(try await right.conversation(id) == conversation)
                let messages = try await left.messages(MessageQuery(of: id, on: .all, limit: 100)).items
                #expect(try await right.messages(MessageQuery(of: id, on: .all, limit: 100)).items == messages)
                #expect(try await right.messages(of: id, limit: 100) == left.messages(of: id, limit: 100))
            }
        }

        let last = InMemoryBackend(roles: .withTools)
        try await last.prepare()
        if try TestBackends.postgres.isSelected() {
            try await TestPostgres.withSchema { url, schema in
                var configuration = PostgresBackend.Configuration(url: url)
                (configuration.schema, configuration.roles) = (schema, .withTools)
                let postgres = try await PostgresBackend(configuration)
                try await postgres.prepare()
                try await Self.move(from: sqlite, to: postgres, by: folder.path(of: "b.jsonl"))
                #expect(try await ArchiveDigest(of: postgres) == digest)
                try await Self.move(from: postgres, to: last, by: folder.path(of: "c.jsonl"))
                try await postgres.close()
            }
        } else {
            try await Self.move(from: sqlite, to: last, by: folder.path(of: "c.jsonl"))
        }
        #expect(try await ArchiveDigest(of: last) == digest)
        try await sqlite.close()
    }

    @Test("an archive that is cut off anywhere is noticed, and so is one that was changed")
    func damagedArchive() async throws {
        let store = InMemoryBackend()
        try await store.prepare()
        try await store.append([.user("one"), .assistant("two")], to: "a")
        try await store.tenant("t").append(.user("three"), to: "b")
        var bytes: [UInt8] = []
        try await Exporter(backend: store).run(.store) { bytes += $0 }
        func problems(_ bytes: some Collection<UInt8>) async throws -> Int {
            try await TestFile.read(bytes: Array(bytes)).count { $0.conversation == nil }
        }
        #expect(try await problems(bytes) == 0)
        #expect(try await problems(bytes.dropLast()) == 0, "only the last newline is missing")
        for count in 1..<(bytes.count - 1) {
            #expect(try await problems(bytes.prefix(count)) > 0, "cut off after \(count) bytes")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(try await problems(text.replacing("three", with: "trees").utf8) == 1)
        for (old, new) in [
            ("\"messages\": 3", "\"messages\": 4"),
            ("begin\", \"version\": 1, \"scope\": \"store", "begin\", \"version\": 1, \"scope\": \"tenant"),
        ] {
            #expect(text.contains(old), "\(text)")
            let entries = try await TestFile.read(bytes: Array(text.replacing(old, with: new).utf8))
            #expect(entries.count == 3 && entries.last?.isDamage ?? false, "\(new)")
        }
        let lines = text.split(separator: "\n")
        #expect(try await problems(([lines[0]] + lines[2...]).joined(separator: "\n").utf8) == 1)
        #expect(try await problems(lines[1..<3].joined(separator: "\n").utf8) == 0, "plain lines are no archive")
        let added = try await TestFile.read(bytes: Array((text + "{\"messages\": []}\n").utf8))
        #expect(added.count == 3 && added.last?.isDamage ?? false, "a line after the end is no part of it")
        #expect(try await problems((text + text).utf8) == 0, "archives can follow each other")
        #expect(try await problems(text.replacing("\n", with: "\r\n").utf8) == 0)
    }

    @Test("a whole store's archive does not go into one tenant; a tenant's goes into any")
    func tenants() async throws {
        let (store, target) = (try await Self.filled(), InMemoryBackend(roles: .withTools))
        try await target.prepare()
        let folder = try TemporaryFolder()
        try await Exporter(backend: store).run(.store, to: folder.path(of: "store"))
        let all = ChatFile(path: folder.path(of: "store"), roles: RoleSet.withTools.roles)
        let refused = try await Importer(storage: target.tenant("x")).run(all)
        #expect(refused.imported == 0 && refused.invalid == 9)
        try await Exporter(backend: store).run(.tenant("odd \"名\" /.."), to: folder.path(of: "tenant"))
        let one = ChatFile(path: folder.path(of: "tenant"), roles: RoleSet.withTools.roles)
        #expect(try await Importer(storage: target.tenant("x")).run(one).imported == 3)
        #expect(
            try await ArchiveDigest(ofTenant: "x", in: target)
                == ArchiveDigest(ofTenant: "odd \"名\" /..", in: store))
    }

    @Test("a copy is equal; one that was interrupted goes on; what differs is left and reported")
    func copies() async throws {
        let (store, target) = (try await Self.filled(), InMemoryBackend(roles: .withTools))
        try await target.prepare()
        var configuration = StoreCopier.Configuration()
        configuration.concurrentConversations = 2
        let copier = StoreCopier(from: store, to: target, configuration: configuration)
        let interrupted = Task {
            try await copier.run { event in
                if event.summary.copied == 3 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await #expect(throws: CancellationError.self) { try await interrupted.value }
        let begun = try await ArchiveDigest(of: target).conversations
        #expect((3..<9).contains(begun))
        let rest = try await copier.run()
        #expect(rest.isEqual && rest.copied == 9 - begun && rest.unchanged == begun && rest.different == 0)
        try await target.append(.user("more"), to: "plain")
        let again = try await copier.run()
        #expect(!again.isEqual && (again.copied, again.unchanged, again.different) == (0, 8, 1))
        #expect(try await target.history(of: "plain").last == .user("more"))
        configuration.replacesDifferent = true
        let events = Mutex<[ConversationID: CopyEvent.Outcome]>([:])
        let replacing = try await StoreCopier(from: store, to: target, configuration: configuration).run { event in
            events.withLock { if event.tenant == nil { $0[event.conversationID] = event.outcome } }
        }
        #expect(replacing.isEqual && (replacing.replaced, replacing.unchanged, replacing.different) == (1, 8, 0))
        #expect(events.withLock { $0["plain"] } == .replaced)
        await #expect {
            try await StoreCopier(from: target, to: target, configuration: configuration).run()
        } throws: {
            ($0 as? ChatStorageError)?.code == .invalidArgument
        }
        #expect(try await ArchiveDigest(of: target) == ArchiveDigest(of: store), "nothing of the comparison is left")
        #expect(try await target.history(of: "plain").last != .user("more"))
    }

    @Test("a store that lets few calls wait can be copied all the same")
    func fewWaitingCalls() async throws {
        let folder = try TemporaryFolder()
        var configuration = Self.sqlite(in: folder)
        configuration.waitingCalls = 1
        let store = try await SQLiteBackend(configuration)
        try await store.prepare()
        for number in 1...40 { try await store.append(.user("text"), to: ConversationID("c\(number)")) }
        let target = InMemoryBackend()
        try await target.prepare()
        let summary = try await StoreCopier(from: store, to: target).run()
        #expect(summary.isEqual && summary.copied == 40)
        try await store.close()
    }

    @Test("an export never has half a file under its name, and replaces none unasked")
    func files() async throws {
        let store = try await Self.filled()
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chats.jsonl")
        let exporter = Exporter(backend: store)
        await #expect(throws: ChatStorageError.self) { try await exporter.run(.conversation("none"), to: path) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        try await exporter.run(.conversation("plain"), to: path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chats.jsonl"])
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        await #expect { try await exporter.run(.store, to: path) } throws: {
            ($0 as? ExportError)?.isExistingFile ?? false
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        try await exporter.run(.store, to: path, replacing: true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count > before.count)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["chats.jsonl"])
    }

    @Test("OpenAI's form has the current path, and names what it leaves out")
    func openAI() async throws {
        let store = try await Self.filled()
        var bytes: [UInt8] = []
        let summary = try await Exporter(backend: store).run(.conversation("branched"), as: .openAI) { bytes += $0 }
        let line = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: [[String: Any]]])
        #expect(line["messages"]?.map { $0["content"] as? String } == ["one", "other"])
        #expect(bytes.count { $0 == UInt8(ascii: "\n") } == 1 && bytes.last == UInt8(ascii: "\n"))
        #expect(summary.conversations == 1 && summary.messages == 2)
        #expect(summary.leftOut["messages of other branches"] == 2 && summary.leftOut["titles"] == 1)
    }

    @Test("no text in Markdown looks like structure")
    func markdown() async throws {
        let store = InMemoryBackend()
        try await store.prepare()
        try await store.createConversation("c", title: "a # b\n# c")
        let text = "# Head\n---\n1. x\n- y\n<script>\n[a](http://b.c) ![p](q)\n```\n    code\n## user · 2026\r> q"
        try await store.append(.user(text), to: "c")
        var bytes: [UInt8] = []
        try await Exporter(backend: store).run(.tenant(nil), as: .markdown) { bytes += $0 }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("#") } == 2, "a title and one message")
        #expect(lines.dropFirst(3).allSatisfy { $0.hasPrefix("> ") })
        #expect(lines.contains("> \\# Head\\") && lines.contains("> 1\\. x\\") && lines.contains("> \\- y\\"))
        #expect(lines.contains("> &lt;script\\>\\") && lines.contains("> \\`\\`\\`\\"))
        #expect(lines.contains("> \\[a\\](http\\://b\\.c) \\!\\[p\\](q)\\"))
    }

    @Test("a walk ends, and meets each conversation once, however many were updated at one moment")
    func manyAtOneMoment() async throws {
        let moment = Timestamp.now()
        let store = InMemoryBackend(clock: { moment })
        try await store.prepare()
        for number in 0..<2_500 { try await store.createConversation(ConversationID("\(number)")) }
        for backend in [store, Momentless(base: store)] as [any ChatStorageBackend] {
            let digest = try await ArchiveDigest(of: backend)
            #expect(digest.conversations == 2_500)
        }
        #expect(try await ArchiveDigest(of: store) == ArchiveDigest(of: Momentless(base: store)))
    }

    @Test("a file with a rollback journal has no snapshots, whatever new files get")
    func rollbackJournal() async throws {
        let folder = try TemporaryFolder()
        var configuration = Self.sqlite(in: folder)
        configuration.journalMode = .delete
        let old = try await SQLiteBackend(configuration)
        try await old.prepare()
        try await old.close()
        let store = try await SQLiteBackend(Self.sqlite(in: folder))
        try await store.withSnapshot { snapshot in
            // No reader keeps a writer waiting.
            try await store.append(.user("text"), to: "c")
            #expect(try await snapshot.conversation("c")?.messageCount == 1)
        }
        #expect(!store.capabilities.contains(.snapshots))
        try await store.close()
    }

    // MARK: A store with everything

    private static let tenants: [String?] = [nil, "odd \"名\" /..", "\u{1F642} \\n"]

    private static func storage(of tenant: String?, in store: any ChatStorageBackend) -> any ChatStorage {
        tenant.map { store.tenant($0) } ?? store.defaultTenant
    }

    private static func sqlite(in folder: TemporaryFolder) -> SQLiteBackend.Configuration {
        var configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
        configuration.roles = .withTools
        return configuration
    }

    private static func move(
        from source: any ChatStorageBackend, to target: any ChatStorageBackend, by path: String
    ) async throws {
        let summary = try await Exporter(backend: source).run(.store, to: path)
        #expect(try await summary.digest == ArchiveDigest(of: source))
        let file = ChatFile(path: path, roles: RoleSet.withTools.roles)
        let imported = try await Importer(backend: target).run(file)
        #expect(imported.imported == summary.conversations && imported.invalid == 0 && imported.leftOut.isEmpty)
    }

    private static func filled() async throws -> InMemoryBackend {
        let store = InMemoryBackend(roles: .withTools)
        try await store.prepare()
        for tenant in tenants {
            let chats = storage(of: tenant, in: store)
            try await chats.append([.user("hi", key: "k1"), .assistant("hello", key: "k2")], to: "plain")
            try await chats.updateTitle(of: "plain", to: "A \"title\" \u{2028}")
            // Branches, a head that is not the newest, labels, metadata with exact numbers.
            try await chats.createConversation(
                NewConversation(
                    "branched", title: "t", labels: ["a", "b"],
                    metadata: try Metadata(
                        parsing: #"{"x": 1234567890123.25, "y": [null, true], "z": 9223372036854775807}"#)))
            try await chats.append([.user("one"), .assistant("two"), .user("three")], to: "branched")
            let other = try await chats.append(.assistant("other"), to: "branched", .insteadOf(2))
            try await chats.updateConversation("branched", .head(other.sequence))
            // Cleared, removed, answers in every state, tools, native JSON.
            try await chats.append([.user("gone"), .assistant("gone too")], to: "tools")
            _ = try await chats.clearMessages(of: "tools")
            var native = ChatMessage.assistant([.reasoning("why"), .toolCall("f", callID: "1", input: "{\"a\": 1.0}")])
            native.native = NativeJSON(format: "f", json: try JSONText(" {\"a\":\n 1.0}"))
            native.metadata = ["rating": 5]
            try await chats.append(
                [
                    .user("go"), native, ChatMessage(role: .tool, parts: [.toolResult(callID: "1", output: "ok")]),
                    .user("x"),
                ],
                to: "tools")
            _ = try await chats.removeMessages([6], of: "tools")
            for state in [MessageState.streaming, .stopped, .failed] {
                let new = NewMessages([.assistant("half")], to: "tools", isStreaming: true)
                let begun = try #require(try await chats.append(new).messages.first)
                if state != .streaming { _ = try await chats.endAnswer(begun.sequence, of: "tools", as: state) }
            }
        }
        return store
    }
}

/// A backend without snapshots.
private struct Momentless: ForwardingBackend {
    let base: InMemoryBackend

    var capabilities: Capabilities { [] }
}
