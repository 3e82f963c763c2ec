import Foundation
import TestSupport

/// A file system of a few MiB in memory, mounted on a folder of its own and taken away with the last reference.
final class SmallDisk: Sendable {
    /// The system does not let this process mount anything.
    struct CannotMount: Error, CustomStringConvertible {
        let description: String
    }

    let folder: TemporaryFolder

    init(megabytes: Int = 2) throws {
        folder = try TemporaryFolder()
        #if os(Linux)
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(megabytes)m,mode=0700") == 0 else {
            throw CannotMount(description: "mounting a small file system: \(String(cString: strerror(errno)))")
        }
        #else
        throw CannotMount(description: "a small file system is mounted on Linux only")
        #endif
    }

    /// A disk, unless this process cannot mount one; then the reason is printed.
    ///
    /// - Parameter tests: What is skipped then.
    static func ifMountable(for tests: String, megabytes: Int = 2) throws -> SmallDisk? {
        do {
            return try SmallDisk(megabytes: megabytes)
        } catch let error as CannotMount {
            print("Skipped \(tests): \(error)")
            return nil
        }
    }

    deinit {
        #if os(Linux)
        umount2(folder.path, Int32(MNT_DETACH))
        #endif
    }

    /// Makes it a medium that cannot be written; this process has no file on it open for writing.
    ///
    /// A process that another test has just started holds all open files until it runs its own program, those that were
    /// closed here meanwhile too.
    func makeReadOnly() async throws {
        #if os(Linux)
        try await waitUntil {
            if mount("tmpfs", folder.path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), "size=2m,mode=0700") == 0 {
                return true
            }
            guard errno == EBUSY else {
                throw CannotMount(description: "mounting it again read-only: \(String(cString: strerror(errno)))")
            }
            return false
        }
        #endif
    }

    /// Takes all room that is left.
    func fill() throws {
        try Data().write(to: filler)
        let file = try FileHandle(forWritingTo: filler)
        defer { try? file.close() }
        for bytes in [64 << 10, 4096, 1] {
            while (try? file.write(contentsOf: Data(count: bytes))) != nil {}
        }
    }

    /// Takes this much room.
    func fill(bytes: Int) throws {
        try Data(count: bytes).write(to: filler)
    }

    /// Gives back what was taken.
    func makeRoom() throws {
        try FileManager.default.removeItem(at: filler)
    }

    private var filler: URL { URL(fileURLWithPath: folder.path(of: "filler")) }
}
