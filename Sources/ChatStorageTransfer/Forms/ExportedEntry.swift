import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// An entry of an app's export before it becomes messages: its parts, and its JSON in case metadata has no room for it.
struct ExportedEntry {
    /// How many bytes of JSON are kept beside the parts; more is left out.
    private static let largestNative = 4 << 20

    /// The name of the export's format.
    let format: String
    /// The entry's JSON in the file.
    let slice: JSONSlice
    var role: Role
    var parts: [MessagePart] = []
    /// The metadata: members without another place.
    var room = MetadataRoom()
    /// The model that wrote it.
    var model: String?

    init(_ slice: JSONSlice, format: String, role: Role) {
        self.slice = slice
        self.format = format
        self.role = role
    }

    /// The entry as successive messages: tool results are messages of their own.
    ///
    /// The first message has the metadata. If there is no room for all of it, that message also has the entry's JSON.
    ///
    /// - Parameter leftOut: Gets the paths of members that are kept nowhere.
    func messages(leavingOut leftOut: inout Set<String>) -> [ChatMessage] {
        var native: NativeJSON?
        if !room.leftOut.isEmpty {
            if slice.range.count <= Self.largestNative {
                native = NativeJSON(format: format, json: JSONText(slice))
            } else {
                leftOut.formUnion(room.leftOut)
            }
        }
        var messages = runs.map { run in
            var metadata = Metadata()
            if run.role == .assistant { metadata[.model] = model }
            return ChatMessage(role: run.role, parts: run.parts.map(\.storable), metadata: metadata)
        }
        var metadata = room.metadata
        if let model, metadata[.model] == nil { metadata[.model] = model }
        messages[0] = ChatMessage(
            role: messages[0].role, parts: messages[0].parts, metadata: metadata, native: native)
        return messages
    }

    /// The parts of each message with its role, at least one message; none has more parts than allowed.
    private var runs: [(role: Role, parts: [MessagePart])] {
        var runs: [(role: Role, parts: [MessagePart])] = []
        var results: Set<UTF8Text> = []
        for part in parts {
            if part.kind == .toolResult, let id = part.callID { results.insert(UTF8Text(id)) }
            let isResult =
                part.kind == .toolResult
                || part.kind != .toolCall && part.callID.map { results.contains(UTF8Text($0)) } == true
            let role = isResult ? .tool : role
            if let last = runs.last, last.role == role, last.parts.count < Limits.parts.upperBound {
                runs[runs.count - 1].parts.append(part)
            } else {
                runs.append((role, [part]))
            }
        }
        return runs.isEmpty ? [(role, [.text("")])] : runs
    }
}

extension MetadataRoom {
    /// Takes the rest of an object, under its own names; a name that is already there gets a prefix.
    mutating func takeRest(of object: ForeignObject, prefix: String) {
        for (key, value) in object.rest {
            let name = metadata[key] == nil ? key : "\(prefix).\(key)"
            take(name, value, at: object.path(of: key.shortened))
        }
    }
}

extension MessagePart {
    /// The part with the rest of its object: a few short members as members of the part, otherwise the native JSON.
    func holding(_ object: ForeignObject, format: String) -> MessagePart {
        let rest = object.rest
        guard !rest.isEmpty else { return self }
        let areShort = rest.allSatisfy { member in
            member.value.kind != .object && member.value.kind != .array && member.value.range.count <= 200
                && Limits.partNameScalars.contains(member.key.unicodeScalars.count) && !member.key.hasNUL
        }
        guard areShort, rest.count <= 8 else { return with(native: object.slice, format: format) }
        var part = self
        part.extra += rest.map { ExtraMember($0.key, JSONText($0.value)) }
        return part
    }

    /// The part as storage takes it: in its texts U+0000 becomes U+FFFD; native JSON has it escaped.
    fileprivate var storable: MessagePart {
        guard [text, input, output, file?.url].contains(where: { $0?.hasNUL == true }) else { return self }
        let native = native
        var part = self
        part.text = text?.withoutNUL
        part.input = input?.withoutNUL
        part.output = output?.withoutNUL
        part.file?.url = file?.url?.withoutNUL
        part.native = native
        return part
    }
}

extension String {
    private static let replacement: Unicode.Scalar = "\u{FFFD}"

    fileprivate var withoutNUL: String {
        guard hasNUL else { return self }
        return String(UnicodeScalarView(unicodeScalars.map { $0.value == 0 ? Self.replacement : $0 }))
    }

    /// The text as a name in a part; nil if it is empty or too long.
    var partName: String? {
        !isEmpty && unicodeScalars.count <= Limits.partNameScalars.upperBound && !hasNUL ? self : nil
    }
}

extension JSONSlice {
    /// The first member of a name; nil if it is missing or null.
    func present(_ name: String) -> JSONSlice? {
        guard let value = firstMember(name), value.kind != .null else { return nil }
        return value
    }

    /// A string as it is, any other value as its JSON.
    var textOrJSON: String { string ?? text }
}
