import Foundation

/// A socket that accepts connections and says nothing, unless it is to close them.
package final class SilentServer: Sendable {
    package let url: String
    private let folder: TemporaryFolder
    private let descriptor: Int32

    package init() throws {
        folder = try TemporaryFolder()
        #if canImport(Darwin)
        let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
        #else
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(folder.path(of: ".s.PGSQL.5432").utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(descriptor, 64) == 0 else { throw CocoaError(.fileWriteUnknown) }
        self.descriptor = descriptor
        url = "postgres://user@/db?host=\(folder.path.replacing("/", with: "%2F"))"
    }

    deinit {
        // It also ends the thread that accepts.
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    /// Closes each connection as soon as it is made.
    ///
    /// - Returns: An element for each.
    package func refuse() -> AsyncStream<Void> {
        AsyncStream { continuation in
            Thread.detachNewThread { [descriptor] in
                while true {
                    let connection = accept(descriptor, nil, nil)
                    guard connection >= 0 else { return continuation.finish() }
                    close(connection)
                    continuation.yield()
                }
            }
        }
    }
}
