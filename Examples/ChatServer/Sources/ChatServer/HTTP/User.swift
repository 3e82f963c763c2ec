import ChatStorageCore
import Hummingbird

/// Who sent a request, and the only chats that the request can reach.
struct User: Sendable {
    let name: String
    let chats: any ChatStorage
}

/// What every handler is given beside the request.
struct ServerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Set by ``Authentication``.
    var user: User?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}

/// What the handlers of a user's requests are given.
///
/// It has a user's handle and not the backend: no handler can read another user's chats, or close the store.
struct UserContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let user: User

    init(context: ServerContext) throws {
        guard let user = context.user else { throw APIError.unauthorized }
        coreContext = context.coreContext
        self.user = user
    }

    var chats: any ChatStorage { user.chats }

    /// Chats have images and documents in them.
    var maxUploadSize: Int { 32 << 20 }
}
