import ChatStorageCore
import ChatStorageInMemory
import ChatStorageJSON
import ChatStorageProviders
import ChatStorageTransfer
import Foundation
import TestSupport
import Testing

@testable import chatstorage

@Suite("Archives: what show --json prints, import reads")
struct ArchiveTests {
    @Test("a conversation comes back whole, on every store", arguments: try TestBackends.selected())
    func everything(store: TestBackends) async throws {
        try await store.withBackend(roles: .withTools) { backend in
            try await backend.prepare()
            for snapshot in Self.snapshots {
                let original = backend.tenant("original")
                try await original.restoreConversation(snapshot)
                let line = try await archive(snapshot.id, in: original)
                let entries = try await read(line)
                try #require(entries.count == 1)
                guard case .conversation(let conversation) = entries[0].content else {
                    Issue.record("\(entries[0].content)")
                    continue
                }
                #expect(conversation.leftOut == [])
                let copy = backend.tenant("copy")
                try await Importer(storage: copy).run(entries.stream)
                #expect(try await self.snapshot(snapshot.id, in: copy) == snapshot)
                // Once more, and nothing is new.
                #expect(try await archive(snapshot.id, in: copy) == line)
                let again = try await Importer(storage: copy).run(entries.stream)
                #expect((again.imported, again.unchanged) == (0, 1))
            }
        }
    }

    @Test("a part of a conversation is not taken for the whole")
    func lastMessages() async throws {
        let backend = InMemoryBackend(roles: .withTools)
        try await backend.prepare()
        let snapshot = Self.snapshots[0]
        try await backend.restoreConversation(snapshot)
        let conversation = try #require(try await backend.conversation(snapshot.id))
        let last = try await backend.messages(of: snapshot.id, limit: 2)
        let line = String(decoding: conversation.json(with: last).bytes, as: UTF8.self)
        let copy = backend.tenant("copy")
        try await Importer(storage: copy).run(read(line).stream)
        #expect(try await copy.conversation(snapshot.id) == nil)
    }

    @Test("exec takes and gives the same messages, on every store", arguments: try TestBackends.selected())
    func exec(store: TestBackends) async throws {
        try await expectKept(SampleMessages.all, by: store)
    }

    @Test(
        "exec and archives keep what providers answered, on every store",
        .enabled(if: SampleFiles.areThere, "there is no \(SampleFiles.folder.path)"),
        arguments: try TestBackends.selected())
    func samples(store: TestBackends) async throws {
        let answers = try SampleFiles.paths(in: "provider_responses").compactMap { path in
            let data = try SampleFiles.data(path)
            return (try? AnthropicMessages.message(from: data)) ?? (try? OpenAIResponses.message(from: data))
                ?? (try? OpenAIChat.message(from: data))
        }
        #expect(answers.count == 63)
        try await expectKept(answers, by: store)
        try await store.withBackend(roles: .withTools) { backend in
            try await backend.prepare()
            let snapshot = ConversationSnapshot("answers", answers)
            try await backend.tenant("original").restoreConversation(snapshot)
            let line = try await archive("answers", in: backend.tenant("original"))
            let copy = backend.tenant("copy")
            try await Importer(storage: copy).run(read(line).stream)
            #expect(try await self.snapshot("answers", in: copy) == snapshot)
        }
    }

