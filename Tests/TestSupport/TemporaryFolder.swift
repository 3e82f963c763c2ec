import Foundation

/// A folder of its own for one test, removed with everything in it when the last reference goes away.
package final class TemporaryFolder: Sendable {
    /// The folder's absolute path.
    package let path: String

    /// Makes the folder.
    ///
    /// - Parameter isInMemory: Whether it is to lie in memory, where the system offers that, so that nothing waits for
    ///   a disk.
    package init(isInMemory: Bool = false) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let hasMemory = isInMemory && FileManager.default.isWritableFile(atPath: memory.path)
        let parent = hasMemory ? memory : FileManager.default.temporaryDirectory
        let url = parent.appendingPathComponent("chatstorage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    /// The path of a file in the folder.
    package func path(of name: String) -> String {
        "\(path)/\(name)"
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
