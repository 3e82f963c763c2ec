import ChatStorageCore
import ChatStorageProviders
import Hummingbird

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// OpenAI's Conversations API.
struct ConversationsRoutes {
    func add(to routes: RouterGroup<UserContext>) {
        routes.post("conversations", use: create)
        routes.get("conversations/:id", use: retrieve)
        routes.post("conversations/:id", use: update)
        routes.delete("conversations/:id", use: delete)
        routes.post("conversations/:id/items", use: createItems)
        routes.get("conversations/:id/items", use: listItems)
        routes.get("conversations/:id/items/:item", use: retrieveItem)
        routes.delete("conversations/:id/items/:item", use: deleteItem)
    }

    // MARK: Conversations

    @Sendable private func create(_ request: Request, _ context: UserContext) async throws -> Response {
        let key = try request.key
        let body = try await request.object(context)
        let id = ConversationID(Identifiers.make("conv_", key))
        let conversation = try await context.chats.createConversation(
            NewConversation(id, metadata: try body.metadata, ifExists: key == nil ? .fail : .keep))
        if let items = body["items"], items != .null {
            try await append(items, to: id, key, of: context.chats)
        }
        return .json(conversation.json)
    }

    @Sendable private func retrieve(_ request: Request, _ context: UserContext) async throws -> Response {
        .json(try await conversation(context).json)
    }

    @Sendable private func update(_ request: Request, _ context: UserContext) async throws -> Response {
        let change = ConversationChange.metadata(.replacing(with: try await request.object(context).metadata))
        guard let changed = try await context.chats.updateConversation(context.conversationID, change) else {
            throw APIError.notFound("conversation")
        }
        return .json(changed.json)
    }

    @Sendable private func delete(_ request: Request, _ context: UserContext) async throws -> Response {
        let id = try context.conversationID
        guard try await context.chats.deleteConversation(id) else { throw APIError.notFound("conversation") }
        return .json(["id": .string(id.rawValue), "object": "conversation.deleted", "deleted": true])
    }

    private func conversation(_ context: UserContext) async throws -> Conversation {
        guard let conversation = try await context.chats.conversation(context.conversationID) else {
            throw APIError.notFound("conversation")
        }
        return conversation
    }

    // MARK: Items

    @Sendable private func createItems(_ request: Request, _ context: UserContext) async throws -> Response {
        guard let items = try await request.object(context)["items"] else {
            throw APIError.invalid("There are no items.", at: "items")
        }
        let stored = try await append(items, to: context.conversationID, try request.key, of: context.chats)
        return .json(.list(stored.flatMap { Items($0).all }, hasMore: false))
    }

    @discardableResult
    private func append(
        _ items: JSONValue, to id: ConversationID, _ key: RequestKey?, of chats: any ChatStorage
    ) async throws -> [Message] {
        var messages = try OpenAIResponses.messages(from: Data(items.text.utf8))
        if let key { for index in messages.indices { messages[index].key = key.key(of: "\(index)") } }
        return try await chats.append(messages, to: id, if: .exists)
    }

    @Sendable private func listItems(_ request: Request, _ context: UserContext) async throws -> Response {
        let id = try await conversation(context).id
        let (limit, isAscending) = (try request.limit(default: 20), request.query("order") == "asc")
        var query = MessageQuery(of: id, isAscending ? .after(0) : .end, limit: limit + 1)
        var items: [JSONValue] = []
        if let after = request.query("after") {
            // The rest of the message that the item is in, and then the messages beyond it.
            let (sequence, _) = try Identifiers.item(after)
            items = try await self.items(of: sequence, context, isAscending)
            guard let index = items.firstIndex(where: { $0["id"]?.string == after }) else {
                throw APIError.notFound("item")
            }
            items.removeFirst(index + 1)
            query.position = isAscending ? .after(sequence) : .before(sequence)
        }
        let page = try await context.chats.messages(query)
        for message in isAscending ? page.items : page.items.reversed() {
            let all = Items(message).all
            items += isAscending ? all : all.reversed()
        }
        return .json(.list(Array(items.prefix(limit)), hasMore: items.count > limit))
    }

    @Sendable private func retrieveItem(_ request: Request, _ context: UserContext) async throws -> Response {
        let name = try context.parameters.require("item")
        let items = try await items(of: Identifiers.item(name).sequence, context)
        guard let item = items.first(where: { $0["id"]?.string == name }) else { throw APIError.notFound("item") }
        return .json(item)
    }

    /// Removes an item, with the others of its message: what an answer said is not changed in part.
    @Sendable private func deleteItem(_ request: Request, _ context: UserContext) async throws -> Response {
        let (sequence, _) = try Identifiers.item(context.parameters.require("item"))
        guard try await context.chats.removeMessages([sequence], of: context.conversationID) > 0 else {
            throw APIError.notFound("item")
        }
        return .json(try await conversation(context).json)
    }

    private func items(
        of sequence: Int64, _ context: UserContext, _ isAscending: Bool = true
    ) async throws -> [JSONValue] {
        let query = MessageQuery(of: try context.conversationID, .sequences([sequence]))
        let items = try await context.chats.messages(query).items.flatMap { Items($0).all }
        return isAscending ? items : items.reversed()
    }
}

extension UserContext {
    var conversationID: ConversationID {
        get throws {
            let id = ConversationID(try parameters.require("id"))
            guard Identifiers.isConversation(id) else { throw APIError.notFound("conversation") }
            return id
        }
    }
}

extension JSONObject {
    /// What a client keeps beside an object of the API.
    fileprivate var metadata: Metadata {
        get throws {
            guard let json = self["metadata"], json != .null else { return Metadata() }
            guard case .object(let object) = json else {
                throw APIError.invalid("metadata must be an object.", at: "metadata")
            }
            return Metadata(object)
        }
    }
}

extension Conversation {
    /// The conversation as the API has it.
    fileprivate var json: JSONValue {
        [
            "id": .string(id.rawValue), "object": "conversation", "created_at": JSONValue(createdAt),
            "metadata": .object(metadata.object),
        ]
    }
}
