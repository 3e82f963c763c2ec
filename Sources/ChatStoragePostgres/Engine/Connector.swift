import CLibPQ
import ChatStorageCore

/// Opens connections; it blocks, so it runs on threads of its own.
struct Connector: Sendable {
    private let settings: any ConnectionSettings
    private let stopPipe: WakePipe

    init(_ settings: any ConnectionSettings, stopPipe: WakePipe) {
        self.settings = settings
        self.stopPipe = stopPipe
    }

    /// Ends the attempts under way, and those that begin later.
    ///
    /// Only the lookup of a host's name cannot be ended; its attempt stops once it returns.
    func stop() {
        stopPipe.wake()
    }

    /// Connects to the first of the URL's hosts that answers.
    func connect() -> Result<ServerConnection, ChatStorageError> {
        var options = ConnectionOptions(settings)
        var silences = ""
        while !stopPipe.isAwake {
            guard let connection = options.withPointers({ PQconnectStartParams($0, $1, 1) }).map(ServerConnection.init)
            else { return .failure(ChatStorageError(.unavailable, "the process has no memory left for a connection")) }
            switch attempt(connection, timeout: options.connectTimeout) {
            case .stopped:
                return .failure(.closed)
            case .timedOut(let server):
                // libpq's text already says which connection failed.
                silences += "\(connection.failure)timeout expired\n"
                guard options.leaveOut(server) else {
                    return .failure(ConnectFailure(text: silences, connection).error)
                }
            case .decided:
                guard PQstatus(connection.pointer) == CONNECTION_OK else {
                    return .failure(ConnectFailure(text: silences + connection.failure, connection).error)
                }
                return .success(connection)
            }
        }
        return .failure(.closed)
    }

    private func attempt(_ connection: ServerConnection, timeout: Duration?) -> ConnectionAttempt.Outcome {
        let attempt = ConnectionAttempt(connection: connection, timeout: timeout, stop: stopPipe)
        let outcome = attempt.run(PQconnectPoll)
        guard case .decided = outcome, PQstatus(connection.pointer) != CONNECTION_OK,
            ConnectFailure.isOfServer(connection.failure)
        else { return outcome }
        // libpq gives the SQLSTATE of a failed connection only in its text, and only if it is asked before the attempt,
        // on an existing connection. So an attempt that a server refused is made again.
        PQsetErrorVerbosity(connection.pointer, PQERRORS_SQLSTATE)
        return PQresetStart(connection.pointer) == 1 ? attempt.run(PQresetPoll) : .decided
    }
}
