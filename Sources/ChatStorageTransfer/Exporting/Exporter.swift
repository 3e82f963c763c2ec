public import ChatStorageCore

/// Writes conversations of a store to a file.
///
/// What it writes is the store as it was at one moment, if the backend has the capability `snapshots`. Otherwise each
/// conversation is as it was at one moment, and what others write during the export may be in it or not. Memory holds
/// eight conversations, and without snapshots the ids of one tenant's.
///
/// ```swift
/// let summary = try await Exporter(backend: backend).run(.store, to: "chats.jsonl")
/// print(summary.conversations, "conversations,", summary.messages, "messages")
/// ```
public struct Exporter: Sendable {
    private let backend: any ChatStorageBackend

    /// Makes an exporter of a store that has been prepared.
    public init(backend: any ChatStorageBackend) {
        self.backend = backend
    }

    /// Writes a file, which gets its name only once it is complete.
    ///
    /// The file is written under a temporary name in the same folder, synced and then renamed; only its owner can read
    /// it. An export that fails or is cancelled removes it. If the process is killed, the file keeps its temporary
    /// name, which begins with a dot and ends with `.partial`.
    ///
    /// - Parameters:
    ///   - selection: What is written.
    ///   - path: The file.
    ///   - form: The form; by default the library's own archive.
    ///   - replacing: Whether a file that is there is replaced; by default it is refused.
    /// - Returns: What was written.
    /// - Throws: ``ExportError`` if the file cannot be written; `ChatStorageError`, with the code
    ///   `conversationNotFound` for a conversation that does not exist; `CancellationError` when the task is cancelled.
    @discardableResult
    public func run(
        _ selection: ExportSelection, to path: String, as form: ExportForm = .archive, replacing: Bool = false
    ) async throws -> ExportSummary {
        let file = try await ExportFile(path: path, replacing: replacing)
        do {
            let summary = try await run(selection, as: form) { try await file.write($0) }
            try await file.commit()
            return summary
        } catch {
            await file.discard()
            throw error
        }
    }

    /// Hands out what an export writes, piece by piece.
    ///
    /// - Parameters:
    ///   - selection: What is written.
    ///   - form: The form; by default the library's own archive.
    ///   - write: Gets the bytes; the export waits for it.
    /// - Returns: What was written.
    /// - Throws: What `write` throws; otherwise as ``run(_:to:as:replacing:)`` does.
    @discardableResult
    public func run(
        _ selection: ExportSelection, as form: ExportForm = .archive, write: (_ bytes: [UInt8]) async throws -> Void
    ) async throws -> ExportSummary {
        try await backend.withSnapshot { snapshot in
            try await Self.run(selection, as: form, of: StoreWalk(backend: snapshot), write: write)
        }
    }

    private static func run(
        _ selection: ExportSelection, as form: ExportForm, of walk: StoreWalk,
        write: (_ bytes: [UInt8]) async throws -> Void
    ) async throws -> ExportSummary {
        var writer: any ExportWriter =
            switch form {
            case .openAI: OpenAIExport()
            case .markdown: MarkdownExport()
            default: ArchiveExport(scope: selection.kind.scope)
            }
        func export(_ tenant: String?) async throws {
            try await walk.conversations(of: tenant, transform: \.self) { whole in
                try await write(writer.conversation(whole, tenant: tenant))
            }
        }
        switch selection.kind {
        case .conversation(let id, let tenant):
            guard let whole = try await WholeConversation.read(id, from: walk.storage(of: tenant)) else {
                throw ChatStorageError(.conversationNotFound, "the conversation that was to be exported does not exist")
            }
            try await write(writer.beginning)
            try await write(writer.conversation(whole, tenant: tenant))
        case .tenant(let name):
            try await write(writer.beginning)
            try await export(name)
        case .store:
            try await write(writer.beginning)
            try await walk.tenants { try await export($0) }
        }
        try await write(writer.end)
        return writer.summary
    }
}

extension ExportSelection.Kind {
    /// What an archive's first line says.
    fileprivate var scope: ArchiveFrame.Scope {
        switch self {
        case .store: .store
        case .tenant: .tenant
        case .conversation: .conversation
        }
    }
}

/// Makes the bytes of an export.
protocol ExportWriter {
    var summary: ExportSummary { get }
    var beginning: [UInt8] { get }
    var end: [UInt8] { get }
    /// The bytes of one more conversation.
    mutating func conversation(_ whole: WholeConversation, tenant: String?) throws -> [UInt8]
}

/// The library's own archive.
private struct ArchiveExport: ExportWriter {
    let scope: ArchiveFrame.Scope
    private(set) var summary = ExportSummary()
    private var digest = ArchiveDigest()

    init(scope: ArchiveFrame.Scope) {
        self.scope = scope
        summary.digest = digest
    }

    var beginning: [UInt8] { ArchiveFrame.beginning(of: scope) }
    var end: [UInt8] { ArchiveFrame.end(of: scope, digest) }

    mutating func conversation(_ whole: WholeConversation, tenant: String?) -> [UInt8] {
        var line = whole.line(tenant: scope == .store ? tenant : nil)
        digest.add(ArchiveDigest(line: line[...], messages: whole.messages.count))
        summary.conversations = digest.conversations
        summary.messages = digest.messages
        summary.digest = digest
        line.append(UInt8(ascii: "\n"))
        return line
    }
}
