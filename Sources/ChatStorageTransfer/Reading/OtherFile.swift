/// Files that are not JSON text, recognised by their first bytes.
enum OtherFile {
    private static let kinds: [(bytes: [UInt8], error: ChatFileError)] =
        [
            ([0x1f, 0x8b], .compressed("is compressed with gzip; decompress it first", command: "gzip -dc")),
            (
                [0x28, 0xb5, 0x2f, 0xfd],
                .compressed("is compressed with zstd; decompress it first", command: "zstd -dc")
            ),
            (
                [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
                .compressed("is compressed with xz; decompress it first", command: "xz -dc")
            ),
            (Array("BZh".utf8), .compressed("is compressed with bzip2; decompress it first", command: "bzip2 -dc")),
            ([0x50, 0x4b, 0x03, 0x04], .zip), ([0x50, 0x4b, 0x05, 0x06], .zip),
            ([0x37, 0x7a, 0xbc, 0xaf], .compressed("is a 7z archive; unpack it and import the chats' file in it")),
            (
                Array("SQLite format 3".utf8),
                .otherFormat("is a SQLite database, which can only be read by its path")
            ),
            (Array("<".utf8), .otherFormat("is HTML or XML, not JSON")),
            (Array("%PDF".utf8), .otherFormat("is a PDF, not JSON")),
            ([0xff, 0xfe], .utf16), ([0xfe, 0xff], .utf16),
        ] + ["BEGIN TRANSACTION;", "PRAGMA ", "CREATE TABLE ", "INSERT INTO "].map { (Array($0.utf8), sql) }

    private static let sql = ChatFileError.otherFormat(
        "is SQL text; make a database of it with sqlite3, and import that")

    /// Looks at a file's first bytes.
    ///
    /// - Returns: Whether it must see more of them.
    /// - Throws: ``ChatFileError``.
    static func check(_ text: ArraySlice<UInt8>, isEnd: Bool) throws -> Bool {
        if let kind = kinds.first(where: { text.starts(with: $0.bytes) }) { throw kind.error }
        // UTF-16 without a mark: the first two characters are ASCII, so every other byte is 0.
        let zeros = text.prefix(4).map { $0 == 0 }
        if zeros == [false, true, false, true] || zeros == [true, false, true, false] { throw ChatFileError.utf16 }
        return !isEnd && (zeros.count < 4 && zeros.contains(true) || kinds.contains { $0.bytes.starts(with: text) })
    }
}