    private func expectKept(_ messages: [ChatMessage], by store: TestBackends) async throws {
        try await store.withBackend(roles: .withTools) { backend in
            let session = try await ExecRun(backend: backend)
            for message in messages {
                let given = try await backend.tenant("t").append(message, to: "c")
                let text = String(decoding: given.json.bytes, as: UTF8.self)
                // The message as it is read is one that can be saved, but for what the store adds.
                let members = text.replacing(#/"id": \d+, "conversation_id": "c", /#, with: "")
                    .replacing(#/"created_at": "[^"]+"/#, with: #""key": null"#).dropFirst().dropLast()
                let saved = try await session.answer(#"{"op": "save_message", "conversation_id": "c", \#(members)}"#)
                #expect(saved.hasPrefix(#"{"ok": "#), "\(saved)")
            }
            let saved = try await backend.messages(of: "c", limit: 100).map(\.chatMessage)
            #expect(saved == messages)
            let given = try await backend.tenant("t").messages(of: "c", limit: 100).map(\.chatMessage)
            #expect(given == messages)
        }
    }

    @Test("the command prints a line that the command imports, which needs its roles")
    func commands() async throws {
        let tool = try Tool()
        let backend = InMemoryBackend(roles: .withTools)
        try await backend.prepare()
        try await backend.restoreConversation(Self.snapshots[0])
        let line = try await archive(Self.snapshots[0].id, in: backend)
        try tool.write(line, to: "one.jsonl")
        // A store that is made by another command takes plain chats.
        #expect(try await tool.run("add", "first", "user", "x").status == 0)
        let refused = try await tool.run("import", "one.jsonl")
        #expect(refused.status == 1)
        let sentence = #"is "tool", not one of: assistant, system, user; --roles with-tools makes the store take it"#
        #expect(refused.errors.contains(sentence), "\(refused.errors)")
        #expect(try await tool.run("import", "--roles", "with-tools", "one.jsonl").status == 0)
        let shown = try await tool.run("show", "--json", "--all", "parts")
        #expect(shown.output == line + "\n")
        #expect(try await tool.run("show", "--json", "parts").output == line + "\n", "it has fewer than 20 messages")
        // The store takes them from now on.
        try tool.write(line.replacing(#""conversation_id": "parts""#, with: #""conversation_id": "two""#), to: "two")
        #expect(try await tool.run("import", "two").status == 0)
        #expect(try await tool.run("list", "--json").output.contains(#""read_through": 2, "#))
    }

    /// Conversations that have everything, and others that have nothing.
    static let snapshots: [ConversationSnapshot] = {
        let start = Timestamp(microsecondsSinceEpoch: 1_795_331_871_123_456)
        var everything = ConversationSnapshot("parts", title: "Kyoto ⛩", SampleMessages.all, createdAt: start)
        everything.lastSequence += 7
        everything.readThrough = 2
        everything.labels = ["pinned", "e\u{301}", "\u{e9}", "folder:work"]
        everything.metadata = ["a": [1, 2.5, .null, "x\u{2028}"], "": ["big": .integer(.max), "small": 1e-300]]
        // Some messages were cleared or removed.
        for index in everything.messages.indices { everything.messages[index].sequence += 3 }
        everything.lastSequence += 3
        everything.messages[1].key = "k \u{1}"
        everything.messages[2].key = "l"
        var plain = ConversationSnapshot("plain", [.user("Hi"), .assistant("Hello\u{202e}\r\n"), .user("")])
        plain.readThrough = 3
        var cleared = ConversationSnapshot("cleared", title: "", [], createdAt: start)
        cleared.lastSequence = 9
        var unread = ConversationSnapshot("unread", [.user("Hi")])
        unread.updatedAt = start
        return [everything, plain, cleared, unread, ConversationSnapshot("nothing", [])] + branched(at: start)
    }()

    /// Conversations with branches, with heads of every kind, and with answers in every state.
    private static func branched(at start: Timestamp) -> [ConversationSnapshot] {
        let texts = (1...9).map { ChatMessage.user("\($0)") }
        var tree = ConversationSnapshot("tree", title: "Branches", texts, createdAt: start)
        for (sequence, predecessor) in [(3, 0), (4, 1), (6, 4), (7, 4), (9, 2)] as [(Int, Int64)] {
            tree.messages[sequence - 1].predecessor = predecessor
        }
        // A message that was removed is not there.
        tree.messages.remove(at: 7)
        tree.labels = ["a"]
        let states = MessageState.allCases.enumerated().map { index, state in
            MessageWriting(
                state: state, revision: Int64(index) + 1,
                revisedAt: index == 1 ? nil : tree.messages[index].createdAt + .seconds(90_000))
        }
        for (index, writing) in states.enumerated() { tree.messages[index].writing = writing }
        tree.messages[4].body = SampleMessages.all[5]
        tree.messages[4].writing = MessageWriting(state: .stopped, revision: 2, revisedAt: start + .seconds(9))
        let heads: [Int64?] = [nil, 0, 1, 7, 9]
        var snapshots = heads.map { head in
            var snapshot = tree
            snapshot.id = ConversationID("tree \(head.map(String.init) ?? "newest")")
            snapshot.head = head
            return snapshot
        }
        // A head that was moved back, and no branch beside it.
        var back = ConversationSnapshot("back", Array(texts.prefix(3)))
        back.head = 2
        snapshots.append(back)
        return snapshots
    }

    private func snapshot(_ id: ConversationID, in storage: any ChatStorage) async throws -> ConversationSnapshot {
        let conversation = try #require(try await storage.conversation(id))
        return ConversationSnapshot(
            id: id, title: conversation.title, createdAt: conversation.createdAt, updatedAt: conversation.updatedAt,
            lastSequence: conversation.lastSequence, readThrough: conversation.readThrough,
            labels: conversation.labels, metadata: conversation.metadata, head: conversation.head,
            messages: try await storage.messages(MessageQuery(of: id, on: .all, limit: .max)).items
                .map(ConversationSnapshot.Message.init(_:)))
    }

    private func archive(_ id: ConversationID, in storage: any ChatStorage) async throws -> String {
        let moment = try #require(try await ConversationMoment.read(id, on: .all, limit: nil, from: storage))
        return String(decoding: moment.conversation.json(with: moment.messages).bytes, as: UTF8.self)
    }

    private func read(_ line: String) async throws -> [ChatFile.Entry] {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chats")
        try Data(line.utf8).write(to: URL(fileURLWithPath: path))
        return try await ChatFile(path: path, roles: RoleSet.withTools.roles).reduce(into: []) { $0.append($1) }
    }
}

extension [ChatFile.Entry] {
    fileprivate var stream: AsyncStream<ChatFile.Entry> {
        AsyncStream { continuation in
            for entry in self { continuation.yield(entry) }
            continuation.finish()
        }
    }
}

/// Messages of every kind of part, with texts that software changes when it is careless.
enum SampleMessages {
    static let exact = [
        "1e2", "1.0", "-0", "123456789012345678901234567890", #""\/""#, #""\ud83d""#, #""\u0000""#,
        #"{"b":1,"a":2,"a":3}"#, " { \"a\" : [ ] } ", "\n[1 ,2]\n", "1E400", #""\u2028""#,
    ]
    private static let inexact = [
        "", "{", "not JSON", #"{"city": "Kyo"#, "caf\u{e9} cafe\u{301}", "a\r\nb\u{2028}\u{1b}", "\"\\",
    ]

    static let all: [ChatMessage] = {
        let native = exact.compactMap { try? JSONText($0) }.map { NativeJSON(format: "test.api", json: $0) }
        let calls = (exact + inexact).enumerated().map { index, text in
            MessagePart(
                .toolCall, id: "item \(index)", name: "weather", callID: "call \u{1f600} \(index)", status: "completed",
                input: text)
        }
        let file = MessageFile(
            mediaType: "image/png", name: "a b.png", size: .max, sha256: String(repeating: "0", count: 64),
            url: "HTTP://Example.com/%7e/../a?b#c", id: "file")
        let extra = [
            ExtraMember("z", native[7].json), ExtraMember("a", native[8].json), ExtraMember("z", native[1].json),
        ]
        var rated = ChatMessage.assistant("with metadata")
        rated.metadata = ["model": "m", "usage": ["input": 1, "cost": 0.25], "flags": [true, .null, "e\u{301}"]]
        return [
            .user("plain\u{1b}"), .assistant([]), .assistant(""), .assistant([.text(""), .text("a"), .text("\nb\n")]),
            .assistant([MessagePart(.reasoning, text: "why", native: native[4]), .text("so")] + calls),
            .tool(
                (exact + inexact).map { .toolResult(callID: "c", output: $0, name: "weather", isError: false) }
                    + [MessagePart(.file, callID: "c", file: file)]),
            .developer("be brief"),
            .assistant([
                MessagePart(.refusal, text: "no"), MessagePart(.source, text: "page", extra: extra),
                MessagePart(.data, isError: true), MessagePart("x_unknown", text: "kept"), .file(MessageFile()),
            ]),
            ChatMessage(role: .assistant, parts: [.text("native")], native: native[5]),
            rated,
            ChatMessage(
                role: .system, parts: native.map { MessagePart("block", native: $0) }, metadata: ["n": .integer(.min)]),
        ]
    }()
}
