import ChatStorageJSON

/// The UI message in the chunks of a stream.
struct UIStream: Sendable, Omitting {
    /// A part that grows.
    private struct Part: Sendable {
        /// The id that chunks use for it: a text's or a call's.
        var id = ""
        let type: String
        var members: [(name: String, json: String)]
        /// The growing text, whose member comes after the type and the id; or the pieces of a call's arguments.
        var text: StreamedString?
        var isOpen = true

        mutating func set(_ name: String, _ json: String?) {
            members.removeAll { $0.name == name && json == nil }
            guard let json else { return }
            if let place = members.firstIndex(where: { $0.name == name }) {
                members[place].json = json
            } else {
                members.append((name, json))
            }
        }

        func json(_ name: String) -> String? { members.first { $0.name == name }?.json }
    }

    private var id = JSONPatch.string("")
    private var metadata: String?
    private var parts: [Part] = []
    private(set) var isComplete = false
    var omissions: [Omission] = []

    /// The texts, joined by line feeds.
    var text: String {
        parts.filter { $0.type == "text" }.compactMap { $0.text?.text }.joined(separator: "\n")
    }

    /// The UI message.
    var json: String {
        JSONWriter.object { json in
            json.member("id", literal: id)
            json.member("role", "assistant")
            json.member("metadata", literal: metadata)
            json.name("parts")
            json.array { json in
                for part in parts {
                    json.object { json in
                        json.member("type", part.type)
                        for (name, value) in part.members {
                            json.member(name, literal: name == "text" ? part.text?.json ?? value : value)
                        }
                    }
                }
            }
        }
    }

    // MARK: Chunks

    mutating func add(_ chunk: JSONFields) throws {
        let type = try chunk.requiredString("type")
        switch type {
        case "start", "message-metadata", "finish":
            if let id = chunk["messageId"], id.kind == .string { self.id = id.text }
            if let more = chunk["messageMetadata"], more.kind != .null {
                metadata = try metadata.map { try Self.merged(JSONFields.parse($0.utf8), more) } ?? more.text
            }
            if type == "finish" { isComplete = true }
        case "start-step": parts.append(Part(type: "step-start", members: []))
        case "finish-step": for index in parts.indices { parts[index].isOpen = false }
        case "reset-step":
            parts.removeSubrange((parts.lastIndex { $0.type == "step-start" }.map { $0 + 1 } ?? 0)...)
        case "text-start", "reasoning-start": try startText(chunk, String(type.dropLast("-start".count)))
        case "text-delta", "reasoning-delta", "text-end", "reasoning-end": try changeText(chunk, type)
        case "file", "reasoning-file", "source-url", "source-document", "custom":
            parts.append(Part(type: type, members: Self.members(chunk, except: ["type"])))
        case "error": throw ProviderFormError(member: "errorText", reason: "ended the stream")
        case "abort": return
        case _ where type.hasPrefix("tool-"): try changeCall(chunk, type)
        case _ where type.hasPrefix(UIPartReader.dataPrefix): addData(chunk, type)
        default: omit("a chunk of an unknown kind is left out")
        }
    }

    private static func members(
        _ chunk: JSONFields, except others: Set<String>
    ) -> [(name: String, json: String)] {
        chunk.members.filter { !others.contains($0.key) }.map { ($0.key, $0.value.text) }
    }

    // MARK: Texts

    private mutating func startText(_ chunk: JSONFields, _ type: String) throws {
        var part = Part(id: try chunk.requiredString("id"), type: type, members: [], text: StreamedString())
        if type == "reasoning" { part.set("id", chunk["id"]?.text) }
        part.set("text", "\"\"")
        part.set("providerMetadata", chunk["providerMetadata"]?.text)
        part.set("state", "\"streaming\"")
        parts.append(part)
    }

    private mutating func changeText(_ chunk: JSONFields, _ type: String) throws {
        let id = try chunk.requiredString("id")
        let kind = type.prefix { $0 != "-" }
        guard let place = parts.lastIndex(where: { $0.type == kind && $0.id == id && $0.isOpen && $0.text != nil })
        else { throw ProviderFormError(member: "id", reason: "belongs to a part that did not start") }
        if let metadata = chunk["providerMetadata"] { parts[place].set("providerMetadata", metadata.text) }
        if type.hasSuffix("-end") {
            parts[place].set("state", "\"done\"")
            parts[place].isOpen = false
        } else {
            parts[place].text?.add(try chunk.requiredText("delta"))
        }
    }

