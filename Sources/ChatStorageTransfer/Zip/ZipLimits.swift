/// How much a ZIP archive may unpack to.
///
/// Nothing is written to disk and memory holds one piece, so this only bounds the time.
struct ZipLimits: Sendable {
    /// How many members are looked at.
    var members = 1_000_000
    /// The largest side file, in bytes; side files are read as a whole.
    var sideFileBytes = 16 << 20
    /// How many bytes the members to read may have in total: 256 GiB.
    var totalBytes: Int64 = 256 << 30
    /// How many times as large as the archive its members may be in total, if that is more than `freeBytes`.
    ///
    /// The text of chats shrinks to a tenth, and the format can at best reach a thousandth.
    var ratio: Int64 = 250
    /// How many bytes even the smallest archive may unpack to.
    var freeBytes: Int64 = 16 << 20

    /// How many bytes an archive of this size may unpack to.
    func mostBytes(ofArchive size: Int64) -> Int64 {
        let (product, overflow) = size.multipliedReportingOverflow(by: ratio)
        return overflow ? totalBytes : min(totalBytes, max(freeBytes, product))
    }
}
