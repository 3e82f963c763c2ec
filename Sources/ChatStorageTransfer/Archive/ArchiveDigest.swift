/// The digest of a store, of a tenant or of an archive: equal for equal conversations, in whatever order they come.
///
/// It is the sum, modulo 2²⁵⁶, of the SHA-256 hashes of the conversations' lines in an archive, without their newlines.
/// A line has all that the public API shows of a conversation and its messages, so equal digests mean equal stores. In
/// an archive of a whole store, and in the digest of one, the lines name their tenants; in those of one tenant they do
/// not, so tenants of different names can be compared.
///
/// It detects faults of programs and disks, not forgery: anyone who may write the archive can also write its digest.
public struct ArchiveDigest: Sendable, Hashable, CustomStringConvertible {
    /// How many conversations are in it.
    public private(set) var conversations = 0
    /// How many messages those have.
    public private(set) var messages = 0
    /// The sum, lowest bytes first.
    private var sum: [UInt8] = Array(repeating: 0, count: SHA256Hash.byteCount)

    /// The digest of nothing.
    public init() {}

    /// Makes the digest of one conversation.
    ///
    /// - Parameters:
    ///   - line: Its line in an archive, without a newline.
    ///   - messages: How many messages it has.
    init(line: ArraySlice<UInt8>, messages: Int) {
        conversations = 1
        self.messages = messages
        var hash = SHA256Hash()
        line.withUnsafeBytes { hash.update($0) }
        sum = hash.finalize()
    }

    /// Adds the conversations of another digest.
    mutating func add(_ other: ArchiveDigest) {
        conversations += other.conversations
        messages += other.messages
        add(other.sum)
    }

    private mutating func add(_ bytes: [UInt8]) {
        var carry: UInt16 = 0
        for (index, byte) in bytes.enumerated() {
            let digit = UInt16(sum[index]) + UInt16(byte) + carry
            sum[index] = UInt8(truncatingIfNeeded: digit)
            carry = digit >> 8
        }
    }

    /// The sum as 64 hexadecimal digits, the highest first.
    public var description: String {
        sum.reversed().map { ($0 < 0x10 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
