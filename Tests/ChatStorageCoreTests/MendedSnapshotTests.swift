import ChatStorageCore
import Testing

@Suite("Mended snapshots")
struct MendedSnapshotTests {
    private func time(_ seconds: Int64) -> Timestamp { Timestamp(microsecondsSinceEpoch: seconds * 1_000_000) }

    private func check(_ snapshot: ConversationSnapshot) throws {
        try Validation.check(snapshot, roles: .withTools)
    }

    @Test("a snapshot without a fault is what it was")
    func nothing() throws {
        let snapshot = ConversationSnapshot(
            "c", title: "t", [.user("a"), .assistant([.reasoning("b")])], labels: ["x"])
        let (result, mended) = snapshot.mended()
        #expect(result == snapshot && mended == [:])
    }

    @Test("a long title is cut between scalars, and kept whole in the metadata if there is room")
    func title() throws {
        let title = String(repeating: "e\u{301}", count: 101)
        var snapshot = ConversationSnapshot("c", title: title, [.user("a")])
        #expect(throws: ChatStorageError.self) { try check(snapshot) }
        let (result, mended) = snapshot.mended()
        #expect(result.title?.unicodeScalars.count == 200 && title.hasPrefix(result.title ?? "x"))
        #expect(result.metadata == ["title": .string(title)] && mended == [.longTitle: 1])
        try check(result)
        for metadata: Metadata in [["title": 1], ["x": .string(String(repeating: "x", count: 65_500))]] {
            snapshot.metadata = metadata
            #expect(snapshot.mended().snapshot.metadata == metadata)
        }
    }

    @Test("times that decrease are raised to the one before; the conversation's own give way")
    func times() throws {
        var snapshot = ConversationSnapshot(
            "c", [.user("a"), .user("b"), .user("c"), .user("d")], createdAt: time(100))
        for (index, seconds) in [50, 49, 51, 40].enumerated() {
            snapshot.messages[index].createdAt = time(Int64(seconds))
        }
        snapshot.updatedAt = time(45)
        #expect(throws: ChatStorageError.self) { try check(snapshot) }
        let (result, mended) = snapshot.mended()
        #expect(result.createdAt == time(50) && result.updatedAt == time(51))
        #expect(result.messages.map(\.createdAt) == [50, 50, 51, 51].map(time))
        #expect(mended == [.decreasingTime: 4])
        try check(result)
    }

    @Test("labels that are too long, empty or too many are cut or left out, and kept in the metadata")
    func labels() throws {
        var snapshot = ConversationSnapshot("c", [.user("a")])
        let long = String(repeating: "a", count: 150)
        snapshot.labels = ["", Label(long), "b\0c"]
        let (result, mended) = snapshot.mended()
        #expect(result.labels == [Label(String(long.prefix(100))), "b\u{FFFD}c"])
        #expect(mended == [.label: 3])
        #expect(result.metadata == ["labels": ["", .string(long), "b\u{FFFD}c"]])
        try check(result)
        snapshot.labels = Set((100..<150).map { Label("l\($0)") })
        let many = snapshot.mended()
        #expect(many.snapshot.labels == Set((100..<132).map { Label("l\($0)") }) && many.mended == [.label: 18])
        try check(many.snapshot)
    }

    @Test("U+0000 becomes U+FFFD wherever storage takes none; what a provider gave stays")
    func nul() throws {
        var snapshot = ConversationSnapshot("c", title: "a\0", [.user("\0b"), .assistant([]), .user("fine")])
        let native = NativeJSON(format: "f", json: try JSONText(#""\u0000""#))
        snapshot.messages[1].body = ChatMessage(
            role: .assistant,
            parts: [
                MessagePart(.toolCall, name: "f\0", callID: "1", input: "\0", native: native),
                .file(MessageFile(name: "\0", url: "u")), .text("fine"),
            ], metadata: ["a\0": ["b": ["\0"]], "d": "e"], native: native)
        snapshot.metadata = ["x": "\0"]
        #expect(throws: ChatStorageError.self) { try check(snapshot) }
        let (result, mended) = snapshot.mended()
        #expect(mended == [.nul: 8])
        #expect(result.title == "a\u{FFFD}" && result.messages[0].content == "\u{FFFD}b")
        let body = result.messages[1].body
        #expect(body.parts[0].name == "f\u{FFFD}" && body.parts[0].input == "\u{FFFD}")
        #expect(body.parts[0].native == native && body.native == native)
        #expect(body.parts[1].file?.name == "\u{FFFD}" && body.parts[2] == .text("fine"))
        #expect(body.metadata == ["a\u{FFFD}": ["b": ["\u{FFFD}"]], "d": "e"])
        #expect(result.metadata == ["x": "\u{FFFD}"])
        try check(result)
    }

    @Test("metadata loses what is no value for it, and its largest members until the rest fits")
    func metadata() throws {
        func text(_ bytes: Int) -> JSONValue { .string(String(repeating: "x", count: bytes)) }
        var deep: JSONValue = 1
        for _ in 0..<64 { deep = [deep] }
        var snapshot = ConversationSnapshot("c", [.user("a")])
        snapshot.metadata = ["deep": deep, "nan": .number(.nan), "a": text(40_000), "b": text(30_000), "c": 1]
        snapshot.messages[0].body.metadata = ["a": text(70_000), "b": text(65_528)]
        #expect(throws: ChatStorageError.self) { try check(snapshot) }
        let (result, mended) = snapshot.mended()
        #expect(result.metadata == ["b": text(30_000), "c": 1])
        #expect(result.messages[0].body.metadata == ["b": text(65_528)] && mended == [.metadata: 4])
        #expect(result.messages[0].body.metadata.text.utf8.count == Limits.metadataBytes)
        try check(result)
    }

    @Test("a text over 16 MiB is never cut")
    func longText() {
        let snapshot = ConversationSnapshot("c", [.user(String(repeating: "x", count: (16 << 20) + 1))])
        let (result, mended) = snapshot.mended()
        #expect(result == snapshot && mended == [:])
        #expect(throws: ChatStorageError.self) { try check(result) }
    }
}
