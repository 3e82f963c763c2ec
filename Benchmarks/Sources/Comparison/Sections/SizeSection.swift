import ChatStorageCore
import ChatStorageSQLite
import Foundation

/// How long a SQLite file is, for each message in it, with short texts and with longer ones.
struct SizeSection {
    let bench: Bench

    func run() async throws -> [Finding] {
        let messages = bench.isQuick ? 20_000 : 200_000
        var findings: [Finding] = []
        for bytes in [50, Load.contentBytes] {
            let path = bench.newFile("size")
            defer { Bench.remove(path) }
            let size = try await Self.fill(path, messages, bytes: bytes)
            findings.append(
                Finding(
                    what: "file bytes per message, \(Figure.rate(Double(messages))) messages of \(bytes) bytes",
                    backend: "SQLite", value: Double(size) / Double(messages), unit: "bytes"))
        }
        return findings
    }

    /// Fills a file as apps do: conversations of 40 tenants grow beside each other, a question and an answer at a time.
    ///
    /// - Returns: How many bytes the file has.
    private static func fill(_ path: String, _ messages: Int, bytes: Int) async throws -> Int {
        let tenants = (0..<40).map { _ in UUID().uuidString }
        let conversations = (0..<max(messages / 50, 1)).map {
            (tenants[$0 % tenants.count], ConversationID(UUID().uuidString))
        }
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        var random = SplitMix64(state: 0)
        try await withThrowingDiscardingTaskGroup { group in
            // As many callers as share a commit.
            for caller in 0..<64 {
                let chosen = stride(from: caller * 2, to: messages, by: 128).map { number in
                    (number, conversations[Int(random.next() % UInt64(conversations.count))])
                }
                group.addTask {
                    for (number, (tenant, id)) in chosen {
                        let (question, answer) = (
                            Load.content(number, bytes: bytes), Load.content(number + 1, bytes: bytes)
                        )
                        try await backend.tenant(tenant).append([.user(question), .assistant(answer)], to: id)
                    }
                }
            }
        }
        try await backend.close()
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.size] as? NSNumber)?.intValue ?? 0
    }
}
