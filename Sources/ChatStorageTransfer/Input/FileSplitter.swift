/// Takes a whole file as one piece, if it is not too long.
struct FileSplitter: TextSplitter {
    private let offset: Int64
    private var whole: PartialPiece
    /// Converts the file's text to the piece's; nil leaves it unchanged.
    private let convert: (@Sendable (ArraySlice<UInt8>) -> TextPiece.Content)?

    /// Starts at the beginning of a file, or after its byte order mark.
    init(
        maximumBytes: Int = FileSplitter.defaultMaximumBytes, offset: Int64 = 0,
        convert: (@Sendable (ArraySlice<UInt8>) -> TextPiece.Content)? = nil
    ) {
        whole = PartialPiece(maximumBytes: maximumBytes)
        self.offset = offset
        self.convert = convert
    }

    mutating func split(_ chunk: [UInt8], into pieces: inout [TextPiece]) {
        whole.append(chunk[...])
    }

    mutating func finish(into pieces: inout [TextPiece]) {
        var content = whole.end(with: [])
        if let convert, case .text(let bytes) = content { content = convert(bytes) }
        pieces.append(TextPiece(line: 1, offset: offset, element: nil, content: content))
    }
}
