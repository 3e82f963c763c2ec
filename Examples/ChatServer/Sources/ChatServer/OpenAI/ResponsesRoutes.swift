import ChatStorageCore
import Hummingbird

/// OpenAI's Responses API.
///
/// A response is an answer's message in a conversation: one that the client names, or one of its own that no list
/// shows. Every response goes on when its client has gone, and a client comes back to it by
/// `GET /v1/responses/ID?stream=true&starting_after=NUMBER`.
struct ResponsesRoutes {
    let service: AnswerService

    func add(to routes: RouterGroup<UserContext>) {
        routes.post("responses", use: create)
        routes.get("responses/:id", use: retrieve)
        routes.delete("responses/:id", use: delete)
        routes.post("responses/:id/cancel", use: cancel)
        routes.get("responses/:id/input_items", use: inputItems)
    }

    // MARK: Creating

    @Sendable private func create(_ request: Request, _ context: UserContext) async throws -> Response {
        let key = try request.key
        let asked = try ResponseRequest(try await request.object(context), defaultModel: service.defaultModel)
        guard asked.isStored else { return try await answerUnstored(asked, context) }
        let answer = try await begin(asked, key, for: context.user)
        if asked.isStreamed { return stream(answer.id, after: -1, for: context.user) }
        if asked.isBackground { return .json(ResponseObject(message: answer).json()) }
        let done = try await service.follower(for: context.user).follow(answer.id)
        return .json(ResponseObject(message: done).json())
    }

    /// Appends what the request brings, and begins the answer.
    private func begin(_ asked: ResponseRequest, _ key: RequestKey?, for user: User) async throws -> Message {
        let id = asked.conversation ?? asked.previous?.conversationID ?? ConversationID(Identifiers.make("conv_", key))
        let answerKey = key?.key(of: "answer")
        try await refuseSecondAnswer(asked, id, answerKey, user.chats)
        var place = try await appendInput(asked, key, to: id, of: user.chats)
        if case .answer(let sequence)? = asked.replacement { place = .insteadOf(sequence) }
        var metadata = Metadata()
        var settings = asked.settings
        settings["conversation"] = asked.conversation.map { .string($0.rawValue) }
        metadata[.response] = .object(settings)
        metadata[.inputs] = asked.input.count
        let window = service.window
        let order = AnswerOrder(conversationID: id, place: place, key: answerKey, metadata: metadata) { answer in
            let past = try await user.chats.history(of: id, before: answer.sequence, window: window)
            return asked.prompt(after: past, attempt: answer.attempt)
        }
        return try await service.answers.begin(order, for: user)
    }

    /// A conversation takes one question at a time, as OpenAI's do: the next one is refused until the answer has ended.
    private func refuseSecondAnswer(
        _ asked: ResponseRequest, _ id: ConversationID, _ answerKey: String?, _ chats: any ChatStorage
    ) async throws {
        guard asked.conversation != nil, asked.replacement == nil else { return }
        guard let last = try await chats.messages(of: id, limit: 1).last, last.state == .streaming else { return }
        guard last.key == nil || last.key != answerKey else { return }
        throw APIError(
            .conflict, "Another answer in this conversation is under way. Wait for it, or stop it.",
            code: "conversation_locked")
    }

    /// - Returns: Where the answer goes.
    private func appendInput(
        _ asked: ResponseRequest, _ key: RequestKey?, to id: ConversationID, of chats: any ChatStorage
    ) async throws -> AppendPlace {
        guard !asked.input.isEmpty else { return .head }
        var new = NewMessages(asked.input, to: id, if: .exists, marksRead: true)
        if let key { for index in new.messages.indices { new.messages[index].key = key.key(of: "\(index)") } }
        if let previous = asked.previous {
            new.place = .after(previous.sequence)
        } else if case .message(let sequence)? = asked.replacement {
            new.place = .insteadOf(sequence)
        } else if asked.conversation == nil {
            new.condition = .create(labels: [.unlisted])
        }
        let stored = try await chats.append(new).messages
        if let first = stored.first, first.sequence == 1, asked.conversation != nil, let title = first.title {
            try await chats.updateConversation(id, .titleIfNone(title).keepingPlace())
        }
        return stored.last.map { .after($0.sequence) } ?? .head
    }

