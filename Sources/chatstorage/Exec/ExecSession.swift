import ChatStorageCore
import ChatStorageJSON
import ChatStorageTransfer

/// The scripting interface: requests in, answers out, one JSON object a line, strictly in order.
struct ExecSession: Sendable {
    let backend: any ChatStorageBackend
    /// The tenant of requests that name none; nil is the default one.
    let tenant: String?
    /// The roles that the store takes, or will take once a request writes.
    var roles = RoleSet.standard

    /// Checks that the store can be read, unless it does not exist yet.
    ///
    /// - Throws: The store's error.
    func checkStore() async throws {
        do {
            _ = try await backend.conversations(limit: 0)
        } catch let error as ChatStorageError where error.code == .notPrepared {}
    }

    /// Answers all requests; each answer is written before the next request runs.
    ///
    /// - Parameters:
    ///   - read: The next bytes of the input, nothing at its end.
    ///   - write: Takes an answer with its newline.
    ///   - maximumBytes: The most that a line can have.
    func run(
        read: () async throws -> [UInt8], write: ([UInt8]) async throws -> Void,
        maximumBytes: Int = LineSplitter.defaultMaximumBytes
    ) async throws {
        var splitter = LineSplitter(maximumBytes: maximumBytes)
        var mark = ByteOrderMark()
        var isAtEnd = false
        while !isAtEnd {
            var lines: [TextPiece] = []
            let chunk = try await read()
            isAtEnd = chunk.isEmpty
            splitter.split(mark.removed(from: chunk), into: &lines)
            if isAtEnd { splitter.finish(into: &lines) }
            for line in lines {
                try await write(answer(to: line).bytes + [UInt8(ascii: "\n")])
            }
        }
    }

    /// Runs a request; what goes wrong is an answer too.
    private func answer(to line: TextPiece) async -> JSONOutput {
        do {
            return .object(try await run(line))
        } catch let error as InvalidRequest {
            return Self.error("invalid_request", error.reason)
        } catch let error as ChatStorageError where error.code == .notPrepared {
            let sentence = "\(Failure.lack(toldBy: error)); a request that writes makes it ready"
            return Self.error(error.code.snakeCaseName, sentence, isRetryable: error.isRetryable)
        } catch let error as ChatStorageError {
            return Self.error(
                error.code.snakeCaseName, Failure.sentence(about: error), isRetryable: error.isRetryable,
                outcome: error.writeOutcome)
        } catch {
            return Self.error("internal_error", Failure.sentence(about: error))
        }
    }

    /// Runs a request, and returns the members of its answer.
    private func run(_ line: TextPiece) async throws -> [(key: String, value: JSONOutput)] {
        guard case .text(let bytes) = line.content else {
            throw InvalidRequest("the line is longer than \(LineSplitter.defaultMaximumBytes >> 20) MiB")
        }
        var request = try Arguments(Self.value(of: bytes), owner: "a request")
        let name = try request.text("op")
        guard let operation = Operation.named(name) else {
            throw InvalidRequest("op names no operation; it is one of \(Operation.names.joined(separator: ", "))")
        }
        let tenant = try request.textIfPresent("tenant") ?? tenant
        var arguments = Arguments(request, owner: name)
        let call = try operation.call(&arguments)
        try arguments.checkNothingIsLeft()
        do {
            let reply = try await call.perform(on: backend, tenant: tenant, taking: roles) {
                try await backend.prepare()
            }
            guard let members = operation.answer.members(of: reply) else { throw WrongReply() }
            return members
        } catch let error as ChatStorageError where operation.answer.isOfOneMessage {
            throw error.aboutOneMessage
        }
    }

    private static func value(of bytes: ArraySlice<UInt8>) throws -> JSONSlice {
        do {
            return try JSONSlice(validating: bytes)
        } catch let problem as JSONProblem {
            throw InvalidRequest("the line \(problem.reason)")
        }
    }

    /// An error as clients see it; the outcome of a write is there only where the question arises.
    private static func error(
        _ code: String, _ message: String, isRetryable: Bool = false, outcome: ChatStorageError.WriteOutcome? = nil
    ) -> JSONOutput {
        let members: [(String, JSONOutput)] = [
            ("code", .string(code)), ("message", .string(message)), ("retryable", .boolean(isRetryable)),
        ]
        return .object([("error", .object(members + (outcome.map { [("outcome", .string($0.snakeCaseName))] } ?? [])))])
    }
}

extension ChatStorageError.WriteOutcome {
    fileprivate var snakeCaseName: String {
        switch self {
        case .notApplied: "not_applied"
        case .unknown: "unknown"
        }
    }
}
