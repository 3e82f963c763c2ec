/// The mark that some editors and shells put before UTF-8 text, which is no part of it.
struct ByteOrderMark {
    private static let bytes: [UInt8] = [0xef, 0xbb, 0xbf]

    /// What may be the beginning of one; nil once that is decided.
    private var beginning: [UInt8]? = []

    /// The next bytes of an input without the mark at its beginning, in whatever pieces it comes.
    ///
    /// - Parameter chunk: The bytes; none at the input's end.
    mutating func removed(from chunk: [UInt8]) -> [UInt8] {
        guard let beginning else { return chunk }
        let start = beginning + chunk
        if !chunk.isEmpty, start.count < Self.bytes.count, Self.bytes.starts(with: start) {
            self.beginning = start
            return []
        }
        self.beginning = nil
        return start.starts(with: Self.bytes) ? Array(start.dropFirst(Self.bytes.count)) : start
    }
}
