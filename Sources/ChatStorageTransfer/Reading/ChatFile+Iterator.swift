import ChatStorageCore

extension ChatFile {
    /// A reading of the file.
    public struct Iterator: AsyncIteratorProtocol {
        private let open: @Sendable () async throws -> FileDescriptor
        private var decoder: ConversationDecoder
        /// Nil before the first read and after the last.
        private var file: FileDescriptor?
        private var splitter: any TextSplitter = LineSplitter()
        private var isAtStart = true
        /// The pieces of the last chunk; those before `position` have been given out.
        private var pieces: [TextPiece] = []
        private var position = 0
        private var bytesRead: Int64 = 0

        init(roles: Set<Role>, open: @escaping @Sendable () async throws -> FileDescriptor) {
            self.open = open
            decoder = ConversationDecoder(roles: roles)
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
            defer { position += 1 }
            return entry(of: pieces[position])
        }

        private mutating func entry(of piece: TextPiece) -> Entry {
            let content: Entry.Content
            do {
                content = .conversation(try decoder.decode(piece))
            } catch {
                content = .invalid(reason: (error as? InvalidConversation)?.reason ?? "cannot be read")
            }
            return Entry(line: piece.line, content: content, bytesRead: bytesRead)
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

/// The first bytes of a file, as far as its first character, which tells the format.
private struct FileStart {
    let text: [UInt8]
    let bytesRead: Int
    let splitter: any TextSplitter

    static func read(_ file: FileDescriptor) async throws -> FileStart {
        var text: [UInt8] = []
        var bytesRead = 0
        var isStart = true
        while true {
            let chunk = try await file.read()
            bytesRead += chunk.count
            text += chunk
            if isStart, text.count >= 3 || chunk.isEmpty {
                if text.starts(with: [0x1f, 0x8b]) {
                    throw ChatFileError(.compressed, "is compressed with gzip; decompress it first")
                }
                if text.starts(with: [0xff, 0xfe]) || text.starts(with: [0xfe, 0xff]) {
                    throw ChatFileError(.notUTF8, "is UTF-16 text; convert it to UTF-8 first")
                }
                if text.starts(with: [0xef, 0xbb, 0xbf]) { text.removeFirst(3) }
                isStart = false
            }
            // A blank beginning as long as this is no archive; the lines' reader says so in its own way.
            let first = text.first { !$0.isJSONWhiteSpace }
            if !isStart, first != nil || chunk.isEmpty || text.count > 1 << 20 {
                let isArray = first == UInt8(ascii: "[")
                return FileStart(
                    text: text, bytesRead: bytesRead, splitter: isArray ? ArraySplitter() : LineSplitter())
            }
        }
    }
}
