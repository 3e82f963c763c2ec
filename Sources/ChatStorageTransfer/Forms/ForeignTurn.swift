import ChatStorageCore
import ChatStorageJSON

/// An entry of another program's chat, before it becomes messages.
struct ForeignTurn {
    var role: Role
    var parts: [MessagePart] = []
    /// The metadata: members without another place.
    var room = MetadataRoom()

    /// Takes the model that wrote the entry.
    mutating func take(model: String?, at path: String) {
        guard let model, !model.isEmpty, let slice = JSONSlice(string: model) else { return }
        room.take(MetadataKey.model.name, slice, at: path)
    }

    /// The entry as one message.
    var message: ChatMessage {
        ChatMessage(role: role, parts: parts.isEmpty ? [.text("")] : parts, metadata: room.metadata)
    }

    /// The entry as successive messages: tool results are messages of their own.
    ///
    /// The first message has the metadata; each message of the model names it.
    var messages: [ChatMessage] {
        var runs: [(role: Role, parts: [MessagePart])] = []
        for part in parts {
            let role = part.kind == .toolResult ? .tool : role
            if runs.last?.role == role {
                runs[runs.count - 1].parts.append(part)
            } else {
                runs.append((role, [part]))
            }
        }
        var messages = runs.map { run in
            var message = ChatMessage(role: run.role, parts: run.parts)
            if run.role == role { message.metadata[.model] = room.metadata[.model] }
            return message
        }
        guard !messages.isEmpty else { return [message] }
        messages[0].metadata = room.metadata
        return messages
    }
}

extension JSONSlice {
    /// A string that is not in the file.
    init?(string: String) {
        guard let slice = try? JSONSlice(validating: Array(JSONValue.string(string).text.utf8)[...]) else { return nil }
        self = slice
    }
}
