import ChatStorageCore
import HTTPTypes
import Hummingbird

/// Finds out who sends a request, and opens that user's chats: the tenant of the user's name.
///
/// Without a token that it knows there is no user, and no request reaches a tenant. Never the default tenant: all
/// requests without a token would share it.
struct Authentication: RouterMiddleware {
    typealias Context = ServerContext

    let tokens: Tokens
    let backend: any ChatStorageBackend

    func handle(
        _ request: Request, context: ServerContext, next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        guard let token = request.bearerToken, let name = tokens.user(of: token) else { throw APIError.unauthorized }
        var context = context
        context.user = User(name: name, chats: backend.tenant(name))
        return try await next(request, context)
    }
}

/// Which token is whose.
public struct Tokens: Sendable {
    private let users: [String: String]?

    /// Any token is a user, who has the token's name; for trying the server out, as nothing is secret then.
    public static let anyName = Tokens(users: nil)

    private init(users: [String: String]?) {
        self.users = users
    }

    /// Reads `TOKEN=USER,TOKEN=USER`.
    ///
    /// - Throws: What is wrong, without quoting a token.
    public init(_ text: String) throws {
        var users: [String: String] = [:]
        for (index, pair) in text.split(separator: ",").enumerated() {
            let sides = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2, Self.canBeName(sides[1]), users.updateValue(sides[1], forKey: sides[0]) == nil
            else { throw SettingError("pair \(index + 1) of the tokens is not TOKEN=USER, or comes twice") }
        }
        guard !users.isEmpty else {
            throw SettingError("CHAT_TOKENS has no TOKEN=USER pair; unset it to try the server out")
        }
        self.init(users: users)
    }

    func user(of token: String) -> String? {
        if let users { return users[token] }
        return Self.canBeName(token) ? token : nil
    }

    /// Whether it can be a tenant's name.
    private static func canBeName(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.count <= 100 && !text.utf8.contains(0)
    }
}

/// A setting that the server cannot start with.
public struct SettingError: Error, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension Request {
    fileprivate var bearerToken: String? {
        guard let value = headers[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
        let token = value.dropFirst("bearer ".count).drop { $0 == " " }
        return token.isEmpty ? nil : String(token)
    }
}
