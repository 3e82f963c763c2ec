import ChatStorageJSON

/// Cuts JSON Lines into lines, and leaves out blank ones.
package struct LineSplitter: TextSplitter {
    private var line = 1
    /// Where the current line begins in the file.
    private var offset: Int64
    /// Where the next chunk begins in the file.
    private var chunkOffset: Int64
    private var partial: PartialPiece

    /// Starts at the beginning of a file, or after its byte order mark.
    package init(maximumBytes: Int = LineSplitter.defaultMaximumBytes, offset: Int64 = 0) {
        partial = PartialPiece(maximumBytes: maximumBytes)
        self.offset = offset
        chunkOffset = offset
    }

    package mutating func split(_ chunk: [UInt8], into pieces: inout [TextPiece]) {
        var rest = chunk[...]
        while let newline = rest.firstIndex(ofByte: UInt8(ascii: "\n"), from: rest.startIndex) {
            end(with: rest[..<newline], into: &pieces)
            line += 1
            offset = chunkOffset + Int64(newline) + 1
            rest = rest[(newline + 1)...]
        }
        partial.append(rest)
        chunkOffset += Int64(chunk.count)
    }

    package mutating func finish(into pieces: inout [TextPiece]) {
        end(with: [], into: &pieces)
    }

    private mutating func end(with part: ArraySlice<UInt8>, into pieces: inout [TextPiece]) {
        let content = partial.end(with: part)
        if case .text(let bytes) = content, bytes.allSatisfy(\.isWhiteSpace) { return }
        pieces.append(TextPiece(line: line, offset: offset, element: nil, content: content))
    }
}

extension UInt8 {
    /// Whether a line of nothing else is blank: space and U+0009 to U+000D.
    fileprivate var isWhiteSpace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
}