    // MARK: Calls

    private mutating func changeCall(_ chunk: JSONFields, _ type: String) throws {
        let id = try chunk.requiredText(type == "tool-approval-response" ? "approvalId" : "toolCallId")
        let step = parts.lastIndex { $0.type == "step-start" } ?? 0
        let isInput = type.hasPrefix("tool-input-")
        var place = parts.lastIndex { part in
            type == "tool-approval-response"
                ? part.json("approval").map { $0.contains(id.text) } ?? false
                : part.json("toolCallId") == id.text
        }
        if isInput, let found = place, found < step { place = nil }
        if place == nil, isInput, type != "tool-input-delta" {
            let name = try chunk.requiredString("toolName")
            let isDynamic = chunk["dynamic"]?.boolean == true
            var part = Part(type: isDynamic ? "dynamic-tool" : UIPartReader.toolPrefix + name, members: [])
            if isDynamic { part.set("toolName", chunk["toolName"]?.text) }
            part.set("toolCallId", id.text)
            parts.append(part)
            place = parts.count - 1
        }
        guard let place else {
            throw ProviderFormError(member: "toolCallId", reason: "belongs to a call that did not start")
        }
        for name in ["title", "toolMetadata", "providerExecuted"] {
            if let value = chunk[name] { parts[place].set(name, value.text) }
        }
        let metadata = type.hasPrefix("tool-output-") ? "resultProviderMetadata" : "callProviderMetadata"
        if let value = chunk["providerMetadata"] { parts[place].set(metadata, value.text) }
        try setState(chunk, type, place)
    }

    private mutating func setState(_ chunk: JSONFields, _ type: String, _ place: Int) throws {
        switch type {
        case "tool-input-start":
            parts[place].set("state", "\"input-streaming\"")
            parts[place].text = StreamedString()
        case "tool-input-delta": parts[place].text?.add(try chunk.requiredText("inputTextDelta"))
        case "tool-input-available":
            parts[place].set("state", "\"input-available\"")
            parts[place].set("input", try chunk.required("input").text)
        case "tool-input-error":
            parts[place].set("state", "\"output-error\"")
            parts[place].set("input", chunk["input"]?.text)
            parts[place].set("errorText", try chunk.requiredText("errorText").text)
        case "tool-output-available":
            parts[place].set("state", "\"output-available\"")
            parts[place].set("output", try chunk.required("output").text)
            parts[place].set("preliminary", chunk["preliminary"]?.text)
        case "tool-output-error":
            parts[place].set("state", "\"output-error\"")
            parts[place].set("errorText", try chunk.requiredText("errorText").text)
        case "tool-output-denied": parts[place].set("state", "\"output-denied\"")
        case "tool-approval-request":
            parts[place].set("state", "\"approval-requested\"")
            var approval = StreamedObject()
            approval.set("id", try chunk.requiredText("approvalId").text)
            for name in ["isAutomatic", "signature"] { if let value = chunk[name] { approval.set(name, value.text) } }
            parts[place].set("approval", approval.json)
        case "tool-approval-response":
            parts[place].set("state", "\"approval-responded\"")
            let old = try parts[place].json("approval").map { try JSONFields(JSONFields.parse($0.utf8), at: "") }
            var approval = old.map(StreamedObject.init) ?? StreamedObject()
            for name in ["approved", "reason"] { if let value = chunk[name] { approval.set(name, value.text) } }
            parts[place].set("approval", approval.json)
        default: return
        }
    }

    // MARK: The app's own parts

    private mutating func addData(_ chunk: JSONFields, _ type: String) {
        if chunk["transient"]?.boolean == true { return }
        if let id = chunk["id"]?.text, let place = parts.firstIndex(where: { $0.type == type && $0.json("id") == id }) {
            parts[place].set("data", chunk["data"]?.text)
        } else {
            parts.append(Part(type: type, members: Self.members(chunk, except: ["type", "transient"])))
        }
    }

    /// Metadata with an addition: objects are merged; otherwise the later value counts.
    private static func merged(_ old: JSONSlice, _ new: JSONSlice) throws -> String {
        guard old.kind == .object, new.kind == .object else { return new.text }
        var result = StreamedObject(try JSONFields(old, at: ""))
        for (name, value) in new.memberList {
            result.set(name, try old.member(name).map { try merged($0, value) } ?? value.text)
        }
        return result.json
    }
}
