package import ChatStorageCore
package import ChatStorageJSON

extension Conversation {
    /// The conversation as `exec` and `--json` show it; with its branches if it has some, and with its preview if it
    /// was asked for and has one.
    package var json: JSONOutput { .object(members) }

    /// The conversation with messages: a line of an archive.
    ///
    /// - Parameter tenant: The tenant's name in an archive of a whole store; nil adds nothing.
    package func json(with messages: [Message], tenant: String? = nil) -> JSONOutput {
        .object(
            (tenant.map { [("tenant", .string($0))] } ?? []) + members
                + [("messages", .array(messages.map(\.json)))])
    }

    private var members: [(key: String, value: JSONOutput)] {
        [
            ("conversation_id", .string(id.rawValue)),
            ("title", .string(orNull: title)),
            ("created_at", .string(createdAt.description)),
            ("updated_at", .string(updatedAt.description)),
            ("last_id", .integer(lastSequence)),
            ("message_count", .integer(Int64(messageCount))),
            ("read_through", .integer(readThrough)),
            ("cleared_through", .integer(version.clearedThrough)),
            ("labels", .array(labels.sorted().map { .string($0.rawValue) })),
            ("metadata", metadata.json),
        ] + (head.map { [("head", .integer($0))] } ?? []) + (isBranched ? [("is_branched", .boolean(true))] : [])
            + (preview.map { [("preview", $0.json)] } ?? [])
    }
}

extension MessagePreview {
    fileprivate var json: JSONOutput {
        .object(
            [
                ("id", .integer(sequence)), ("role", .string(role.rawValue)),
                ("created_at", .string(createdAt.description)), ("text", .string(text)),
            ] + (state == .complete ? [] : [("state", .string(state.rawValue))]))
    }
}

extension Fork {
    /// The fork as `exec` and `--json` show it.
    package var json: JSONOutput {
        .object([
            ("after", .integer(after)),
            (
                "successors",
                .array(
                    successors.map {
                        .object([("id", .integer($0.sequence)), ("newest_end", .integer($0.newestEnd))])
                    })
            ),
        ])
    }
}

extension Message {
    /// The message as `exec` and `--json` show it; with what it has beside a text, what it follows where that is not
    /// the message before it, and what became of it if it was an answer under way.
    package var json: JSONOutput { .object(members) }

    package var members: [(key: String, value: JSONOutput)] {
        [
            ("id", .integer(sequence)),
            ("conversation_id", .string(conversationID.rawValue)),
            ("role", .string(role.rawValue)),
            ("content", .string(content)),
            ("created_at", .string(createdAt.description)),
        ] + body.membersBesideText(["parts", "metadata", "native"])
            + (key.map { [("key", .string($0))] } ?? [])
            + (predecessor.map { [("predecessor", .integer($0))] } ?? [])
            + (writing == .none ? [] : writing.members)
    }
}

extension MessageWriting {
    fileprivate var members: [(key: String, value: JSONOutput)] {
        [("state", .string(state.rawValue)), ("revision", .integer(revision))]
            + (revisedAt.map { [("revised_at", .string($0.description))] } ?? [])
    }
}

extension ChatMessage {
    /// The message as LLM chat APIs take it, if it is one text; otherwise with its parts.
    package var json: JSONOutput {
        .object(
            [("role", .string(role.rawValue)), ("content", .string(content))] + membersBesideText(["parts", "native"]))
    }

    /// The members of these names, as archives have them.
    fileprivate func membersBesideText(_ names: [String]) -> [(key: String, value: JSONOutput)] {
        guard !isPlain else { return [] }
        var writer = JSONWriter(capacity: 256)
        writer.object { MessageJSON.write(self, to: &$0) }
        // The writer's own text is valid.
        guard let members = try? JSONSlice(validating: writer.bytes[...]).memberList else { return [] }
        return members.filter { names.contains($0.key) }.map { ($0.key, JSONOutput($0.value)) }
    }
}

extension Metadata {
    /// The object, its names in the order of their UTF-8 bytes.
    package var json: JSONOutput { JSONValue.object(object).output }
}

extension JSONValue {
    /// The value to be written.
    package var output: JSONOutput {
        switch self {
        case .null: .null
        case .boolean(let boolean): .boolean(boolean)
        case .integer(let integer): .integer(integer)
        case .number: .number(text)
        case .string(let string): .string(string)
        case .array(let elements): .array(elements.map(\.output))
        case .object(let object): .object(object.members.map { ($0.name, $0.value.output) })
        }
    }
}
