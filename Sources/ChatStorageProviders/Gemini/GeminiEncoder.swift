import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Writes each message as parts; ``GeminiTurns`` joins them.
struct GeminiEncoder: Omitting {
    /// Gives the bytes of files.
    let resolving: FileResolution?
    private var system: [String] = []
    private var turns = GeminiTurns()
    var omissions: [Omission] = []

    init(resolving: FileResolution?) {
        self.resolving = resolving
    }

    /// Adds a message.
    ///
    /// - Throws: What the resolution throws.
    mutating func add(_ message: ChatMessage, at place: Int) throws {
        guard let side = Side(message.role) else {
            return omit(place, nil, "the message is left out: the API has no such role")
        }
        guard message.parts.contains(where: { !$0.hasNoText || $0.native(of: GeminiContents.format) != nil }) else {
            return omit(place, nil, "the message is left out: it is empty")
        }
        if side == .system, !turns.isEmpty {
            omit(place, nil, "the message moves to the front: the API has one system instruction, before all contents")
        }
        if let native = message.native {
            omit(place, nil, "the message's native JSON (\(native.format)) is left out; its parts are sent")
        }
        var index = 0
        while index < message.parts.count {
            let belongings = message.parts[index].belongings(in: message.parts[(index + 1)...])
            let files = Array(belongings.prefix { $0.kind == .file })
            try add(message.parts[index], files, side, place, index)
            index += 1 + files.count
        }
    }

    // MARK: A part

    private mutating func add(
        _ part: MessagePart, _ files: [MessagePart], _ side: Side, _ message: Int, _ index: Int
    ) throws {
        var outgoing = try native(of: part, files, message, index)
        if outgoing == nil {
            outgoing = try portable(part, files, message, index)
            if outgoing != nil {
                for reason in part.unsent(errorGoes: true, nameGoes: true) { omit(message, index, reason) }
            }
        } else if !part.extra.isEmpty {
            omit(message, index, "members are left out that the API has no place for: extra")
        }
        guard let outgoing else { return }
        switch (side, outgoing.kind) {
        case (.system, _) where part.kind != .text:
            omit(message, index, "the part is left out: the system instruction takes only texts")
        case (.system, _): system.append(outgoing.json)
        case (.user, .call), (.assistant, .result):
            omit(message, index, "the part is left out: the API does not take its kind in a message of this role")
        default: turns.append(outgoing, isUsers: side == .user)
        }
    }

    /// The part's native JSON with its files' bytes put back; nil if it has none of this API, or it is no longer valid.
    private mutating func native(
        of part: MessagePart, _ files: [MessagePart], _ message: Int, _ index: Int
    ) throws -> GeminiOutgoing? {
        guard let native = part.native(of: GeminiContents.format) else { return nil }
        var pass = InlineFiles(extracting: nil)
        guard let slice = try? native.json.slice.byItself,
            let made = try? GeminiPartReader.read(slice, callID: part.callID, files: &pass),
            made.count == files.count + 1, zip(made, [part] + files).dropFirst().allSatisfy({ $0.says(sameAs: $1) })
        else { return nil }
        if part.kind == .text, part.hasNoText, !slice.memberList.contains(where: { $0.key.hasPrefix("thought") }) {
            return nil
        }
        guard let json = try GeminiPartReader.filled(native.json, with: [part] + files, resolving: resolving) else {
            omit(message, index, "the native JSON is left out: `resolving` gave no bytes for its files")
            return nil
        }
        let kind: GeminiOutgoing.Kind =
            slice.googleMember("functionCall") != nil
            ? .call : slice.googleMember("functionResponse") != nil ? .result : .other
        return GeminiOutgoing(
            kind: kind, json: json.text, callID: part.callID, name: part.name,
            apiID: kind == .result ? slice.resultID : slice.ownCallID,
            isSigned: slice.googleMember("thoughtSignature") != nil, message: message, part: index)
    }

    // MARK: Portable members

    private static let noBytes = """
        the file is left out: its media type is not known, or `resolving` gave no bytes and the API takes no URL of it
        """

    private mutating func portable(
        _ part: MessagePart, _ files: [MessagePart], _ message: Int, _ index: Int
    ) throws -> GeminiOutgoing? {
        func outgoing(_ kind: GeminiOutgoing.Kind, _ json: String = "", files: [String] = []) -> GeminiOutgoing {
            GeminiOutgoing(
                kind: kind, json: json, portable: kind == .other ? nil : part, files: files, callID: part.callID,
                name: part.name, message: message, part: index)
        }
        switch part.kind {
        case .text, .refusal:
            if !part.hasNoText { return outgoing(.other, GeminiPartWriter.text(part.text ?? "")) }
            omit(message, index, "the text is left out: it is empty, which the API refuses")
        case .toolCall:
            guard part.name != nil else {
                omit(message, index, "the call is left out: it has no name")
                return nil
            }
            if BlockWriter.input(part.input ?? "").isWrapped {
                omit(message, index, "the call's input is not a JSON object; it is sent as a string inside one")
            }
            return outgoing(.call)
        case .toolResult:
            var written: [String] = []
            for (offset, file) in files.enumerated() {
                let json = try self.file(file.file ?? MessageFile())
                // A result takes only bytes, no URLs.
                if let json, json.hasPrefix("{\"inlineData\"") {
                    written.append(json)
                } else {
                    omit(message, index + 1 + offset, Self.noBytes)
                }
            }
            return outgoing(.result, files: written)
        case .file:
            if let json = try file(part.file ?? MessageFile()) { return outgoing(.other, json) }
            omit(message, index, Self.noBytes)
        case .reasoning: omit(message, index, "the reasoning is left out: it is not of this API")
        default: omit(message, index, "the part is left out: the API does not take its kind")
        }
        return nil
    }

    /// A file's part: its URL if it is one of Google's, or else its bytes, or else any URL.
    private func file(_ file: MessageFile) throws -> String? {
        let url = file.url ?? ""
        let isGoogles = ["gs://", "https://generativelanguage.googleapis.com/"].contains(where: url.hasPrefix)
        if !isGoogles, let bytes = try resolving?(file) {
            return GeminiPartWriter.bytes(
                base64: bytes.base64EncodedString(), mediaType: file.mediaType ?? file.mediaTypeOfName)
        }
        return GeminiPartWriter.file(file)
    }

    // MARK: The body

    /// Makes the body from the added messages.
    ///
    /// - Throws: ``ProviderFormError``.
    func body(adding: RequestMembers, signing: Bool) throws -> EncodedBody {
        var turns = turns
        let omissions = omissions + turns.settle(signing: signing)
        let names = system.isEmpty ? ["contents"] : ["contents", "systemInstruction", "system_instruction"]
        let members = try adding.checked(reserving: names)
        var writer = JSONWriter(capacity: 4_096)
        writer.object { writer in
            for member in members { writer.member(member.name, literal: member.json.text) }
            if !system.isEmpty {
                writer.name("systemInstruction")
                writer.object { Self.write(system, to: &$0) }
            }
            writer.name("contents")
            writer.array { writer in
                for content in turns.contents {
                    writer.object { writer in
                        writer.member("role", content.role)
                        Self.write(content.parts, to: &writer)
                    }
                }
            }
        }
        return EncodedBody(data: Data(writer.bytes), omissions: omissions.inOrder)
    }

    private static func write(_ parts: [String], to writer: inout JSONWriter) {
        writer.name("parts")
        writer.array { for part in parts { $0.literal(part) } }
    }
}
