import CLibPQ

/// An open connection, and the one place that closes it.
// One thread at a time uses a connection: first the thread that connects, then the holder of the lock on the loop's
// work.
final class ServerConnection: @unchecked Sendable {
    let pointer: OpaquePointer
    private var isFinished = false

    /// Takes over a connection of libpq.
    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        finish()
    }

    /// Closes it now, even if references remain; it must not be used afterwards.
    func finish() {
        guard !isFinished else { return }
        isFinished = true
        PQfinish(pointer)
    }

    /// Switches to pipeline mode, in which libpq never waits for the network.
    func enterPipelineMode() -> Bool {
        PQsetNoticeReceiver(pointer, { _, _ in }, nil)
        return PQsetnonblocking(pointer, 1) == 0 && PQenterPipelineMode(pointer) == 1
    }

    /// libpq's text about the last failure.
    var failure: String { PQerrorMessage(pointer).map { String(cString: $0) } ?? "" }

    var descriptor: Int32 { PQsocket(pointer) }

    /// The session's process id, as the server or a pooler reported it; a pooler makes one up.
    var backendPID: Int32 { PQbackendPID(pointer) }

    /// Whether bytes come in encrypted records, by TLS or GSSAPI.
    var isEncrypted: Bool { PQsslInUse(pointer) == 1 || PQgssEncInUse(pointer) == 1 }
}
