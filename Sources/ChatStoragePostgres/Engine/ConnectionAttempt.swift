import CLibPQ

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// One attempt to connect: libpq's steps, and waiting for the network between them.
///
/// libpq's blocking functions do the same but cannot be interrupted. A process must not exit while a thread is in one
/// of them: OpenSSL's exit handler frees memory that the thread uses.
struct ConnectionAttempt {
    /// How an attempt ends.
    enum Outcome {
        /// The connection is open or has failed: its status says which.
        case decided
        /// The server at this address did not answer in time.
        case timedOut(ServerAddress)
        /// The store closes.
        case stopped
    }

    private enum Event {
        case ready, timedOut, stopped
    }

    let connection: ServerConnection
    /// How long each address may take; nil means no limit.
    let timeout: Duration?
    /// Wakes when the store closes.
    let stop: WakePipe

    /// Takes the steps that follow `PQconnectStartParams` or `PQresetStart`.
    func run(_ step: (OpaquePointer?) -> PostgresPollingStatusType) -> Outcome {
        guard PQstatus(connection.pointer) != CONNECTION_BAD else { return .decided }
        var address = ServerAddress(connection)
        var deadline = timeout.map { ContinuousClock.now + $0 }
        // After its first step libpq waits to write.
        var state = PGRES_POLLING_WRITING
        while true {
            switch wait(forReading: state == PGRES_POLLING_READING, until: deadline) {
            case .stopped: return .stopped
            case .timedOut: return .timedOut(address)
            case .ready: break
            }
            state = step(connection.pointer)
            guard state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING else { return .decided }
            let next = ServerAddress(connection)
            guard next != address else { continue }
            address = next
            deadline = timeout.map { ContinuousClock.now + $0 }
        }
    }

    private func wait(forReading: Bool, until deadline: ContinuousClock.Instant?) -> Event {
        while true {
            var descriptors = [
                pollfd(fd: stop.readEnd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: connection.descriptor, events: Int16(forReading ? POLLIN : POLLOUT), revents: 0),
            ]
            var milliseconds: Int32 = -1
            if let deadline {
                let left = ((deadline - ContinuousClock.now) / .milliseconds(1)).rounded(.up)
                guard left > 0 else { return .timedOut }
                milliseconds = Int32(min(left, 60_000))
            }
            // An interrupted or fruitless wait begins again.
            guard poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 else { continue }
            return descriptors[0].revents != 0 ? .stopped : .ready
        }
    }
}

/// Which server libpq talks to while it connects.
struct ServerAddress: Equatable {
    /// The host's name or the socket's folder; the address if only that is given.
    let host: String
    /// The address in digits; empty for a socket.
    let address: String
    let port: String
}

extension ServerAddress {
    init(_ connection: ServerConnection) {
        func text(_ value: UnsafeMutablePointer<CChar>?) -> String { value.map { String(cString: $0) } ?? "" }
        let pointer = connection.pointer
        self.init(host: text(PQhost(pointer)), address: text(PQhostaddr(pointer)), port: text(PQport(pointer)))
    }
}
