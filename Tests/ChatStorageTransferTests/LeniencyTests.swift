import ChatStorageCore
import ChatStorageInMemory
import ChatStorageTransfer
import Foundation
import Testing

@Suite("Leniency")
struct LeniencyTests {
    @Test(
        "other spellings of roles are taken for the usual ones",
        arguments: [
            ("User", Role.user), (" ASSISTANT\t", .assistant), ("ai", .assistant), ("human", .user), ("Human", .user),
            ("bot", .assistant), ("System", .system), ("Tool", .tool), ("Developer", .developer), ("model", .assistant),
        ])
    func roles(name: String, role: Role) async throws {
        let name = name.replacing("\t", with: "\\t")
        let line = #"{"messages": [{"role": "\#(name)", "content": "secret"}]}"#
        let conversation = try await TestFile.conversation(line, leniency: .lenient)
        #expect(conversation.messages.map(\.role) == [role] && conversation.mended == [.role: 1])
        let reason = try #require(try await TestFile.read(line, roles: .withTools)[0].reason)
        #expect(reason.hasSuffix("; a lenient import takes it for \(role.rawValue)") && !reason.contains("secret"))
        let turn = try await TestFile.conversation(
            #"{"conversations": [{"from": "\#(name.uppercased().replacing("\\T", with: ""))", "value": "x"}]}"#,
            leniency: .lenient)
        #expect(turn.messages.map(\.role) == [role] && turn.mended == [.role: 1])
    }

    @Test("a role that nobody has stays a fault, and so does one that the store does not take")
    func unknownRoles() async throws {
        for (name, end) in [("narrator", "user"), ("Tool", "user"), ("tool", "user")] {
            let entries = try await TestFile.read(
                #"{"messages": [{"role": "\#(name)", "content": ""}]}"#, leniency: .lenient)
            #expect(entries[0].reason?.hasSuffix(end) == true)
        }
    }

    @Test("numbers are taken as their digits where a text belongs")
    func numbers() async throws {
        let line = #"{"id": 12345678901234567890, "title": 7, "messages": [{"role": "user", "content": 1.50}]}"#
        let conversation = try await TestFile.conversation(line, leniency: .lenient)
        #expect(conversation.id == "12345678901234567890" && conversation.title == "7")
        #expect(conversation.messages.map(\.content) == ["1.50"] && conversation.mended == [.number: 3])
        #expect(
            try await TestFile.read(line)[0].reason == "id is a number, not a string; a lenient import takes its digits"
        )
    }

