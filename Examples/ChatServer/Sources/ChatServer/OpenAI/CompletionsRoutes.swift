import ChatStorageCore
import Hummingbird

/// OpenAI's Chat Completions API.
///
/// A completion that is stored is a conversation of its own: the messages of the request, and the answer.
struct CompletionsRoutes {
    let service: AnswerService

    func add(to routes: RouterGroup<UserContext>) {
        routes.post("chat/completions", use: create)
        routes.get("chat/completions", use: list)
        routes.get("chat/completions/:id", use: retrieve)
        routes.post("chat/completions/:id", use: update)
        routes.delete("chat/completions/:id", use: delete)
        routes.get("chat/completions/:id/messages", use: messages)
        // Not in OpenAI's API: its clients stop a completion by closing the connection, which stops it here too.
        routes.post("chat/completions/:id/cancel", use: cancel)
    }

    // MARK: Creating

    @Sendable private func create(_ request: Request, _ context: UserContext) async throws -> Response {
        let key = try request.key
        let asked = try CompletionRequest(try await request.object(context), defaultModel: service.defaultModel)
        let id = ConversationID(Identifiers.make("chatcmpl-", key))
        if asked.isStreamed {
            return asked.isStored
                ? try await streamStored(asked, id, key, context.user) : streamUnstored(asked, id)
        }
        let answer =
            asked.isStored
            ? try await answerStored(asked, id, key, context.user) : try await answerUnstored(asked, id)
        guard answer.state != .failed else { throw APIError(failed: answer) }
        return .json(CompletionObject(message: answer).json)
    }

    private func answerUnstored(_ asked: CompletionRequest, _ id: ConversationID) async throws -> Message {
        try await service.answerUnstored(
            asked.prompt, as: Message.ID(conversationID: id, sequence: 0), metadata: asked.answerMetadata)
    }

    /// Answers, and stores question and answer in one transaction: nobody sees the answer before it is whole.
    private func answerStored(
        _ asked: CompletionRequest, _ id: ConversationID, _ key: RequestKey?, _ user: User
    ) async throws -> Message {
        if key != nil, let known = try await known(asked, id, user) { return known }
        let answer = try await answerUnstored(asked, id)
        guard answer.state == .complete else { return answer }
        var new = NewMessages(asked.prompt.messages + [answer.body], to: id, if: asked.condition, marksRead: true)
        if let key { new.setKeys(key, endsWithAnswer: true) }
        do {
            return try await user.chats.append(new).messages.last ?? answer
        } catch let error as ChatStorageError where error.code == .idempotencyMismatch {
            // The same request came twice at once, and the model said two things: the first is the answer.
            guard let known = try await known(asked, id, user) else { throw error }
            return known
        }
    }

    private func streamUnstored(_ asked: CompletionRequest, _ id: ConversationID) -> Response {
        .events { [service] events in
            var seen = -1
            let done = try await service.answerUnstored(
                asked.prompt, as: Message.ID(conversationID: id, sequence: 0), metadata: asked.answerMetadata
            ) { message in
                events.add(message, seen: &seen)
                try await events.flush()
            }
            try events.addEnd(done, asked)
            try await events.flush()
        }
    }

    private func streamStored(
        _ asked: CompletionRequest, _ id: ConversationID, _ key: RequestKey?, _ user: User
    ) async throws -> Response {
        var new = NewMessages(asked.prompt.messages, to: id, if: asked.condition, marksRead: true)
        if let key { new.setKeys(key, endsWithAnswer: false) }
        guard let question = try await user.chats.append(new).messages.last else { throw APIError.notFound("message") }
        let order = AnswerOrder(
            conversationID: id, place: .after(question.sequence), key: key?.key(of: "answer"),
            metadata: asked.answerMetadata
        ) { _ in asked.prompt }
        let answer = try await service.answers.begin(order, for: user)
        return .events { [service] events in
            var seen = -1
            do {
                let done = try await service.follower(for: user).follow(answer.id) { message in
                    if let message { events.add(message, seen: &seen) }
                    try await events.flush()
                }
                try events.addEnd(done, asked)
                try await events.flush()
            } catch {
                // This API has no way back to a stream: when the client has gone, nobody waits for the answer.
                try await service.answers.stop(answer.id, of: user)
                throw error
            }
        }
    }

    /// The answer to the same request, sent before with the same key.
    ///
    /// - Throws: ``APIError`` if the key was used for another request.
    private func known(_ asked: CompletionRequest, _ id: ConversationID, _ user: User) async throws -> Message? {
        let count = asked.prompt.messages.count
        let stored = try await user.chats.messages(of: id, .after(0), limit: count + 2)
        guard !stored.isEmpty else { return nil }
        let isSame =
            stored.count <= count + 1
            && zip(stored, asked.prompt.messages).allSatisfy { $0.body.hasSameContent(as: $1) }
        guard isSame else { throw ChatStorageError(.idempotencyMismatch, "the key is of another request") }
        guard stored.count == count + 1 else { return nil }
        return try await service.follower(for: user).follow(stored[count].id)
    }

