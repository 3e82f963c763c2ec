#if canImport(CArchive)
import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport
import Synchronization

/// A ZIP archive with chats in it.
struct ZipArchive: Sendable {
    private let path: String
    private let size: Int64
    private let limits: ZipLimits
    private let budget: Budget
    /// The steps of reading it.
    let steps: [ZipPlan.Step]
    /// The names of attachments by ChatGPT's ids for them.
    let assetNames: [String: String]

    /// Looks at all members' names, and at the lists in it.
    ///
    /// - Throws: ``ChatFileError``, also if no member can have chats; `CancellationError`.
    init(path: String, size: Int64, limits: ZipLimits = ZipLimits()) async throws {
        self.path = path
        self.size = size
        self.limits = limits
        let budget = Budget(limits.mostBytes(ofArchive: size))
        self.budget = budget
        let reader = try await ZipReader.open(path: path)
        var members: [ZipPlan.Member] = []
        var (place, manifest, assets) = (0, JSONSlice?.none, JSONSlice?.none)
        while let member = try await reader.next() {
            guard place < limits.members else {
                throw ChatFileError(.compressed, "is a ZIP archive with more than \(limits.members) members")
            }
            guard !ZipPlan.leadsOut(member.name) else {
                throw ChatFileError(
                    .compressed, "is a ZIP archive with a member whose name leads out of it; nothing of it was read")
            }
            if member.isFile, ZipPlan.isCandidate(member.name) {
                members.append((place, member.name))
                switch ZipPlan.file(member.name) {
                case ZipPlan.manifest where !member.isEncrypted:
                    manifest = try await Self.sideFile(reader, limits, budget)
                case ZipPlan.assetNames where !member.isEncrypted:
                    assets = try await Self.sideFile(reader, limits, budget)
                default: break
                }
            }
            place += 1
        }
        steps = ZipPlan(members, manifest: manifest).steps
        guard !steps.isEmpty else {
            throw ChatFileError(.compressed, "is a ZIP archive without a file of chats in it")
        }
        let names = assets?.memberList.compactMap { key, name in
            name.string.map { (key.split(separator: ".").first.map(String.init) ?? key, $0) }
        }
        assetNames = Dictionary(names ?? []) { first, _ in first }
    }

    /// A small file as JSON; nil if it is too large or not JSON.
    private static func sideFile(
        _ reader: ZipReader, _ limits: ZipLimits, _ budget: Budget
    ) async throws -> JSONSlice? {
        var text: [UInt8] = []
        while text.count <= limits.sideFileBytes {
            let chunk = try await reader.read()
            guard !chunk.isEmpty else { return try? JSONSlice(validating: text[...]) }
            try budget.take(chunk.count)
            text += chunk
        }
        return nil
    }

    /// Opens a member.
    ///
    /// - Throws: ``ChatFileError``, `CancellationError`.
    func member(at place: Int) async throws -> any ByteSource {
        let reader = try await ZipReader.open(path: path)
        var member = try await reader.next()
        for _ in 0..<place where member != nil { member = try await reader.next() }
        guard let member else {
            throw ChatFileError(.unreadable, "is a ZIP archive that changed while it was read")
        }
        guard !member.isEncrypted else {
            throw ChatFileError(.compressed, "is packed with a password; \(ChatFileError.unpackIt)")
        }
        return MemberSource(reader: reader, budget: budget)
    }

    /// The progress of reading, as a place in the archive.
    func progress(_ bytes: Int64, of total: Int64) -> Int64 {
        total <= 0 ? size : min(size, Int64(Double(size) * Double(bytes) / Double(total)))
    }

    /// How many bytes the members may still unpack to.
    private final class Budget: Sendable {
        private let left: Mutex<Int64>
        private let most: Int64

        init(_ most: Int64) {
            self.most = most
            left = Mutex(most)
        }

        func take(_ count: Int) throws {
            let isWithin = left.withLock { left in
                left -= Int64(count)
                return left >= 0
            }
            guard isWithin else {
                throw ChatFileError(
                    .compressed, "unpacks to more than \(most >> 20) MiB, which no chats do")
            }
        }
    }

    private struct MemberSource: ByteSource {
        let reader: ZipReader
        let budget: Budget

        func read() async throws -> [UInt8] {
            let chunk = try await reader.read()
            try budget.take(chunk.count)
            return chunk
        }
    }
}
#endif