    @Test(
        "times as numbers are counted from 1970, in the unit of their size, exactly",
        arguments: [
            ("1700000000", "2023-11-14T22:13:20Z"), ("1700000000.123456", "2023-11-14T22:13:20.123456Z"),
            ("1700000000.1234565", "2023-11-14T22:13:20.123456Z"), ("1700000000.5", "2023-11-14T22:13:20.5Z"),
            ("1700000000123", "2023-11-14T22:13:20.123Z"), ("1700000000123.4567", "2023-11-14T22:13:20.123456Z"),
            ("1700000000123456", "2023-11-14T22:13:20.123456Z"),
            ("1700000000123456789", "2023-11-14T22:13:20.123456Z"), ("1.7e9", "2023-11-14T22:13:20Z"),
            ("-1", "1969-12-31T23:59:59Z"), ("0", "1970-01-01T00:00:00Z"), (#""1700000000""#, "2023-11-14T22:13:20Z"),
            (#""1700000000.25""#, "2023-11-14T22:13:20.25Z"),
            ("1700000000123456.7", "2023-11-14T22:13:20.123456Z"),
        ])
    func epochTimes(number: String, time: String) async throws {
        let line = #"{"messages": [{"role": "user", "content": "", "created_at": \#(number)}]}"#
        let conversation = try await TestFile.conversation(line, leniency: .lenient)
        #expect(conversation.messages.map(\.createdAt) == [Timestamp(time)] && conversation.mended == [.epochTime: 1])
        #expect(
            try await TestFile.read(line)[0].reason?.hasSuffix("; a lenient import takes it for a time since 1970")
                == true)
    }

    @Test(
        "what is no time stays a fault",
        arguments: [
            #""yesterday""#, "true", "99999999999999999999", #""2026-02-30T00:00:00""#, "1e400", #""1.2.3""#, #""inf""#,
            #""0x1e""#, #""--5""#,
        ])
    func noTimes(value: String) async throws {
        let entries = try await TestFile.read(
            #"{"messages": [{"role": "user", "content": "", "created_at": \#(value)}]}"#, leniency: .lenient)
        #expect(entries[0].reason?.contains("created_at") == true && entries[0].reason?.contains("lenient") == false)
    }

    @Test("times without a zone are in UTC, or in the one that is given")
    func zones() async throws {
        let line = #"{"messages": [{"role": "user", "content": "", "created_at": "2026-07-01 12:00:00.5"}]}"#
        let zone = try #require(Leniency.lenient(zone: "-02:30"))
        for (leniency, time) in [(Leniency.lenient, "2026-07-01T12:00:00.5Z"), (zone, "2026-07-01T14:30:00.5Z")] {
            let conversation = try await TestFile.conversation(line, leniency: leniency)
            #expect(conversation.messages.map(\.createdAt) == [Timestamp(time)])
            #expect(conversation.mended == [.zonelessTime: 1])
        }
        #expect(Leniency.lenient(zone: "Vienna") == nil && Leniency.lenient(zone: "") == nil)
        #expect(
            try await TestFile.read(line)[0].reason?.hasSuffix(
                "is a time without a zone; it needs Z, or an offset such as +01:00, at its end; a lenient import takes it as UTC"
            ) == true)
    }

    @Test("halves of surrogate pairs become U+FFFD, and whole pairs stay")
    func surrogates() async throws {
        let line =
            #"{"messages": [{"role": "user", "content": "\ud83d\ude00 \ud83d \\ud83d \ude00\n\ud83d\ud83d\ude00"}]}"#
        let conversation = try await TestFile.conversation(line, leniency: .lenient)
        #expect(conversation.messages.map(\.content) == ["😀 \u{FFFD} \\ud83d \u{FFFD}\n\u{FFFD}😀"])
        #expect(conversation.mended == [.surrogate: 3])
        // What is broken otherwise is not mended.
        let broken = try await TestFile.read(String(line.dropLast(3)), leniency: .lenient)
        #expect(broken[0].reason?.contains("lenient") == false)
    }

    @Test("the importer mends what the reader could read, counts all of it, and finds it again")
    func imported() async throws {
        let title = String(repeating: "é", count: 201)
        let line =
            #"{"id": "c", "title": "\#(title)", "messages": [{"role": "User", "content": "a\u0000b", "created_at": 1700000001}, "#
            + #"{"role": "assistant", "content": "", "created_at": "2023-11-14T22:13:20Z"}]}"#
        let backend = InMemoryBackend()
        try await backend.prepare()
        func run(_ leniency: Leniency) async throws -> (ImportSummary, [String]) {
            let entries = try await TestFile.read("\(line)\n", leniency: leniency)
            let stream = AsyncStream { continuation in
                for entry in entries { continuation.yield(entry) }
                continuation.finish()
            }
            let reasons = Reasons()
            let summary = try await Importer(storage: backend).run(stream) { event in
                if case .invalid(let reason) = event.outcome { await reasons.add(reason) }
            }
            return (summary, await reasons.all)
        }
        let counts: [Mending: Int] = [.role: 1, .epochTime: 1, .longTitle: 1, .nul: 1, .decreasingTime: 1]
        let first = try await run(.lenient).0
        #expect(first.imported == 1 && first.mended == counts)
        let again = try await run(.lenient).0
        #expect(again.unchanged == 1 && again.mended == counts)
        #expect((first + again).mended == counts.mapValues { $0 * 2 })
        let conversation = try #require(try await backend.conversation("c"))
        #expect(conversation.title == String(repeating: "é", count: 200))
        #expect(conversation.metadata == ["title": .string(title)])
        let messages = try await backend.messages(of: "c", limit: 10)
        #expect(messages.map(\.content) == ["a\u{FFFD}b", ""])
        #expect(messages.map(\.createdAt) == Array(repeating: Timestamp("2023-11-14T22:13:21Z"), count: 2))
        #expect(try await run(.none).0.mended == [:])
    }

    @Test("what other programs' forms read is mended too: an answer some milliseconds before its question")
    func otherForms() async throws {
        func node(_ id: String, _ parent: String, _ role: String, _ time: String) -> String {
            #""\#(id)": {"id": "\#(id)", "parent": \#(parent), "children": [], "message": {"id": "\#(id)", "#
                + #""author": {"role": "\#(role)"}, "create_time": \#(time), "#
                + #""content": {"content_type": "text", "parts": ["\#(id)\ud83d"]}}}"#
        }
        let export =
            #"[{"id": "c", "title": "t", "create_time": 1700000000.5, "update_time": 1700000009, "current_node": "b", "#
            + #""mapping": {\#(node("a", "null", "user", "1700000000.512")), "#
            + #"\#(node("b", #""a""#, "assistant", "1700000000.507"))}}]"#
        let backend = InMemoryBackend()
        try await backend.prepare()
        func run(_ leniency: Leniency) async throws -> ImportSummary {
            let entries = try await TestFile.read(export, leniency: leniency)
            let stream = AsyncStream { continuation in
                for entry in entries { continuation.yield(entry) }
                continuation.finish()
            }
            return try await Importer(storage: backend).run(stream)
        }
        #expect(try await run(.none).invalid == 1)
        let summary = try await run(.lenient)
        #expect(summary.imported == 1 && summary.mended == [.surrogate: 2, .decreasingTime: 1])
        let messages = try await backend.messages(of: "c", limit: 10)
        #expect(messages.map(\.content) == ["a\u{FFFD}", "b\u{FFFD}"])
        #expect(messages.allSatisfy { $0.createdAt == Timestamp("2023-11-14T22:13:20.512Z") })
        #expect(try await run(.lenient).unchanged == 1)
    }

    @Test("without leniency the importer's reason says what would be mended, if that is all that is wrong")
    func advice() async throws {
        let backend = InMemoryBackend()
        try await backend.prepare()
        func reason(_ members: String) async throws -> String? {
            let entries = try await TestFile.read(
                #"{"id": "c", \#(members), "messages": [{"role": "user", "content": "secret", "created_at": "2026-01-02T00:00:00Z"}, {"role": "user", "content": "", "created_at": "2026-01-01T00:00:00Z"}]}"#
            )
            let stream = AsyncStream { continuation in
                for entry in entries { continuation.yield(entry) }
                continuation.finish()
            }
            let reasons = Reasons()
            try await Importer(storage: backend).run(stream) { event in
                if case .invalid(let reason) = event.outcome { await reasons.add(reason) }
            }
            return await reasons.all.first
        }
        let mends = "; a lenient import mends times earlier than the one before, raised to it"
        #expect(try await reason(#""title": "t""#)?.hasSuffix(mends) == true)
        let long = String(repeating: "x", count: 201)
        #expect(
            try await reason(#""title": "\#(long)""#)?.hasSuffix("\(mends); titles over 200 Unicode scalars, cut")
                == true)
        let other = try await TestFile.read(
            #"{"id": "\#(long)", "messages": [{"role": "user", "content": ""}]}"#)
        #expect(other[0].conversation != nil)
        #expect(try await reason(#""conversation_id": "\#(long)""#)?.contains("lenient") == false)
    }

    @Test("a line of the library's own is refused without a word of leniency, which mends it all the same")
    func ownLines() async throws {
        let strict = try await TestFile.read(
            #"{"id": "c", "last_id": 1, "messages": [{"role": "User", "content": ""}]}"#)
        #expect(strict[0].reason == #"messages[0].role is "User", not one of: assistant, system, user"#)
        let own = #"{"id": "c", "last_id": 1, "labels": ["\#(String(repeating: "x", count: 101))"], "messages": []}"#
        #expect(try await TestFile.read(own)[0].reason?.hasPrefix("labels[0] has 101") == true)
        #expect(try await TestFile.conversation(own, leniency: .lenient).labels.count == 1)
    }
}

private actor Reasons {
    private(set) var all: [String] = []

    func add(_ reason: String) { all.append(reason) }
}
