import Foundation
import Synchronization

/// Stands before a server as a pooler does, and notes what poolers cannot take.
///
/// Each connection has a server session for its own, but is told that another process serves it.
package final class TestPooler: Sendable {
    /// What clients have sent.
    package struct Sent: Sendable {
        /// The most Syncs that a connection had under way.
        package var syncsAtOnce = 0
        /// How many statements were prepared by name.
        package var namedStatements = 0
    }

    package let url: String
    private let folder: TemporaryFolder
    private let serverFolder: String
    private let listener: Listener
    private let tellsProcess: Bool
    private let sentByAll = Mutex(Sent())

    /// Stands before a server.
    ///
    /// - Parameter tellsProcess: Whether connections are told which process serves them, as by the server itself.
    package init(before server: PostgresServer, tellsProcess: Bool = false) throws {
        folder = try TemporaryFolder()
        serverFolder = server.url.split(separator: "host=").last.map { String($0).replacing("%2F", with: "/") } ?? ""
        self.tellsProcess = tellsProcess
        listener = Listener(descriptor: try UnixSocket.listen(in: folder.path))
        url = "postgres://postgres@/postgres?host=\(folder.path.replacing("/", with: "%2F"))"
        Thread.detachNewThread { [weak self, listener] in
            while true {
                let client = accept(listener.descriptor, nil, nil)
                guard client >= 0, let self else { return }
                self.serve(client)
            }
        }
    }

    deinit {
        // It also ends the thread that accepts.
        shutdown(listener.descriptor, Int32(SHUT_RDWR))
    }

    package var sent: Sent { sentByAll.withLock { $0 } }

    private func serve(_ client: Int32) {
        guard let server = try? UnixSocket.connect(in: serverFolder) else {
            close(client)
            return
        }
        // Two threads pass on what comes, and the one that ends last closes both ends.
        let session = Session(client: client, server: server)
        Thread.detachNewThread { [self] in
            // The first message has no type.
            session.pass(from: client, to: server, hasType: false) { type, message in
                switch type {
                case UInt8(ascii: "S"):
                    let syncs = session.syncs.withLock { syncs in
                        syncs += 1
                        return syncs
                    }
                    sentByAll.withLock { $0.syncsAtOnce = max($0.syncsAtOnce, syncs) }
                case UInt8(ascii: "P") where message[5] != 0:
                    sentByAll.withLock { $0.namedStatements += 1 }
                default: break
                }
            }
        }
        Thread.detachNewThread { [tellsProcess] in
            session.pass(from: server, to: client, hasType: true) { type, message in
                switch type {
                case UInt8(ascii: "Z"): session.syncs.withLock { $0 = max(0, $0 - 1) }
                case UInt8(ascii: "K") where !tellsProcess: message[8] ^= 1
                default: break
                }
            }
        }
    }

    /// A client and its server session.
    private final class Session: Sendable {
        private let client: Int32
        private let server: Int32
        let syncs = Mutex(0)

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        deinit {
            close(client)
            close(server)
        }

        /// Passes messages on until one end closes.
        func pass(
            from source: Int32, to target: Int32, hasType: Bool, _ look: (_ type: UInt8, inout [UInt8]) -> Void
        ) {
            var hasType = hasType
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = read(source, &chunk, chunk.count)
                guard count > 0 else { break }
                bytes += chunk[..<count]
                while let length = Self.length(of: bytes, hasType: hasType), bytes.count >= length {
                    var message = Array(bytes[..<length])
                    bytes.removeFirst(length)
                    if hasType { look(message[0], &message) }
                    hasType = true
                    guard Self.write(message, to: target) else { break }
                }
            }
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
        }

        /// How long the first message is: a length that counts itself stands behind the type.
        private static func length(of bytes: [UInt8], hasType: Bool) -> Int? {
            let place = hasType ? 1 : 0
            guard bytes.count >= place + 4 else { return nil }
            return bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } + place
        }

        private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, UnixSocket.noSignal) }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }
}
