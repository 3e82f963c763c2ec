#if canImport(CryptoKit)
import CryptoKit
#else
import COpenSSL
#endif

/// A SHA-256 hash of bytes that come piece by piece.
///
/// The system's library computes it, since a crypto package takes longer to build than this whole package.
struct SHA256Hash {
    /// How many bytes a hash has.
    static let byteCount = 32

    #if canImport(CryptoKit)
    private var state = SHA256()

    /// Adds bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state.update(bufferPointer: bytes)
    }

    /// The hash of all bytes; nothing can be added afterwards.
    mutating func finalize() -> [UInt8] { Array(state.finalize()) }
    #else
    private var state = SHA256_CTX()

    init() {
        SHA256_Init(&state)
    }

    /// Adds bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&state, bytes.baseAddress, bytes.count)
    }

    /// The hash of all bytes; nothing can be added afterwards.
    mutating func finalize() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            SHA256_Final(buffer.baseAddress, &state)
            count = Self.byteCount
        }
    }
    #endif
}
