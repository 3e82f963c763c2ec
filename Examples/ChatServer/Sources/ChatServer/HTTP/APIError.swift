import ChatStorageCore
import ChatStorageProviders
import HTTPTypes
import Hummingbird

/// An error as OpenAI's API gives it, so that its clients raise the class that belongs to it.
struct APIError: Error {
    var status: HTTPResponse.Status
    var type: String
    var code: String?
    var message: String
    var parameter: String?

    init(
        _ status: HTTPResponse.Status, _ message: String, type: String = "invalid_request_error", code: String? = nil,
        parameter: String? = nil
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.message = message
        self.parameter = parameter
    }

    static func invalid(_ message: String, at parameter: String? = nil) -> APIError {
        APIError(.badRequest, message, parameter: parameter)
    }

    static func notFound(_ what: String) -> APIError {
        APIError(.notFound, "There is no such \(what).", code: "not_found")
    }

    static let unauthorized = APIError(
        .unauthorized, "Send an API key that this server knows, as a bearer token.", code: "invalid_api_key")

    /// `{"error": …}`, the body of the response and of an event of a stream.
    var json: JSONValue {
        [
            "error": [
                "message": .string(message), "type": .string(type), "param": parameter.map(JSONValue.string) ?? .null,
                "code": code.map(JSONValue.string) ?? .null,
            ]
        ]
    }
}

extension APIError {
    /// The error that a client gets for what was thrown.
    ///
    /// The store's errors quote no chat, so most go out as they are. What says something about the server does not.
    init(_ error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as ChatStorageError: self.init(error)
        case let error as ProviderFormError: self = .invalid(error.description, at: error.member)
        case let error as any HTTPResponseError where error.status.code < 500:
            self = APIError(error.status, error.status.reasonPhrase)
        case is CancellationError:
            self = APIError(.serviceUnavailable, "The server is shutting down.", type: "server_error")
        default: self = APIError(.internalServerError, "Something went wrong.", type: "server_error")
        }
    }

    private init(_ error: ChatStorageError) {
        switch error.code {
        case .invalidArgument, .invalidRole, .invalidCursor, .tooManyLabels, .metadataTooLarge:
            self = .invalid(error.message)
        case .conversationNotFound: self = .notFound("conversation")
        case .messageNotFound: self = .notFound("item")
        case .conversationExists, .conflict: self.init(.conflict, error.message, code: error.code.snakeCaseName)
        // Clients send a 409 again; this one will not succeed.
        case .idempotencyMismatch:
            self.init(.unprocessableContent, "The Idempotency-Key was used for another request.", code: "idempotency")
        case .unavailable, .readOnly:
            self.init(.serviceUnavailable, "The store cannot be reached.", type: "server_error")
        default: self.init(.internalServerError, "The store failed.", type: "server_error")
        }
    }
}

/// Answers with an ``APIError`` for whatever a handler throws.
struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let answer = APIError(error)
            if answer.status.code >= 500 { context.logger.error("a request failed", metadata: ["error": "\(error)"]) }
            var response = Response.json(answer.json, status: answer.status)
            if answer.status == .serviceUnavailable { response.headers[.retryAfter] = "1" }
            return response
        }
    }
}
