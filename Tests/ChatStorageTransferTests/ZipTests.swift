#if os(Linux)
import ChatStorageCore
import Foundation
import Testing
import TestSupport

@testable import ChatStorageTransfer

@Suite("ZIP archives of chats")
struct ZipTests {
    private static let samples = "chatgpt/modelcaddy+panchat__zip-v2__"
    private let chat = #"{"messages": [{"role": "user", "content": "hi"}]}"#

    @Test(
        "shards are read in the order of the export's list; one that is missing is reported",
        .enabled(if: SampleFiles.areThere))
    func shards() async throws {
        var files: [(String, String)] = []
        for name in [
            "conversation_asset_file_names.json", "conversations-001.json", "conversations-000.json",
            "export_manifest.json",
        ] {
            files.append(("export/\(name)", String(decoding: try SampleFiles.data(Self.samples + name), as: UTF8.self)))
        }
        let entries = try await read(files)
        #expect(entries.map { $0.conversation?.id } == ["sh-1", "sh-2", nil])
        #expect(entries[2].reason == "conversations-404.json is in the export's list and not in the ZIP archive")
        #expect(entries[2].isDamage)
    }

    @Test("files get the names that the export has for them")
    func assetNames() async throws {
        let export = #"""
            [{"title": "T", "conversation_id": "c", "mapping": {"a": {"message": {"author": {"role": "user"}, "content":
              {"content_type": "multimodal_text", "parts": [
                {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1"}]}}}}}]
            """#
        let entries = try await read([
            ("conversations.json", export), ("conversation_asset_file_names.json", #"{"file-1.dat": "cat.png"}"#),
            ("user.json", #"{"id": "u", "email": "a@b.c", "chatgpt_plus_user": true}"#),
        ])
        let part = try #require(entries[0].conversation?.messages[0].body.parts[0])
        #expect(entries.count == 1 && part.file?.name == "cat.png" && part.native != nil)
    }

    @Test("Claude's export and archives of the library are read; hidden and other files are not")
    func others() async throws {
        let claude = #"[{"uuid": "c", "name": "N", "chat_messages": [{"sender": "human", "text": "hi"}]}]"#
        let first = try await read([
            ("data/users.json", "[]"), ("data/conversations.json", claude), ("data/projects.json", "[]"),
            ("__MACOSX/data/._conversations.json", "\u{1}"), ("data/photo.png", "x"),
        ])
        #expect(first.map { $0.conversation?.title } == ["N"])
        let second = try await read([("a.jsonl", "\(chat)\n\(chat)\n"), ("b/c.json", "[\(chat)]"), ("readme.md", "x")])
        // Equal conversations without ids are counted over all files.
        #expect(Set(second.compactMap { $0.conversation?.id }).count == 3 && second.count == 3)
    }

    @Test("shards without a list are read by their numbers")
    func numbered() async throws {
        let shards = [10, 2, 1].map { number in
            ("conversations-\(number).json", #"[{"title": "\#(number)", "mapping": {}}]"#)
        }
        #expect(try await read(shards).map { $0.conversation?.title } == ["1", "2", "10"])
    }

    @Test("the export that failed in the field is read", .enabled(if: SampleFiles.areThere))
    func field() async throws {
        let path = SampleFiles.folder.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("field/export.zip").path
        let entries = try await ChatFile(path: path).reduce(into: []) { $0.append($1) }
        #expect(!entries.isEmpty && entries.allSatisfy { $0.conversation != nil })
    }

    @Test("names that lead out, passwords, and archives without chats are refused")
    func refused() async throws {
        for name in ["../conversations.json", "/conversations.json", "a/../../b.json", "C:/a.json"] {
            await expectError("name leads out of it", [(name, "[\(chat)]")])
        }
        await expectError("without a file of chats", [("photo.png", "x")])
        await expectError("with a password", [("conversations.json", "[\(chat)]")], options: ["encrypted"])
        await expectError("damaged", [("conversations.json", "[\(chat)]")], options: ["damaged"])
    }

    @Test("a damaged shard costs no other")
    func damagedShard() async throws {
        let shards = (0...2).map { number in
            ("conversations-\(number).json", #"[{"title": "\#(number)", "mapping": {}}]"#)
        }
        let entries = try await read(shards, options: ["damaged"])
        #expect(entries.compactMap { $0.conversation?.title } == ["1", "2"])
        #expect(entries.compactMap(\.reason).count == 1)
        #expect(entries.compactMap(\.reason)[0].contains("conversations-0.json has damaged data"))
    }

    @Test("an archive that unpacks to far more than its size is not read to its end")
    func bomb() async throws {
        await expectError("unpacks to more than", [("conversations.json", "[")], options: ["bomb"])
    }

    @Test("reading ends when the task is cancelled")
    func cancelled() async throws {
        let folder = try TemporaryFolder()
        try await write([("conversations.json", "[\(chat)]")], to: folder.path(of: "chats.zip"))
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await ChatFile(path: folder.path(of: "chats.zip")).reduce(into: 0) { count, _ in count += 1 }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("reading ends when the task is cancelled in the middle of an archive")
    func cancelledInTheMiddle() async throws {
        let folder = try TemporaryFolder()
        // Some megabytes: many times what is read at once.
        let number = 50_000
        let chats = Array(repeating: chat, count: number).joined(separator: ",")
        try await write([("conversations.json", "[\(chats)]")], to: folder.path(of: "chats.zip"))
        let task = Task {
            var count = 0
            do {
                for try await _ in ChatFile(path: folder.path(of: "chats.zip")) {
                    count += 1
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            } catch is CancellationError {
                #expect(count > 0)
            }
            return count
        }
        #expect(try await task.value < number)
    }

    // MARK: Making archives

    private func read(_ files: [(String, String)], options: [String] = []) async throws -> [ChatFile.Entry] {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chats.zip")
        try await write(files, to: path, options: options)
        return try await ChatFile(path: path).reduce(into: []) { $0.append($1) }
    }

    private func expectError(_ words: String, _ files: [(String, String)], options: [String] = []) async {
        let error = await #expect(throws: ChatFileError.self) { try await read(files, options: options) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.code == .compressed)
    }

    /// Writes an archive; `damaged` changes a byte of the first member's data, `encrypted` says that it is encrypted,
    /// and `bomb` has it go on with 64 MiB of blanks.
    private func write(_ files: [(String, String)], to path: String, options: [String] = []) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script, path] + options
        let list = try JSONEncoder().encode(files.map { [$0.0, $0.1] })
        let input = path + ".list"
        try list.write(to: URL(fileURLWithPath: input))
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: input))
        try await process.runToEnd()
        try #require(process.terminationStatus == 0)
    }

    private static let script = """
        import json, sys, zipfile
        path, options = sys.argv[1], sys.argv[2:]
        files = json.load(sys.stdin)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files:
                with archive.open(zipfile.ZipInfo(name) if "damaged" in options else name, "w") as member:
                    member.write(text.encode())
                    for _ in range(64 if "bomb" in options else 0): member.write(b" " * (1 << 20))
        data = bytearray(open(path, "rb").read())
        if "damaged" in options:
            data[30 + len(files[0][0].encode()) + 3] ^= 0x55
        if "encrypted" in options:
            data[6] |= 1
            data[data.index(b"PK\\x01\\x02") + 8] |= 1
        open(path, "wb").write(data)
        """
}
#endif