    private func answerUnstored(_ asked: ResponseRequest, _ context: UserContext) async throws -> Response {
        let chats = context.chats
        var past: [ChatMessage] = []
        if let id = asked.conversation { past = try await chats.history(of: id, window: service.window) }
        if let previous = asked.previous {
            let query = MessageQuery(of: previous.conversationID, on: .through(previous.sequence), limit: 100)
            past = try await chats.messages(query).items.map(\.chatMessage)
        }
        let id = Message.ID(conversationID: ConversationID(Identifiers.make("conv_", nil)), sequence: 0)
        var metadata = Metadata()
        metadata[.response] = .object(asked.settings)
        let (prompt, fixed) = (asked.prompt(after: past + asked.input, attempt: 0), metadata)
        guard asked.isStreamed else {
            let done = try await service.answerUnstored(prompt, as: id, metadata: metadata)
            return .json(ResponseObject(message: done).json())
        }
        return .events { [service] events in
            var seen = -1
            _ = try await service.answerUnstored(prompt, as: id, metadata: fixed) { message in
                events.add(ResponseEvents(message).after(seen), seen: &seen)
                try await events.flush()
            }
        }
    }

    // MARK: What was created

    @Sendable private func retrieve(_ request: Request, _ context: UserContext) async throws -> Response {
        let id = try Identifiers.message(ofResponse: context.parameters.require("id"))
        let message = try await answer(id, context.user)
        guard request.query("stream") == "true" else { return .json(ResponseObject(message: message).json()) }
        let number = request.query("starting_after") ?? request.header("Last-Event-ID")
        return stream(id, after: number.flatMap { Int($0) } ?? -1, for: context.user)
    }

    /// Streams what a client has not seen of a response, until it has ended.
    private func stream(_ id: Message.ID, after number: Int, for user: User) -> Response {
        let follower = service.follower(for: user)
        return .events { events in
            var seen = number
            try await follower.follow(id) { message in
                if let message { events.add(ResponseEvents(message).after(seen), seen: &seen) }
                try await events.flush()
            }
        }
    }

    @Sendable private func cancel(_ request: Request, _ context: UserContext) async throws -> Response {
        let id = try Identifiers.message(ofResponse: context.parameters.require("id"))
        _ = try await answer(id, context.user)
        try await service.answers.stop(id, of: context.user)
        return .json(ResponseObject(message: try await answer(id, context.user)).json())
    }

    @Sendable private func delete(_ request: Request, _ context: UserContext) async throws -> Response {
        let name = try context.parameters.require("id")
        let id = try Identifiers.message(ofResponse: name)
        _ = try await answer(id, context.user)
        try await context.chats.removeMessages([id.sequence], of: id.conversationID)
        return .json(["id": .string(name), "object": "response", "deleted": true])
    }

    @Sendable private func inputItems(_ request: Request, _ context: UserContext) async throws -> Response {
        let id = try Identifiers.message(ofResponse: context.parameters.require("id"))
        let count = try await answer(id, context.user).metadata[.inputs] ?? 0
        let query = MessageQuery(of: id.conversationID, .before(id.sequence), limit: count)
        let items = try await context.chats.messages(query).items.flatMap { Items($0).all }
        return .json(.list(request.query("order") == "asc" ? items : items.reversed(), hasMore: false))
    }

    /// A stored answer that is a response.
    private func answer(_ id: Message.ID, _ user: User) async throws -> Message {
        let message = try await service.follower(for: user).stored(id)
        guard message.metadata[.response] != nil else { throw APIError.notFound("response") }
        return message
    }
}

extension ResponseRequest {
    fileprivate func prompt(after past: [ChatMessage], attempt: Int) -> Prompt {
        let instructions = instructions.map { [ChatMessage.system($0)] } ?? []
        return Prompt(
            model: model, messages: instructions + past, tools: chatTools, options: options, attempt: attempt)
    }
}

extension EventWriter {
    /// Adds events, and notes the last one's number.
    fileprivate mutating func add(_ events: [ResponseEvents.Event], seen: inout Int) {
        for event in events {
            add(event.json, type: event.type, id: event.number)
            seen = event.number
        }
    }
}

extension Message {
    /// How many messages came since the one that it follows: 0 for a first answer, more for another one.
    fileprivate var attempt: Int { predecessor.map { Int(sequence - $0) - 1 } ?? 0 }

    /// What a conversation that begins with the message is called.
    fileprivate var title: String? {
        guard let line = content.split(whereSeparator: \.isNewline).first else { return nil }
        return String(String.UnicodeScalarView(line.unicodeScalars.prefix(60)))
    }
}

extension Label {
    /// Of conversations that nobody named: those of responses without one, and completions.
    static let unlisted: Label = "unlisted"
}
