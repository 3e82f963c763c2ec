import ChatStorageJSON

/// Cuts a file into its successive objects, each of any number of lines.
///
/// After an object that is damaged or too long, it goes on with the next object that begins a line and is a
/// conversation.
package struct ObjectSplitter: TextSplitter {
    private enum Step {
        case between, object
        /// After damage, where no object has been found yet.
        case searching
    }

    private let maximumBytes: Int
    private var step = Step.between
    /// The bytes still needed; those before `start` are not.
    private var buffer: [UInt8] = []
    private var start = 0
    /// The line and the place in the file of the byte at `start`.
    private var line = 1
    private var offset: Int64
    private var isAtLineStart = true
    private var isDamaged = false
    private var scan = StructureScan()

    /// Starts at the beginning of a file, or after its byte order mark.
    package init(maximumBytes: Int = ObjectSplitter.defaultMaximumBytes, offset: Int64 = 0) {
        self.maximumBytes = maximumBytes
        self.offset = offset
    }

    package mutating func split(_ chunk: [UInt8], into pieces: inout [TextPiece]) {
        buffer = start == buffer.count ? chunk : Array(buffer[start...]) + chunk
        start = 0
        while start < buffer.count, advance(into: &pieces) {}
    }

    package mutating func finish(into pieces: inout [TextPiece]) {
        while step == .object {
            giveUp("is cut off by the end of the file", into: &pieces)
            while start < buffer.count, advance(into: &pieces) {}
        }
    }

    /// Does one step; false if it needs more bytes.
    private mutating func advance(into pieces: inout [TextPiece]) -> Bool {
        switch step {
        case .object: return advanceObject(into: &pieces)
        case .between where buffer[start].isJSONWhiteSpace: pass()
        case .between: begin()
        case .searching where isAtLineStart && buffer[start] == UInt8(ascii: "{"): begin()
        case .searching: pass()
        }
        return true
    }

    private mutating func advanceObject(into pieces: inout [TextPiece]) -> Bool {
        var scan = scan
        // A number ends with the byte after it.
        let bytes = buffer[start...].prefix(maximumBytes + 1)
        let outcome = bytes.withUnsafeBytes { scan.follow($0) }
        self.scan = scan
        switch outcome {
        case .incomplete where bytes.count <= maximumBytes: return false
        case .ended where scan.position <= maximumBytes: end(bytes.prefix(scan.position), into: &pieces)
        case .incomplete, .ended: giveUp("is longer than \(maximumBytes >> 20) MiB", into: &pieces)
        case .broken:
            giveUp("is not valid JSON, at byte \(offset + Int64(scan.position) + 1) of the file", into: &pieces)
        }
        return true
    }

    private mutating func begin() {
        scan = StructureScan()
        step = .object
    }

    private mutating func end(_ bytes: ArraySlice<UInt8>, into pieces: inout [TextPiece]) {
        guard !isDamaged || bytes.areConversation(withNames: nil) else {
            step = .searching
            pass()
            return
        }
        isDamaged = false
        pieces.append(TextPiece(line: line, offset: offset, element: nil, content: .text(bytes)))
        line += bytes.count(ofByte: UInt8(ascii: "\n"))
        offset += Int64(bytes.count)
        start += bytes.count
        isAtLineStart = false
        step = .between
    }

    /// Gives up the object at `start`, and looks for others after its first byte.
    private mutating func giveUp(_ reason: String, into pieces: inout [TextPiece]) {
        if !isDamaged {
            pieces.append(TextPiece(line: line, offset: offset, element: nil, content: .broken(reason)))
        }
        isDamaged = true
        step = .searching
        pass()
    }

    /// Goes over one byte outside the objects.
    private mutating func pass() {
        isAtLineStart = buffer[start] == UInt8(ascii: "\n")
        if isAtLineStart { line += 1 }
        start += 1
        offset += 1
    }
}
