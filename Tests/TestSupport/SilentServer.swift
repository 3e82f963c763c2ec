import Foundation

/// A socket that accepts connections and says nothing, unless it is to refuse them.
package final class SilentServer: Sendable {
    package let url: String
    private let folder: TemporaryFolder
    private let listener: Listener

    package init() throws {
        folder = try TemporaryFolder()
        listener = Listener(descriptor: try UnixSocket.listen(in: folder.path))
        url = "postgres://user@/db?host=\(folder.path.replacing("/", with: "%2F"))"
    }

    deinit {
        stop()
    }

    /// Takes no more connections.
    package func stop() {
        // It also ends the thread that accepts.
        shutdown(listener.descriptor, Int32(SHUT_RDWR))
    }

    /// Closes each connection after an answer to its first message.
    ///
    /// - Parameter sqlState: The error that is the answer.
    /// - Returns: An element for each, before it is closed; it ends with the server.
    package func refuse(saying sqlState: String) -> AsyncStream<Void> {
        AsyncStream { continuation in
            Thread.detachNewThread { [listener] in
                while true {
                    let connection = accept(listener.descriptor, nil, nil)
                    guard connection >= 0 else { return continuation.finish() }
                    continuation.yield()
                    Self.end(connection, sqlState)
                    close(connection)
                }
            }
        }
    }

    /// Takes the client's first message and answers with an error.
    private static func end(_ connection: Int32, _ sqlState: String) {
        var message = [UInt8](repeating: 0, count: 4_096)
        guard read(connection, &message, message.count) > 0 else { return }
        let fields = "SFATAL\0VFATAL\0C\(sqlState)\0Mthe session ends\0\0".utf8
        // A type, and a length that counts itself.
        let error = [UInt8(ascii: "E"), 0, 0, 0, UInt8(4 + fields.count)] + fields
        _ = write(connection, error, error.count)
    }
}
