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
    /// What was allocated and not freed.
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
            let bytes = allocatedBytes()
        else { return nil }
        return Holdings(descriptors: descriptors, threads: threads, bytes: bytes)
    }

    #if canImport(Glibc)
    private typealias Report = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32

    /// What the allocator reports: a process's pages show a leak late and inexactly.
    private static func allocatedBytes() -> Int? {
        // Its header is not among those that the module has.
        guard let function = dlsym(nil, "malloc_info") else { return nil }
        var text: UnsafeMutablePointer<CChar>?
        var length = 0
        guard let stream = open_memstream(&text, &length) else { return nil }
        let status = unsafeBitCast(function, to: Report.self)(0, stream)
        fclose(stream)
        defer { free(text) }
        guard status == 0, let text else { return nil }
        let report = String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
        // The sums over all arenas come last.
        let lines = report.split(separator: "\n").suffix(12)
        func size(_ element: String) -> Int? {
            lines.last { $0.hasPrefix(element) }?.split(separator: "size=\"").last?.split(separator: "\"").first
                .flatMap { Int($0) }
        }
        guard let all = size("<system type=\"current\""), let quick = size("<total type=\"fast\""),
            let free = size("<total type=\"rest\""), let mapped = size("<total type=\"mmap\"")
        else { return nil }
        return all - quick - free + mapped
    }
    #else
    private static func allocatedBytes() -> Int? { nil }
    #endif

    private static func entries(of path: String) -> Int? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }
}

extension FailureWriter {
    /// Opens, uses and closes a store this many times, and says after each tenth of them what the process holds.
    ///
    /// It says the least that was held after any cycle of the tenth: what is closed last goes a moment later.
    static func runCycles(_ store: String, setting: String, count: Int) async throws {
        for _ in 1...10 {
            var least: Holdings?
            for _ in 0..<max(1, count / 10) {
                try await runCycle(store, setting: setting)
                guard let now = Holdings.now() else { return }
                least = Holdings(
                    descriptors: min(now.descriptors, least?.descriptors ?? .max),
                    threads: min(now.threads, least?.threads ?? .max), bytes: min(now.bytes, least?.bytes ?? .max))
            }
            guard let least else { return }
            await say(least.line)
        }
    }

    private static func runCycle(_ store: String, setting: String) async throws {
        let backend: any ChatStorageBackend =
            if try StoreURL(store) == .memory { InMemoryBackend() } else { try await open(store, setting: setting) }
        await fails(.notPrepared) { _ = try await backend.defaultTenant.conversation("c") }
        try await backend.prepare()
        let chats: any ChatStorage = backend.tenant("t")
        try await chats.append([.user("question", key: "k"), .assistant("answer", key: "a")], to: "c")
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

    /// Makes a call that may fail with this code only; a store that stays is unprepared in the first cycle alone.
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
