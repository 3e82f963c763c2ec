#if canImport(CArchive)
import ChatStorageCore

/// The entries of the chat files in a ZIP archive, one file after the other.
struct ZipEntries {
    private let archive: ZipArchive
    private var steps: ArraySlice<ZipPlan.Step>
    /// Reads the next file; it counts conversations without ids across all files.
    private var decoder: ConversationDecoder
    /// The current file, at most one; an array because the iterator's type contains this one.
    private var current: [ChatFile.Iterator] = []
    private var name = ""
    /// How many bytes of the archive count as read.
    private var bytesRead: Int64 = 0

    init(_ archive: ZipArchive, _ decoder: ConversationDecoder) {
        self.archive = archive
        self.decoder = decoder
        steps = archive.steps[...]
    }

    /// The next entry, nil after the last.
    ///
    /// - Throws: ``ChatFileError`` if the archive has only one file of chats and it cannot be read;
    ///   `CancellationError`.
    mutating func next() async throws -> ChatFile.Entry? {
        while true {
            do {
                if !current.isEmpty {
                    if let entry = try await current[0].next() { return located(entry) }
                    decoder = current[0].decoder
                    current = []
                }
                guard let step = steps.popFirst() else { return nil }
                let done = archive.steps.count - steps.count
                bytesRead = archive.progress(Int64(done), of: Int64(archive.steps.count))
                switch step {
                case .missing(let name):
                    return note("\(name.shortened) is in the export's list and not in the ZIP archive")
                case .read(let place, let name):
                    self.name = name
                    let source = try await archive.member(at: place)
                    current = [ChatFile.Iterator(decoder: decoder) { source }]
                }
            } catch let error as ChatFileError {
                current = []
                guard archive.steps.count > 1 else {
                    steps = []
                    throw error
                }
                return note("\(ZipPlan.file(name).shortened) \(error.message)")
            }
        }
    }

    private func note(_ reason: String) -> ChatFile.Entry {
        ChatFile.Entry(line: 1, content: .fileDamaged(reason: reason), bytesRead: bytesRead)
    }

    /// A file's entry as an entry of the archive.
    private func located(_ entry: ChatFile.Entry) -> ChatFile.Entry {
        var content = entry.content
        switch content {
        case .conversation(let conversation) where !archive.assetNames.isEmpty:
            content = .conversation(conversation.naming(archive.assetNames))
        case .invalid(let reason) where archive.steps.count > 1:
            content = .invalid(reason: "\(reason) (in \(ZipPlan.file(name).shortened))")
        case .fileDamaged(let reason) where archive.steps.count > 1:
            content = .fileDamaged(reason: "\(reason) (in \(ZipPlan.file(name).shortened))")
        default: break
        }
        return ChatFile.Entry(
            line: entry.line, element: entry.element, byte: entry.byte, id: entry.id, content: content,
            bytesRead: bytesRead)
    }
}

extension ArchivedConversation {
    /// The conversation, with names for files without one.
    fileprivate func naming(_ names: [String: String]) -> ArchivedConversation {
        var conversation = self
        for index in conversation.messages.indices {
            let body = conversation.messages[index].body
            guard body.parts.contains(where: { $0.kind == .file && $0.file?.name == nil }) else { continue }
            let parts = body.parts.map { part in
                guard let id = part.file?.id, part.file?.name == nil, let name = names[id],
                    Limits.fileNameScalars.contains(name.unicodeScalars.count)
                else { return part }
                var named = part
                named.file?.name = name
                named.native = part.native
                return named
            }
            conversation.messages[index].body = ChatMessage(
                role: body.role, parts: parts, metadata: body.metadata, key: body.key, native: body.native)
        }
        return conversation
    }
}
#endif
