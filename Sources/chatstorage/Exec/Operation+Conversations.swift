import ChatStorageCore
import ChatStorageJSON

extension Operation {
    static let conversationOperations = [
        createConversation, getConversation, getOrCreateConversation, updateTitle, updateConversation,
        listConversations, pageConversations, deleteConversation, restoreConversation,
    ]

    private static let createConversation = Operation(
        "create_conversation", .conversationID, .title, .labels(), .metadata(),
        answer: .conversation("the conversation")
    ) { id, title, labels, metadata in
        .createConversation(NewConversation(id, title: title, labels: labels, metadata: metadata))
    }

    private static let getConversation = Operation(
        "get_conversation", .conversationID, answer: .conversation("the conversation or null")
    ) { id in
        .conversation(id)
    }

    private static let getOrCreateConversation = Operation(
        "get_or_create_conversation", .conversationID, .title, .labels(), .metadata(),
        answer: .conversation("the conversation")
    ) { id, title, labels, metadata in
        .createConversation(
            NewConversation(id, title: title, labels: labels, metadata: metadata, ifExists: .keep))
    }

    private static let updateTitle = Operation(
        "update_conversation_title", .conversationID, .title, answer: .conversation("the conversation or null")
    ) { id, title in
        .updateConversation(id, .title(title))
    }

    private static let updateConversation = Operation(
        "update_conversation", .conversationID, .text("title", whenLeftOut: .words("kept")),
        .boolean("remove_title", default: false), .text("title_if_none", whenLeftOut: .words("none")),
        .boolean("keeping_place", default: false), .labels("add_labels"), .labels("remove_labels"),
        .metadata("metadata", whenLeftOut: .words("kept")), .metadata("set_metadata"), .removedMetadata,
        .integer("read_through", whenLeftOut: "kept"), .integer("unread_from", whenLeftOut: "kept"),
        .integer("head", whenLeftOut: "kept"), .integer("show_branch", whenLeftOut: "none"),
        answer: .conversation("the conversation or null")
    ) {
        id, title, removesTitle, titleIfNone, keepsPlace, added, removed, metadata, set, names, through, from, head,
        branch in
        try refuseSeveral([
            ("title", title != nil), ("remove_title", removesTitle == true), ("title_if_none", titleIfNone != nil),
        ])
        try refuseSeveral([("read_through", through != nil), ("unread_from", from != nil)])
        try refuseSeveral([("head", head != nil), ("show_branch", branch != nil)])
        var change = ConversationChange()
        if let title { change = change.title(title) }
        if removesTitle == true { change = change.title(nil) }
        if let titleIfNone { change = change.titleIfNone(titleIfNone) }
        if keepsPlace == true { change = change.keepingPlace() }
        guard added.isDisjoint(with: removed) else {
            throw InvalidRequest("a label is in add_labels and in remove_labels")
        }
        for label in added { change = change.adding(label: label) }
        for label in removed { change = change.removing(label: label) }
        change = change.metadata(try metadataChange(metadata, set, names))
        if let through { change = change.read(through: through) }
        if let from { change = change.unread(from: from) }
        if let head { change = change.head(head) }
        if let branch { change = change.show(branch: branch) }
        return .updateConversation(id, change)
    }

    private static let listConversations = Operation(
        "list_conversations", .limit(default: 50), .labels("with"), .labels("without"), .preview,
        answer: .conversations
    ) { limit, with, without, preview in
        .conversations(ConversationQuery(limit: limit, with: with, without: without, preview: preview))
    }

    private static let pageConversations = Operation(
        "page_conversations", .limit(default: 50), .labels("with"), .labels("without"), .preview,
        .text("cursor", whenLeftOut: .words("none")), answer: .conversationPage
    ) { limit, with, without, preview, cursor in
        .conversations(
            ConversationQuery(
                after: cursor.map(ConversationCursor.init(_:)), limit: limit, with: with, without: without,
                preview: preview))
    }

    private static let deleteConversation = Operation(
        "delete_conversation", .conversationID, .time("updated_before", whenLeftOut: "any"), .labels("without"),
        answer: .deleted
    ) { id, time, without in
        .deleteConversation(ConversationDeletion(id, updatedBefore: time, without: without))
    }

    private static let restoreConversation = Operation(
        "restore_conversation", .conversationID, .title, .time("created_at"), .time("updated_at"),
        .integer("last_sequence", whenLeftOut: "the last message's"), .integer("read_through", whenLeftOut: "0"),
        .integer("cleared_through", whenLeftOut: "0"), .labels(), .metadata(),
        .integer("head", whenLeftOut: "the last message"), .restoredMessages,
        answer: .conversation("the conversation")
    ) {
        id, title, createdAt, updatedAt, lastSequence, readThrough, clearedThrough, labels, metadata, head,
        messages in
        .restoreConversation(
            ConversationSnapshot(
                id: id, title: title, createdAt: createdAt, updatedAt: updatedAt, lastSequence: lastSequence,
                readThrough: readThrough ?? 0, clearedThrough: clearedThrough ?? 0, labels: labels, metadata: metadata,
                head: head, messages: messages))
    }

    /// Refuses arguments that exclude each other.
    static func refuseSeveral(_ arguments: [(name: String, isGiven: Bool)]) throws {
        let given = arguments.filter(\.isGiven)
        guard given.count > 1 else { return }
        throw InvalidRequest("\(given[0].name) and \(given[1].name) are both given")
    }

    /// The change of metadata that three arguments ask for.
    static func metadataChange(_ metadata: Metadata?, _ set: Metadata, _ removed: [String]?) throws -> MetadataChange {
        var change = metadata.map(MetadataChange.replacing(with:)) ?? MetadataChange()
        for name in removed ?? [] {
            guard set[name] == nil else { throw InvalidRequest("a member is in set_metadata and in remove_metadata") }
            change = change.removing(name)
        }
        for (name, value) in set.object.members { change = change.setting(name, to: value) }
        return change
    }
}

extension OperationArgument where Value == [String]? {
    static var removedMetadata: OperationArgument { texts("remove_metadata", whenLeftOut: .value(.array([]))) }
}

extension OperationArgument where Value == Int? {
    fileprivate static var preview: OperationArgument {
        OperationArgument<Int64?>.integer("preview", whenLeftOut: "none").map { $0.map(Int.init(clamping:)) }
    }
}

extension OperationArgument where Value == [ConversationSnapshot.Message] {
    fileprivate static var restoredMessages: OperationArgument {
        objects(
            "messages", .integer("id"), .role, .content, .parts, .metadata(), .native, .key, .time("created_at"),
            .integer("predecessor", whenLeftOut: "the one before"), .state(whenLeftOut: .value(.string("complete"))),
            .integer("revision", whenLeftOut: "0, or 1 of another state"), .time("revised_at", whenLeftOut: "none")
        ) {
            @Sendable
            id, role, content, parts, metadata, native, key, createdAt, predecessor, state, revision, revisedAt in
            let state = state ?? .complete
            return ConversationSnapshot.Message(
                sequence: id,
                body: try ChatMessage(role, content, parts, metadata: metadata, native: native, key: key),
                createdAt: createdAt, predecessor: predecessor,
                writing: MessageWriting(
                    state: state, revision: revision ?? (state == .complete ? 0 : 1), revisedAt: revisedAt))
        }
    }
}
