import ChatStorageCore
import ChatStorageInMemory
import ChatStorageSupport
@testable import ChatStorageTransfer
import Foundation
import TestSupport
import Testing

/// Chat files that are nonsense: read to their end, and what can be stored of them is stored as it was read.
@Suite("Fuzzing: chat files") struct ChatFileFuzzTests {
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path(of: "chats")
    }

    @Test("JSON Lines") func jsonLines() async throws {
        try await fuzz("mutated JSON Lines files", samples: Self.lines, tokens: Self.tokens + [#""messages""#])
    }

    @Test("ShareGPT") func shareGPT() async throws {
        try await fuzz(
            "mutated ShareGPT files", samples: Self.arrays,
            tokens: Self.tokens + [#""conversations""#, #""from""#, #""human""#])
    }

    /// The forms of other programs, each with files that are nearly right.
    @Test("other programs' forms", arguments: FormFile.all)
    func otherForms(file: FormFile) async throws {
        try await fuzz(
            "mutated files: \(file.name)", samples: [file.text], tokens: Self.tokens + file.tokens, roles: .withTools)
    }

    @Test("every form that is read has a file here")
    func allForms() async throws {
        for file in FormFile.all {
            try Data(file.text.utf8).write(to: URL(fileURLWithPath: path))
            let entries = try await ChatFile(path: path, roles: RoleSet.withTools.roles)
                .reduce(into: [ChatFile.Entry]()) { $0.append($1) }
            #expect(!entries.isEmpty, "\(file.name)")
            for case .invalid(let reason) in entries.map(\.content) { Issue.record("\(file.name): \(reason)") }
        }
        #expect(Set(FormFile.all.map(\.name)) == KnownFormat.formNames)
    }

    /// One element of an array is damaged, within its line: all others are read, as they were written.
    @Test("arrays with one damaged element") func damagedElement() async throws {
        let texts = (0..<6).map { "text \($0)" }
        let elements = texts.map { text in
            #"{"id": "\#(text)", "title": "[{}]", "conversations": [{"from": "human", "value": "\#(text) \"{\" ]},"},"#
                + #" {"from": "gpt", "value": "{\"id\": \"text 9\", \"conversations\": []}"}]}"#
        }
        let tokens = (Self.tokens + [#""conversations": ["#, #"{"from""#, #"]}"#]).filter { !$0.contains("\n") }
        var mutator = Mutator(samples: [elements[3]], tokens: tokens, seed: try SoakCount.seed)
        var figures = Figures("arrays with one damaged element")
        for _ in 0..<(try SoakCount.inputs.value) {
            let damaged = mutator.next()
            guard !damaged.contains(UInt8(ascii: "\n")) else { continue }
            var lines = elements.map { Array($0.utf8) }
            lines[3] = damaged
            let input = [UInt8](Array("[\n".utf8) + lines.joined(separator: Array(",\n".utf8)) + Array("\n]".utf8))
            try Data(input).write(to: URL(fileURLWithPath: path))
            var found: [String] = []
            for try await entry in ChatFile(path: path) {
                guard case .conversation(let conversation) = entry.content, entry.line != 5 else { continue }
                let isWhole = conversation.messages.count == 2 && conversation.title == "[{}]"
                found.append(isWhole ? conversation.messages[0].content : "another")
            }
            figures.faults += 1
            let expected = texts.filter { $0 != texts[3] }.map { "\($0) \"{\" ]}," }
            figures.add(1, lost: found == expected ? 0 : 1)
            #expect(found == expected, "\(String(decoding: input, as: UTF8.self))")
        }
        figures.report()
    }

    private func fuzz(
        _ name: String, samples: [String], tokens: [String], roles: RoleSet = .standard
    ) async throws {
        var mutator = Mutator(samples: samples, tokens: tokens, seed: try SoakCount.seed)
        var figures = Figures(name)
        for _ in 0..<(try SoakCount.inputs.value) {
            let input = mutator.next()
            let (accepted, lost) = try await read(input, roles)
            figures.faults += 1
            figures.add(accepted, lost: lost)
        }
        #expect(figures.acknowledged > figures.faults / 50, "hardly any input is nearly right")
        figures.report()
    }

    /// Reads a file and stores its conversations.
    ///
    /// - Returns: How many the file has, and how many of them are not stored as they were read.
    private func read(_ input: [UInt8], _ roles: RoleSet) async throws -> (accepted: Int, lost: Int) {
        try Data(input).write(to: URL(fileURLWithPath: path))
        let shown = String(decoding: input, as: UTF8.self)
        let (backend, importTime) = (InMemoryBackend(roles: roles), Timestamp(microsecondsSinceEpoch: 0))
        try await backend.prepare()
        var (accepted, lost, line, bytesRead) = (0, 0, 1, Int64(0))
        do {
            for try await entry in ChatFile(path: path, roles: roles.roles) {
                #expect(entry.line >= line && entry.bytesRead >= bytesRead, "\(shown)")
                (line, bytesRead) = (entry.line, entry.bytesRead)
                guard case .conversation(let conversation) = entry.content else { continue }
                accepted += 1
                #expect(conversation.messages.allSatisfy { roles.roles.contains($0.role) }, "\(shown)")
                let snapshot = conversation.snapshot(importTime: importTime)
                do {
                    try await backend.restoreConversation(snapshot)
                } catch let error as ChatStorageError
                    where error.code == .invalidArgument || error.code == .conversationExists
                {
                    continue
                }
                if try await !isStored(snapshot, in: backend) {
                    lost += 1
                    Issue.record("stored otherwise than read: \(shown)")
                }
            }
            #expect(bytesRead == input.count || line == 1, "\(shown)")
        } catch is ChatFileError {
            // Compressed, or in UTF-16, judging by its first bytes.
        }
        return (accepted, lost)
    }

    private func isStored(_ snapshot: ConversationSnapshot, in backend: InMemoryBackend) async throws -> Bool {
        let stored = try await backend.messages(MessageQuery(of: snapshot.id, .after(0), on: .all, limit: .max)).items
        return stored.count == snapshot.messages.count
            && zip(stored, snapshot.messages).allSatisfy { stored, given in
                stored.sequence == given.sequence && stored.role == given.role && stored.createdAt == given.createdAt
                    && stored.body == given.body
            }
    }

    private static let tokens = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud83d", "\\ude00", "\\u00e9", "null", "true", "0",
        #""role""#, #""user""#, #""content""#, #""title""#, #""id""#, #""created_at""#, #""tool""#, "[[[[[[[[",
        #""parts""#, #""last_id""#, #""labels""#, #""kind""#,
        "0001-01-01T00:00:00Z", "2024-02-30T24:00:60+99:99",
    ]

    private static let lines = [
        #"{"conversation_id": "a", "title": "Tea \u00e9", "messages": [{"role": "user", "content": "Oolong?"}]}"#,
        #"{"messages": [{"role": "system", "content": "Be brief."}, {"role": "assistant", "content": "\ud83d\ude00"}]}"#,
        #"{"conversation_id": "b", "messages": [{"role": "user", "content": "x", "created_at": "#
            + #""2024-02-29T12:00:00.123456+01:00"}, {"role": "assistant", "content": "", "tool_calls": [{"a": 1e3}]}]}"#,
        #"{"conversation_id": "c", "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-03T00:00:00Z", "#
            + #""last_id": 9, "read_through": 3, "labels": ["a"], "metadata": {"a": [1.5, null]}, "messages": [{"id": 3, "#
            + #""role": "user", "content": "", "parts": [{"kind": "tool_call", "input": "1e2", "native": {"format": "f", "#
            + #""json": "1.0"}}], "metadata": {"r": 1}, "key": "k", "created_at": "2024-01-02T00:00:00Z"}]}"#,
        """
        {"conversation_id": null, "title": null, "messages": []}

        {"messages": [{"role": "user", "content": "line two"}]}
        """,
    ]

    private static let arrays = [
        #"[{"id": "a", "conversations": [{"from": "human", "value": "Oolong?"}, {"from": "gpt", "value": "Yes é"}]}]"#,
        #"[{"conversations": [{"from": "system", "value": "\ud83d\ude00 \n"}]}, {"id": "b", "conversations": []}]"#,
        """
        [
          {"conversations": [{"from": "human", "value": "one"}], "title": "x", "weight": [1, {"a": "]}"}]},
          {"conversations": [{"from": "gpt", "value": "two"}]}
        ]
        """,
    ]
}
