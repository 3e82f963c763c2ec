import ChatStorageCore
import ChatStorageSupport

extension ChatFile {
    /// A reading of the file.
    public struct Iterator: AsyncIteratorProtocol {
        private let open: @Sendable () async throws -> FileDescriptor
        private var decoder: ConversationDecoder
        /// Nil before the first read and after the last.
        private var file: FileDescriptor?
        /// The file's version when it was opened; nil for what is no regular file.
        private var version: FileDescriptor.Version?
        private var splitter: any TextSplitter = LineSplitter()
        private var isAtStart = true
        /// Whether nothing has been given out yet.
        private var isFirst = true
        /// The entries of the last piece that have not been given out, in reverse.
        private var waiting: [Entry] = []
        /// The pieces of the last chunk; those before `position` have been given out.
        private var pieces: [TextPiece] = []
        private var position = 0
        private var bytesRead: Int64 = 0
        /// Where the last entry begins.
        private var lastLine = 1

        init(roles: Set<Role>, advice: String, open: @escaping @Sendable () async throws -> FileDescriptor) {
            self.open = open
            decoder = ConversationDecoder(roles: roles, advice: advice)
        }

        /// The next entry, nil after the last.
        ///
        /// - Throws: ``ChatFileError``, `CancellationError`.
        public mutating func next() async throws -> Entry? {
            while waiting.isEmpty {
                while position == pieces.count {
                    pieces.removeAll(keepingCapacity: true)
                    position = 0
                    do {
                        guard try await readPieces() else { return nil }
                    } catch let error as SystemError {
                        file = nil
                        throw ChatFileError(.unreadable, "cannot be read: \(error)")
                    }
                }
                position += 1
                waiting = try entries(of: pieces[position - 1]).reversed()
            }
            return waiting.removeLast()
        }

        private mutating func entries(of piece: TextPiece) throws -> [Entry] {
            defer { (isFirst, lastLine) = (false, piece.line) }
            let conversations: [ConversationDecoder.Conversation]
            do {
                conversations = try decoder.decode(piece)
            } catch let problem as InvalidConversation {
                if isFirst, let error = problem.format?.error(inArray: piece.element != nil) {
                    file = nil
                    (pieces, position) = ([], 0)
                    throw error
                }
                conversations = [.failure(problem)]
            }
            return conversations.map { entry($0, of: piece) }
        }

        private func entry(_ conversation: ConversationDecoder.Conversation, of piece: TextPiece) -> Entry {
            let (id, content): (ConversationID?, Entry.Content)
            switch conversation {
            case .success(let conversation): (id, content) = (conversation.id, .conversation(conversation))
            case .failure(let problem):
                id = problem.id
                content = problem.endsReading ? .restNotRead(reason: problem.reason) : .invalid(reason: problem.reason)
            }
            return Entry(
                line: piece.line, element: piece.element, byte: piece.offset + 1, id: id, content: content,
                bytesRead: bytesRead)
        }

        /// Reads on; false at the end.
        private mutating func readPieces() async throws -> Bool {
            if isAtStart {
                isAtStart = false
                let opened = try await open()
                version = try await opened.version()
                let start = try await FileStart.read(opened, decoder)
                decoder.start = start.format
                file = opened
                bytesRead = Int64(start.bytesRead)
                splitter = start.splitter
                splitter.split(start.text, into: &pieces)
                return true
            }
            guard let file else { return false }
            let chunk = try await file.read()
            bytesRead += Int64(chunk.count)
            if chunk.isEmpty {
                splitter.finish(into: &pieces)
                let isSame = try await file.version() == version
                self.file = nil
                // What was read can be of two versions.
                let lastLine = pieces.last?.line ?? lastLine
                if !isSame { pieces.append(.changed(atLine: lastLine, byte: bytesRead)) }
            } else {
                splitter.split(chunk, into: &pieces)
            }
            return true
        }
    }
}
