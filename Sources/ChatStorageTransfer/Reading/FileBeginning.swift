import ChatStorageJSON

/// The first conversations of a file, which show its format.
///
/// The first one can be untypical, such as an empty conversation, so it looks at all that were read.
struct FileBeginning {
    enum Look {
        /// More must be read.
        case unknown
        /// The library's format, or one that each conversation shows separately.
        case ownFormat
        /// A format that can be read.
        case known(KnownFormat)
    }

    /// The complete values.
    let objects: [ArraySlice<UInt8>]
    /// The text after them, from the beginning of an object on.
    private let rest: ArraySlice<UInt8>
    /// Whether this is all that will be read.
    private let isAll: Bool

    /// - Parameter splitter: Cuts the file's text into values.
    init(_ text: [UInt8], _ splitter: any TextSplitter, isAll: Bool) {
        var (splitter, pieces, end) = (splitter, [TextPiece](), text.startIndex)
        splitter.split(text, into: &pieces)
        var objects: [ArraySlice<UInt8>] = []
        for piece in pieces {
            guard case .text(let bytes) = piece.content else { continue }
            end = Int(piece.offset) + bytes.count
            objects.append(bytes)
        }
        self.objects = objects
        rest = text[end...].drop { $0 != UInt8(ascii: "{") }
        self.isAll = isAll
    }

    /// The only object, if nothing else is in the file.
    var onlyObject: ArraySlice<UInt8>? { isAll && objects.count == 1 && rest.isEmpty ? objects[0] : nil }

    /// Looks for the format.
    ///
    /// - Throws: ``ChatFileError`` if the format is known but cannot be read.
    func look(with decoder: ConversationDecoder, inArray: Bool) throws -> Look {
        var refusal: ChatFileError?
        var isMixed = false
        for object in isAll ? objects + [rest] : objects {
            if let format = KnownFormat.recognize(object), format.isCertain { return .known(format) }
            switch decoder.takes(object) {
            case .yes: return .ownFormat
            case .empty: isMixed = true
            case .no: break
            }
            guard let format = KnownFormat.recognize(object) else { continue }
            guard let error = format.error(inArray: inArray), format.unit == nil || inArray else {
                return .known(format)
            }
            if !isMixed, refusal == nil { refusal = error }
        }
        if !isAll, inArray { return .unknown }
        if let refusal { throw refusal }
        return .ownFormat
    }
}
