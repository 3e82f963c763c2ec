import ChatStorageCore
import ChatStorageInMemory

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a process holds of the system.
struct Holdings: Sendable {
    var descriptors: Int
    var threads: Int
    var bytes: Int

    init(descriptors: Int, threads: Int, bytes: Int) {
        self.descriptors = descriptors
        self.threads = threads
        self.bytes = bytes
    }

    /// Reads a line as ``line`` has it.
    init?(line: Substring) {
        let fields = line.split(separator: " ").compactMap { Int($0) }
        guard fields.count == 3 else { return nil }
        self.init(descriptors: fields[0], threads: fields[1], bytes: fields[2])
    }

    var line: String { "\(descriptors) \(threads) \(bytes)" }

    /// What this process holds now; nil where the system has no `/proc`.
    static func now() -> Holdings? {
        guard let descriptors = entries(of: "/proc/self/fd"), let threads = entries(of: "/proc/self/task"),
            let pages = residentPages()
        else { return nil }
        return Holdings(descriptors: descriptors, threads: threads, bytes: pages * Int(getpagesize()))
    }

    private static func residentPages() -> Int? {
        guard let file = fopen("/proc/self/statm", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }

    private static func entries(of path: String) -> Int? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }
}

extension FailureWriter {
    /// Opens a store, uses it and closes it, so many times, and says ten times what the process holds.
    ///
    /// Of descriptors and threads it says the least after a cycle: what is closed last goes a moment later.
    static func runCycles(_ store: String, setting: String, count: Int) async throws {
        for _ in 1...10 {
            var least: Holdings?
            for _ in 0..<max(1, count / 10) {
                try await runCycle(store, setting: setting)
                guard let now = Holdings.now() else { return }
                least = Holdings(
                    descriptors: min(now.descriptors, least?.descriptors ?? .max),
                    threads: min(now.threads, least?.threads ?? .max), bytes: now.bytes)
            }
            guard let least else { return }
            await say(least.line)
        }
    }

    private static func runCycle(_ store: String, setting: String) async throws {
        let backend: any ChatStorageBackend =
            if case .memory = try StoreURL(store) { InMemoryBackend() } else { try await open(store, setting: setting) }
        await fails(.notPrepared) { _ = try await backend.tenant("").conversation("c") }
        try await backend.prepare()
        let chats: any ChatStorage = backend.tenant("t")
        try await chats.append([.user("question", key: "k"), .assistant("answer")], to: "c")
        await fails(.idempotencyMismatch) { try await chats.append(.user("other", key: "k"), to: "c") }
        await fails(.conversationNotFound) { try await chats.append(.user("x"), to: "missing", if: .exists) }
        // Short reads may run where they are asked for, long ones elsewhere.
        for limit in [10, 1_000] { _ = try await chats.messages(of: "c", limit: limit) }
        let cancelled = Task { try await chats.messages(of: "c", limit: 1_000) }
        cancelled.cancel()
        _ = await cancelled.result
        try await chats.deleteConversation("c")
        try await backend.close()
        await fails(.closed) { _ = try await chats.conversation("c") }
    }

    /// Makes a call that fails; a new store is not prepared at first only.
    private static func fails(_ code: ChatStorageError.Code, _ call: () async throws -> Void) async {
        do {
            try await call()
        } catch let error as ChatStorageError where error.code == code {
            return
        } catch {
            await say("! \(error)")
        }
    }
}
