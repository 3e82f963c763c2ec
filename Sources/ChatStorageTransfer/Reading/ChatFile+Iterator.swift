import ChatStorageCore
import ChatStorageSupport

extension ChatFile {
    /// A reading of the file.
    public struct Iterator: AsyncIteratorProtocol {
        private let open: @Sendable () async throws -> any ByteSource
        /// Where the file is; nil if it is open already.
        private let path: String?
        private(set) var decoder: ConversationDecoder
        /// Nil before the first read and after the last.
        private var file: (any ByteSource)?
        #if canImport(CArchive)
        /// What is in the file if that is a ZIP archive.
        private var zip: ZipEntries?
        #endif
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

        /// - Parameters:
        ///   - path: Where the file is; nil if it is open already.
        ///   - decoder: Reads the file's conversations.
        init(
            path: String? = nil, decoder: ConversationDecoder,
            open: @escaping @Sendable () async throws -> any ByteSource
        ) {
            self.open = open
            self.path = path
            self.decoder = decoder
            self.decoder.start = .unknown
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
                        guard try await readPieces() else { return try await nextInArchive() }
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
            defer { isFirst = false }
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
                guard let start = try await start(of: opened) else { return false }
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
                self.file = nil
            } else {
                splitter.split(chunk, into: &pieces)
            }
            return true
        }

        /// The beginning of the file; nil if it is a ZIP archive, whose files are read then.
        private mutating func start(of file: any ByteSource) async throws -> FileStart? {
            do {
                return try await FileStart.read(file, decoder)
            } catch let error as ChatFileError where error.isZIP {
                #if canImport(CArchive)
                // A pipe cannot be read again, and an archive's list of members is at its end.
                guard let path, let size = FileDescriptor.size(path: path) else { throw error }
                zip = ZipEntries(try await ZipArchive(path: path, size: size), decoder)
                return nil
                #else
                throw error
                #endif
            }
        }

        private mutating func nextInArchive() async throws -> Entry? {
            #if canImport(CArchive)
            return try await zip?.next()
            #else
            return nil
            #endif
        }
    }
}