    // MARK: What was created

    @Sendable private func list(_ request: Request, _ context: UserContext) async throws -> Response {
        var query = ConversationQuery(limit: try request.limit(default: 20), with: [.completion])
        if let after = request.query("after") {
            guard let last = try await context.chats.conversation(ConversationID(after)) else {
                throw APIError.notFound("completion")
            }
            query.cursor = ConversationCursor(after: last, tenant: context.user.name)
        }
        let page = try await context.chats.conversations(query)
        var completions: [JSONValue] = []
        for conversation in page.items {
            if let answer = try await context.chats.messages(of: conversation.id, limit: 1).last {
                completions.append(CompletionObject(message: answer).json)
            }
        }
        return .json(.list(completions, hasMore: page.next != nil))
    }

    @Sendable private func retrieve(_ request: Request, _ context: UserContext) async throws -> Response {
        .json(CompletionObject(message: try await answer(context)).json)
    }

    @Sendable private func update(_ request: Request, _ context: UserContext) async throws -> Response {
        let answer = try await answer(context)
        let metadata = try await request.object(context)["metadata"] ?? [:]
        let changed = try await context.chats.updateMetadata(
            of: answer.sequence, .setting("metadata", to: metadata), in: answer.conversationID)
        return .json(CompletionObject(message: changed).json)
    }

    @Sendable private func delete(_ request: Request, _ context: UserContext) async throws -> Response {
        let id = try context.completion
        guard try await context.chats.deleteConversation(id) else { throw APIError.notFound("completion") }
        return .json(["id": .string(id.rawValue), "object": "chat.completion.deleted", "deleted": true])
    }

    @Sendable private func messages(_ request: Request, _ context: UserContext) async throws -> Response {
        let answer = try await answer(context)
        let query = MessageQuery(of: answer.conversationID, .before(answer.sequence), limit: 100)
        let items = try await context.chats.messages(query).items.map { message in
            guard case .object(var json) = CompletionObject(message: message).answer else { return JSONValue.null }
            json["id"] = .string("\(answer.conversationID)-\(message.sequence)")
            return .object(json)
        }
        return .json(.list(items, hasMore: false))
    }

    @Sendable private func cancel(_ request: Request, _ context: UserContext) async throws -> Response {
        let answer = try await answer(context)
        try await service.answers.stop(answer.id, of: context.user)
        return .json(CompletionObject(message: try await self.answer(context)).json)
    }

    private func answer(_ context: UserContext) async throws -> Message {
        guard let answer = try await context.chats.messages(of: context.completion, limit: 1).last,
            answer.role == .assistant
        else { throw APIError.notFound("completion") }
        return answer
    }
}

extension UserContext {
    fileprivate var completion: ConversationID {
        get throws {
            let id = try parameters.require("id")
            guard id.hasPrefix("chatcmpl-") else { throw APIError.notFound("completion") }
            return ConversationID(id)
        }
    }
}

extension CompletionRequest {
    /// A completion is not in the list of chats.
    fileprivate var condition: AppendCondition { .create(labels: [.unlisted, .completion]) }

    fileprivate var answerMetadata: Metadata {
        var metadata: Metadata = ["metadata": self.metadata]
        metadata[.model] = prompt.model
        return metadata
    }
}

extension NewMessages {
    /// Gives every message a key; the answer has its own.
    fileprivate mutating func setKeys(_ key: RequestKey, endsWithAnswer: Bool) {
        for index in messages.indices {
            let isAnswer = endsWithAnswer && index == messages.count - 1
            messages[index].key = key.key(of: isAnswer ? "answer" : "\(index)")
        }
    }
}

extension EventWriter {
    fileprivate mutating func add(_ message: Message, seen: inout Int) {
        for chunk in CompletionObject(message: message).chunks(after: seen) { add(chunk) }
        seen = AnswerOutline(message).seen
    }

    fileprivate mutating func addEnd(_ done: Message, _ asked: CompletionRequest) throws {
        guard done.state != .failed else { throw APIError(failed: done) }
        if asked.wantsUsage { add(CompletionObject(message: done).usageChunk) }
        addDone()
    }
}

extension APIError {
    fileprivate init(failed answer: Message) {
        self.init(
            .internalServerError, answer.metadata[.failure] ?? "The model failed.", type: "server_error",
            code: "model_failed")
    }
}

extension Label {
    static let completion: Label = "completion"
}
