import Foundation
import Synchronization

/// A socket that accepts connections and says nothing, unless it is to refuse them.
package final class SilentServer: Sendable {
    package let url: String
    /// Where its socket is.
    package var socketFolder: String { folder.path }
    private let folder: TemporaryFolder
    private let listener: Listener
    /// Connections that are held open.
    private let accepted = Mutex<[Int32]>([])

    package init() throws {
        folder = try TemporaryFolder()
        listener = Listener(descriptor: try UnixSocket.listen(in: folder.path))
        url = "postgres://user@/db?host=\(folder.path.replacing("/", with: "%2F"))"
    }

    deinit {
        stop()
        for connection in accepted.withLock(\.self) { close(connection) }
    }

    /// Accepts what has connected.
    ///
    /// - Returns: How many connections there were, and how many of them the other side has not closed.
    package func connections() -> (all: Int, open: Int) {
        accepted.withLock { accepted in
            while Self.happens(Int16(POLLIN), on: listener.descriptor) {
                let connection = accept(listener.descriptor, nil, nil)
                guard connection >= 0 else { break }
                accepted.append(connection)
            }
            return (accepted.count, accepted.count { !Self.happens(0, on: $0) })
        }
    }

    /// Whether an event, or the other side's end, is there already.
    private static func happens(_ events: Int16, on descriptor: Int32) -> Bool {
        var descriptor = pollfd(fd: descriptor, events: events, revents: 0)
        return poll(&descriptor, 1, 0) > 0
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
        // A client that was cancelled has closed the connection.
        _ = send(connection, error, error.count, UnixSocket.noSignal)
    }
}
