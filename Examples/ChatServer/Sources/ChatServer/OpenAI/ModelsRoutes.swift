import ChatStorageCore
import Hummingbird

/// OpenAI's list of models.
struct ModelsRoutes {
    let model: any ChatModel

    func add(to routes: RouterGroup<UserContext>) {
        routes.get("models") { _, _ in
            Response.json(.list(model.names.map(Self.json), hasMore: false))
        }
        routes.get("models/:id") { _, context in
            let id = try context.parameters.require("id")
            guard model.names.contains(id) else { throw APIError.notFound("model") }
            return Response.json(Self.json(id))
        }
    }

    private static func json(_ name: String) -> JSONValue {
        ["id": .string(name), "object": "model", "created": 0, "owned_by": "chat-server"]
    }
}
