import ChatStorageJSON
import ChatStorageSupport

/// The beginning of a file, as far as it says what the file is.
struct FileStart {
    /// What was read, without a byte order mark.
    let text: [UInt8]
    let bytesRead: Int
    let splitter: any TextSplitter

    /// Reads as little as is needed.
    ///
    /// - Throws: ``ChatFileError`` if the file is known to be something else.
    static func read(_ file: FileDescriptor) async throws -> FileStart {
        var text: [UInt8] = []
        while true {
            let chunk = try await file.read()
            text += chunk
            if let start = try FileStart(text, isEnd: chunk.isEmpty) { return start }
        }
    }

    /// Nil where more must be read.
    private init?(_ bytes: [UInt8], isEnd: Bool) throws {
        guard try !OtherFile.check(bytes[...], isEnd: isEnd) else { return nil }
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        text = bytes.starts(with: mark) ? Array(bytes[mark.count...]) : bytes
        bytesRead = bytes.count
        let offset = Int64(bytes.count - text.count)
        // A blank beginning as long as this is no archive; the lines' reader says so in its own way.
        guard let first = text.firstIndex(where: { !$0.isJSONWhiteSpace }) else {
            guard isEnd || text.count > Self.maximumBytes else { return nil }
            splitter = LineSplitter(offset: offset)
            return
        }
        if text[first] == UInt8(ascii: "[") {
            splitter = ArraySplitter(offset: offset)
            return
        }
        if text[first] == UInt8(ascii: "{") {
            let object = text[first...]
            switch SpreadObject.look(at: object, isEnd: isEnd || text.count > Self.maximumBytes) {
            case .unknown: return nil
            case .no: break
            case .yes:
                guard isEnd || text.count > Self.maximumBytes else { return nil }
                if let format = KnownFormat.recognize(object) { throw format.error(inArray: false) }
                throw KnownFormat.hasNoConversation(object) ? ChatFileError.otherObject : .spreadObject
            }
        } else if text.count <= Self.maximumBytes {
            guard let isTable = SeparatedTable.isAtBeginning(of: text[first...], isEnd: isEnd) else { return nil }
            guard !isTable else { throw ChatFileError.separatedTable }
        }
        splitter = LineSplitter(offset: offset)
    }

    /// More is not read to find out what a file is.
    private static let maximumBytes = 1 << 20
}

/// Whether a JSON object goes on after its first line.
///
/// A damaged first line of JSON Lines does not: what follows it is an object of its own.
private enum SpreadObject {
    case yes, no
    /// More must be read.
    case unknown

    static func look(at text: ArraySlice<UInt8>, isEnd: Bool) -> SpreadObject {
        guard let first = line(of: text, isEnd: isEnd) else { return .unknown }
        guard canGoOn(first) else { return .no }
        let blank = text[first.endIndex...].prefix { $0.isJSONWhiteSpace }
        guard blank.endIndex < text.endIndex else { return isEnd ? .no : .unknown }
        guard let second = line(of: text[blank.endIndex...], isEnd: isEnd) else { return .unknown }
        let both = text[..<second.endIndex]
        return !isJSON(second) && (isJSON(both) || canGoOn(both)) ? .yes : .no
    }

    private static func line(of text: ArraySlice<UInt8>, isEnd: Bool) -> ArraySlice<UInt8>? {
        guard let newline = text.firstIndex(ofByte: UInt8(ascii: "\n"), from: text.startIndex) else {
            return isEnd ? text : nil
        }
        return text[..<newline]
    }

    private static func isJSON(_ text: ArraySlice<UInt8>) -> Bool { (try? JSONSlice(validating: text)) != nil }

    private static func canGoOn(_ text: ArraySlice<UInt8>) -> Bool {
        do {
            _ = try JSONSlice(validating: text)
            return false
        } catch {
            return (error as? JSONProblem)?.isCutOff ?? false
        }
    }
}
