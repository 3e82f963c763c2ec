/// What a ZIP archive may unpack to.
///
/// Nothing is written to a disk and memory holds one piece, so this bounds the time.
struct ZipLimits: Sendable {
    /// How many members are looked at.
    var members = 1_000_000
    /// How many bytes a side file may have that is read whole.
    var sideFileBytes = 16 << 20
    /// How many bytes all members that are read may have together: 256 GiB.
    var totalBytes: Int64 = 256 << 30
    /// How many times the archive's own size they may have, beyond `freeBytes`.
    ///
    /// Text of chats becomes a tenth of its size, and the format's best is a thousandth.
    var ratio: Int64 = 250
    /// How many bytes count for nothing in the ratio.
    var freeBytes: Int64 = 16 << 20

    /// The most that an archive of a size may unpack to.
    func mostBytes(ofArchive size: Int64) -> Int64 {
        let (product, overflow) = size.multipliedReportingOverflow(by: ratio)
        return overflow ? totalBytes : min(totalBytes, max(freeBytes, product))
    }
}
