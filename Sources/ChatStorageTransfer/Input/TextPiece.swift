/// A stretch of a file that should be one JSON value: a line, or an element of an array.
package struct TextPiece: Sendable, Equatable {
    /// What the stretch turned out to be.
    package enum Content: Sendable, Equatable {
        case text(ArraySlice<UInt8>)
        /// Longer than ``TextSplitter/maximumBytes``; its bytes were thrown away.
        case tooLong
        /// Not a JSON value; the reason goes after the file's name.
        case broken(String)
        /// From here on the file is not read; the reason has the same form.
        case restNotRead(String)
    }

    /// The line it begins in, counted from 1.
    package let line: Int
    /// How many bytes are before it in the file.
    package let offset: Int64
    /// The element's number in an array, counted from 1; nil for a line and outside elements.
    package let element: Int?
    /// Its bytes, without the newline or comma after it.
    package let content: Content
    /// The names of members beside the element's array that are not kept.
    package var beside: Set<String> = []

    /// The piece that ends a file that changed while it was read.
    static func changed(atLine line: Int, byte: Int64) -> TextPiece {
        TextPiece(
            line: line, offset: byte, element: nil,
            content: .restNotRead("changed while it was read; import it again when nothing writes to it"))
    }
}

/// Cuts a file into pieces while it is read; memory holds one piece.
package protocol TextSplitter: Sendable {
    /// Takes the next bytes and adds the pieces that end in them.
    mutating func split(_ chunk: [UInt8], into pieces: inout [TextPiece])
    /// Takes the end of the file and adds what is left.
    mutating func finish(into pieces: inout [TextPiece])
}

extension TextSplitter {
    /// How many bytes a piece can have; longer ones are skipped.
    package static var defaultMaximumBytes: Int { 128 << 20 }
}

/// The part of a piece from earlier chunks.
struct PartialPiece: Sendable {
    let maximumBytes: Int
    private var bytes: [UInt8] = []
    private var isTooLong = false

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// Keeps the end of a chunk, unless the piece has become too long.
    mutating func append(_ part: ArraySlice<UInt8>) {
        guard !isTooLong else { return }
        guard bytes.count + part.count <= maximumBytes else {
            isTooLong = true
            bytes = []
            return
        }
        bytes.append(contentsOf: part)
    }

    /// Ends the piece with its last part, which is not copied if it is the only one.
    mutating func end(with part: ArraySlice<UInt8>) -> TextPiece.Content {
        defer {
            bytes = []
            isTooLong = false
        }
        guard !isTooLong, bytes.count + part.count <= maximumBytes else { return .tooLong }
        return .text(bytes.isEmpty ? part : (bytes + part)[...])
    }
}
