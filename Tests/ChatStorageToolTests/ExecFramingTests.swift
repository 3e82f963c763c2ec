import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import TestSupport
import Testing

@testable import chatstorage

@Suite("exec: lines")
struct ExecFramingTests {
    private let list = #"{"op": "list_conversations"}"#

    @Test("lines of white space are ignored, and a last line needs no newline")
    func whiteSpace() async throws {
        let answers = try await ExecRun().answers([Array("\n  \n\t\r\n\(list)\r\n\n \(list) \n\(list)".utf8)])
        #expect(answers == Array(repeating: #"{"ok": []}"#, count: 3))
        #expect(try await ExecRun().answers([]).isEmpty)
        #expect(try await ExecRun().answers([Array(" ".utf8)]).isEmpty)
    }

    @Test("requests may arrive in any pieces")
    func pieces() async throws {
        let bytes = Array("\(list)\n\(list)\n".utf8)
        #expect(try await ExecRun().answers(bytes.map { [$0] }).count == 2)
    }

    @Test("a byte order mark before the first line is none of it, however it arrives")
    func byteOrderMark() async throws {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let lines = Array("\(list)\n\(list)\n".utf8)
        let ok = Array(repeating: #"{"ok": []}"#, count: 2)
        #expect(try await ExecRun().answers([mark + lines]) == ok)
        #expect(try await ExecRun().answers((mark + lines).map { [$0] }) == ok)
        #expect(try await ExecRun().answers([mark + Array("\n".utf8) + lines]) == ok)
        for start in [mark, Array(mark.prefix(2)), []] {
            let count = try await ExecRun().answers([start]).count
            #expect(count == (start.count == 2 ? 1 : 0))
        }
        for input in [mark + mark + lines, Array(mark.prefix(2)) + lines] {
            let answers = try await ExecRun().answers([input])
            #expect(answers.count == 2)
            #expect(answers[0].hasPrefix(#"{"error": {"code": "invalid_request", "#) && answers[1] == ok[1])
        }
        let later = try await ExecRun().answers([lines + mark + lines])
        #expect(later.count == 4 && later[2].hasPrefix(#"{"error": {"code": "invalid_request", "#))
    }

    @Test(
        "bytes that are not UTF-8 JSON cost one line",
        arguments: [
            NamedBytes("a byte that UTF-8 does not have", [0xff]),
            NamedBytes(
                "a sequence that is cut short",
                Array(#"{"op": "list_conversations", "x": ""#.utf8) + [0xc3, 0x28] + Array("\"}".utf8)),
            NamedBytes("NUL", [0x00]),
            NamedBytes("NUL after a request", Array(#"{"op": "list_conversations"}"#.utf8) + [0x00]),
            NamedBytes("a byte order mark", [0xef, 0xbb, 0xbf] + Array("{}".utf8)),
            NamedBytes(
                "NUL in a string",
                Array(#"{"op": "create_conversation", "conversation_id": "a"#.utf8) + [0x00] + Array("\"}".utf8)),
            NamedBytes(
                "a surrogate",
                Array(#"{"op": "create_conversation", "conversation_id": ""#.utf8) + [0xed, 0xa0, 0x80]
                    + Array("\"}".utf8)),
            // As one line that ends with the 0x0a of U+000A.
            NamedBytes(
                "UTF-16, little-endian",
                [0xff, 0xfe] + "{\"op\":1}".utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }),
            NamedBytes(
                "UTF-16, big-endian", "{\"op\":1}".utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }),
            NamedBytes("200,000 nested arrays", Array(repeating: UInt8(ascii: "["), count: 200_000)),
            NamedBytes("100,000 nested objects", Array(String(repeating: "{\"a\":", count: 100_000).utf8)),
        ])
    func invalidBytes(line: NamedBytes) async throws {
        let answers = try await ExecRun().answers([line.bytes + Array("\n\(list)\n".utf8)])
        try #require(answers.count == 2)
        #expect(answers[0].hasPrefix(#"{"error": {"code": "invalid_request", "#))
        #expect(answers[1] == #"{"ok": []}"#)
    }

    @Test("a line that is too long is one invalid_request, and the stream goes on at the next newline")
    func tooLong() async throws {
        let padding = String(repeating: " ", count: 100 - list.utf8.count)
        let longest = "\(list)\(padding)"
        for end in ["", "\n", "\n\(list)"] {
            let chunks = ["\(longest)\n", " ", longest, longest, end].map { Array($0.utf8) }
            let answers = try await ExecRun().answers(chunks, maximumBytes: 100)
            #expect(answers.count == (end.utf8.count > 1 ? 3 : 2))
            #expect(answers[0] == #"{"ok": []}"#)
            #expect(answers[1].hasPrefix(#"{"error": {"code": "invalid_request", "#))
            #expect(answers.count == 2 || answers[2] == #"{"ok": []}"#)
        }
    }

    @Test("each answer is written before the next request runs")
    func strictOrder() async throws {
        let log = Mutex<[String]>([])
        let backend = InMemoryBackend(clock: {
            log.withLock { $0.append("run") }
            return Timestamp(microsecondsSinceEpoch: 0)
        })
        try await backend.prepare()
        log.withLock { $0 = [] }
        let requests = (1...3).map { #"{"op": "create_conversation", "conversation_id": "c\#($0)"}"# + "\n" }
        let input = Mutex([Array(requests.joined().utf8)][...])
        try await ExecSession(backend: backend, tenant: nil).run(
            read: { input.withLock { $0.popFirst() ?? [] } },
            write: { _ in log.withLock { $0.append("write") } })
        #expect(log.withLock { $0 } == ["run", "write", "run", "write", "run", "write"])
    }

    @Test("when an answer cannot be written, no further request runs")
    func outputFails() async throws {
        struct Closed: Error {}
        let backend = InMemoryBackend()
        try await backend.prepare()
        let requests = (1...3).map { #"{"op": "create_conversation", "conversation_id": "c\#($0)"}"# + "\n" }
        let input = Mutex([Array(requests.joined().utf8)][...])
        await #expect(throws: Closed.self) {
            try await ExecSession(backend: backend, tenant: nil).run(
                read: { input.withLock { $0.popFirst() ?? [] } }, write: { _ in throw Closed() })
        }
        #expect(try await backend.conversations(limit: 10).map(\.id) == ["c1"])
    }
}
