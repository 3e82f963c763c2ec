import ChatStorageJSON
import ChatStorageSupport

/// The beginning of a file, as much of it as shows the format.
struct FileStart {
    /// What the pieces of the file contain.
    enum Format {
        /// Each piece shows it separately.
        case unknown
        /// Values of a form, which contain its units.
        case parts(ChatForm)
        /// Units of a form.
        case whole(ChatForm)
    }

    /// What was read, without a byte order mark.
    let text: [UInt8]
    let bytesRead: Int
    let splitter: any TextSplitter
    let format: Format

    /// Reads as little as is needed.
    ///
    /// - Parameter decoder: Reads the file's conversations.
    /// - Throws: ``ChatFileError`` if the file is known to be something else.
    static func read(_ file: any ByteSource, _ decoder: ConversationDecoder) async throws -> FileStart {
        var text: [UInt8] = []
        while true {
            let chunk = try await file.read()
            text += chunk
            if let start = try FileStart(text, isEnd: chunk.isEmpty, decoder) { return start }
        }
    }

    /// Nil if more must be read.
    private init?(_ bytes: [UInt8], isEnd: Bool, _ decoder: ConversationDecoder) throws {
        guard try !OtherFile.check(bytes[...], isEnd: isEnd) else { return nil }
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        text = bytes.starts(with: mark) ? Array(bytes[mark.count...]) : bytes
        bytesRead = bytes.count
        let offset = Int64(bytes.count - text.count)
        let isAll = isEnd || text.count > Self.maximumBytes
        // A blank beginning of this length is no archive; the reader of lines reports it.
        guard let first = text.firstIndex(where: { !$0.isJSONWhiteSpace }) else {
            guard isAll else { return nil }
            (splitter, format) = (LineSplitter(offset: offset), .unknown)
            return
        }
        switch text[first] {
        case UInt8(ascii: "["):
            guard let start = try Self.array(text, isAll: isAll, offset: offset, decoder) else { return nil }
            (splitter, format) = start
        case UInt8(ascii: "{"):
            guard let start = try Self.objects(text, from: first, isAll: isAll, offset: offset, decoder) else {
                return nil
            }
            (splitter, format) = start
        default:
            guard let start = try Self.table(text[first...], isEnd: isEnd, offset: offset) else { return nil }
            (splitter, format) = start
        }
    }

    /// How many bytes are read at most to find out the format.
    private static let maximumBytes = 1 << 20

    private static func array(
        _ text: [UInt8], isAll: Bool, offset: Int64, _ decoder: ConversationDecoder
    ) throws -> (any TextSplitter, Format)? {
        let beginning = FileBeginning(text, ArraySplitter(), isAll: isAll)
        switch try beginning.look(with: decoder, inArray: true) {
        case .unknown: return nil
        case .ownFormat: return (ArraySplitter(offset: offset), .unknown)
        case .known(let format):
            guard let form = format.form else { return (ArraySplitter(offset: offset), .unknown) }
            if form.unit == .file { return (FileSplitter(offset: offset), .whole(form)) }
            return (ArraySplitter(offset: offset), .parts(form))
        }
    }

    private static func objects(
        _ text: [UInt8], from first: Int, isAll: Bool, offset: Int64, _ decoder: ConversationDecoder
    ) throws -> (any TextSplitter, Format)? {
        let spread = SpreadObject.look(at: text[first...], isEnd: isAll)
        guard spread == .no || spread == .yes && isAll else { return nil }
        let isSpread = spread == .yes
        let splitter: any TextSplitter = isSpread ? ObjectSplitter(offset: offset) : LineSplitter(offset: offset)
        let cut: any TextSplitter = isSpread ? ObjectSplitter() : LineSplitter()
        let beginning = FileBeginning(text, cut, isAll: isAll)
        guard case .known(let format) = try beginning.look(with: decoder, inArray: false) else {
            if isSpread, let object = beginning.onlyObject, KnownFormat.hasNoConversation(object) {
                throw ChatFileError.otherObject
            }
            return (splitter, .unknown)
        }
        let form = format.form
        if case .element(let path)? = format.unit, beginning.objects.allSatisfy(format.isFormat(of:)) {
            return (ElementSplitter(path: path, offset: offset), form.map(Format.whole) ?? .unknown)
        }
        return (splitter, form.map(Format.parts) ?? .unknown)
    }

    private static func table(
        _ text: ArraySlice<UInt8>, isEnd: Bool, offset: Int64
    ) throws -> (any TextSplitter, Format)? {
        guard text.endIndex <= maximumBytes else { return (LineSplitter(offset: offset), .unknown) }
        guard let isTable = SeparatedTable.isAtBeginning(of: text, isEnd: isEnd) else { return nil }
        guard isTable else { return (LineSplitter(offset: offset), .unknown) }
        guard let form = KnownFormat.recognize(table: SeparatedTable.names(in: text))?.form else {
            throw ChatFileError.separatedTable
        }
        return (FileSplitter(offset: offset, convert: SeparatedTable.rows(of:)), .whole(form))
    }
}
