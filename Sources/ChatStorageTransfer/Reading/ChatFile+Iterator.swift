import ChatStorageCore
import ChatStorageSupport

extension ChatFile {
    /// Reads the file's entries one by one.
    public struct Iterator: AsyncIteratorProtocol {
        private let open: @Sendable () async throws -> any ByteSource
        /// Where the file is; nil if it is open already.
        private let path: String?
        private(set) var decoder: ConversationDecoder
        /// Nil before the first read and after the last.
        private var file: (any ByteSource)?
        /// The file's version when it was opened; nil if it is not a regular file.
        private var version: FileDescriptor.Version?
        #if canImport(CArchive)
        /// The entries of the file if it is a ZIP archive.
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
        /// Follows the file if it is an archive of the library.
        private var archive = ArchiveReading()
        /// Another program's database, if the file is one.
        private var database: SQLiteChats?
        /// Where the last entry begins.
        private var lastLine = 1

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
            if isAtStart, let path, let database = try await openDatabase(path) {
                isAtStart = false
                self.database = database
            }
            if let database { return try await nextEntry(of: database) }
            while waiting.isEmpty {
                while position == pieces.count {
                    pieces.removeAll(keepingCapacity: true)
                    position = 0
                    do {
                        guard try await readPieces() else { return try await nextInArchive() ?? endOfArchive() }
                    } catch let error as SystemError {
                        file = nil
                        throw ChatFileError(.unreadable, "cannot be read: \(error)")
                    }
                }
                position += 1
                waiting = try take(pieces[position - 1]).reversed()
            }
            return waiting.removeLast()
        }

        /// The entries of a piece; none for an archive's first and last line.
        private mutating func take(_ piece: TextPiece) throws -> [Entry] {
            switch archive.take(piece) {
            case .line:
                let entries = try entries(of: piece)
                for entry in entries { archive.count(entry) }
                return entries
            case .frame:
                (isFirst, lastLine) = (false, piece.line)
                return []
            case .problem(let reason):
                (isFirst, lastLine) = (false, piece.line)
                return [
                    Entry(
                        line: piece.line, byte: piece.offset + 1, content: .fileDamaged(reason: reason),
                        bytesRead: bytesRead)
                ]
            }
        }

        /// The entry that reports a missing last line of an archive.
        private mutating func endOfArchive() -> Entry? {
            guard let reason = archive.end() else { return nil }
            return Entry(
                line: lastLine + 1, byte: bytesRead + 1, content: .fileDamaged(reason: reason), bytesRead: bytesRead)
        }

        private func openDatabase(_ path: String) async throws -> SQLiteChats? {
            do {
                return try await SQLiteChats(path: path)
            } catch let error as SystemError {
                throw ChatFileError(.unreadable, "cannot be read: \(error)")
            }
        }

        /// A database has no lines: a conversation's place is its number.
        private mutating func nextEntry(of database: SQLiteChats) async throws -> Entry? {
            guard let (number, bytesRead, found) = try await database.next() else { return nil }
            self.bytesRead = bytesRead
            let conversation: ConversationDecoder.Conversation =
                switch found {
                case .success(let foreign): decoder.archived(foreign)
                case .failure(let problem): .failure(problem)
                }
            return entry(conversation, of: TextPiece(line: 1, offset: 0, element: number, content: .broken("")))
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
            case .success(var conversation):
                conversation.isOfWholeStore = archive.isOfWholeStore
                (id, content) = (conversation.id, .conversation(conversation))
            case .failure(let problem):
                id = problem.id
                content = problem.endsReading ? .fileDamaged(reason: problem.reason) : .invalid(reason: problem.reason)
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
                version = try await (opened as? FileDescriptor)?.version()
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
                let isSame = try await (file as? FileDescriptor)?.version() == version
                self.file = nil
                // Half of it may be from the old version, half from the new one.
                let lastLine = pieces.last?.line ?? lastLine
                if !isSame { pieces.append(.changed(atLine: lastLine, byte: bytesRead)) }
            } else {
                splitter.split(chunk, into: &pieces)
            }
            return true
        }

        /// The beginning of the file; nil if it is a ZIP archive, whose files are then read instead.
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
