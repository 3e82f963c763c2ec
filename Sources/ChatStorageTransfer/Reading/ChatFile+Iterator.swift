import ChatStorageCore
import ChatStorageSupport

extension ChatFile {
    /// A reading of the file.
    public struct Iterator: AsyncIteratorProtocol {
        private let open: @Sendable () async throws -> FileDescriptor
        private var decoder: ConversationDecoder
        /// Nil before the first read and after the last.
        private var file: FileDescriptor?
        private var splitter: any TextSplitter = LineSplitter()
        private var isAtStart = true
        /// Whether nothing has been given out yet.
        private var isFirst = true
        /// The pieces of the last chunk; those before `position` have been given out.
        private var pieces: [TextPiece] = []
        private var position = 0
        private var bytesRead: Int64 = 0

        init(decoder: ConversationDecoder, open: @escaping @Sendable () async throws -> FileDescriptor) {
            self.open = open
            self.decoder = decoder
        }

        /// The next entry, nil after the last.
        ///
        /// - Throws: ``ChatFileError``, `CancellationError`.
        public mutating func next() async throws -> Entry? {
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
            return try entry(of: pieces[position - 1])
        }

        private mutating func entry(of piece: TextPiece) throws -> Entry {
            defer { isFirst = false }
            let content: Entry.Content
            var id: ConversationID?
            do {
                let conversation = try decoder.decode(piece)
                id = conversation.id
                content = .conversation(conversation)
            } catch let problem as InvalidConversation {
                if isFirst, let format = problem.format {
                    file = nil
                    (pieces, position) = ([], 0)
                    throw format.error(inArray: piece.element != nil)
                }
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
                let start = try await FileStart.read(opened)
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
                self.file = nil
            } else {
                splitter.split(chunk, into: &pieces)
            }
            return true
        }
    }
}
