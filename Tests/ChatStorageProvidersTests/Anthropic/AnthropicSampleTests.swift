import ChatStorageCore
import ChatStorageInMemory
import ChatStorageJSON
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

@Suite(
    "Anthropic's samples",
    .enabled(if: SampleFiles.areThere, "there is no \(SampleFiles.folder.path)"))
struct AnthropicSampleTests {
    private static let names = AnthropicSamples.expected.keys.sorted()

    @Test("have the parts that a person expects", arguments: names)
    func parts(name: String) throws {
        var omissions: [Omission] = []
        let message = try AnthropicMessages.message(from: AnthropicSamples.response(name), omissions: &omissions)
        #expect(message.role == .assistant)
        let lines = message.parts.map(Self.line).joined(separator: "\n")
        #expect(lines == AnthropicSamples.expected[name])
        #expect(omissions.isEmpty)
    }

    private static func line(of part: MessagePart) -> String {
        var line = part.kind.rawValue
        if part.kind == .toolCall || part.kind == .toolResult { line += " \(part.name ?? "-") \(part.callID ?? "-")" }
        guard let text = part.text else { return line }
        let start = text.replacingOccurrences(of: "\n", with: "⏎").unicodeScalars.prefix(28)
        var beginning = String(String.UnicodeScalarView(start))
        while beginning.last == " " { beginning.removeLast() }
        return line + " \(text.utf8.count) " + beginning
    }

    @Test("are accounted for, member by member", arguments: names)
    func members(name: String) throws {
        let response = try AnthropicSamples.response(name)
        let message = try AnthropicMessages.message(from: response)
        for member in try JSONFields.parse(response).memberList {
            switch member.key {
            case "type": #expect(member.value.string == "message")
            case "role": #expect(member.value.string == message.role.rawValue)
            case "content": try check(Array(#require(member.value.elements)), message)
            default:
                let name = member.key == "id" ? "response_id" : member.key
                #expect(message.metadata[name] == (try JSONValue(parsing: member.value.text)), "\(member.key)")
            }
        }
        #expect(message.metadata[.model] != nil && message.metadata[.responseID] != nil)
        #expect(message.metadata[.stopReason] != nil && message.metadata[.usage] != nil)
    }

    private func check(_ blocks: [JSONSlice], _ message: ChatMessage) throws {
        #expect(blocks.count == message.parts.count)
        for (block, part) in zip(blocks, message.parts) {
            if let native = part.native {
                #expect(native == NativeJSON(format: AnthropicMessages.format, json: JSONText(block)))
            } else {
                #expect(NativeRule.isSame(block.text, try #require(BlockWriter.portable(part))))
            }
            if block.memberList.contains(where: { $0.key == "signature" }) { #expect(part.native != nil) }
            let input = block.memberList.first { $0.key == "input" }?.value.text
            #expect(part.input == input)
        }
    }

    @Test("go back as they came, also after a store, Codable and the stored form", arguments: names)
    func roundTrip(name: String) async throws {
        let response = try AnthropicSamples.response(name)
        let message = try AnthropicMessages.message(from: response)
        let conversation = [.user("Go on."), message] + Self.results(of: message)
        try await checkStored(conversation, on: InMemoryBackend(roles: .withTools))
        let folder = try TemporaryFolder()
        var configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
        configuration.roles = .withTools
        try await checkStored(conversation, on: SQLiteBackend(configuration))
        let coded = try JSONDecoder().decode([ChatMessage].self, from: JSONEncoder().encode(conversation))
        #expect(coded == conversation)
        #expect(try conversation.map(Self.storedAndRead) == conversation)

        let body = try AnthropicMessages.body(for: coded)
        let sent = try Self.contents(of: body.data)
        let expected = try #require(JSONFields(JSONFields.parse(response), at: "")["content"]?.elements).map(\.text)
        #expect(sent.count == (message.parts.isEmpty ? 1 : 2 + Self.results(of: message).count))
        let answer = message.parts.isEmpty ? [] : sent[1]
        #expect(answer.count == expected.count)
        for (index, (block, original)) in zip(answer, expected).enumerated() {
            #expect(NativeRule.isSame(block, original), "block \(index)")
            if message.parts[index].native != nil { #expect(block == original, "block \(index)") }
        }
        #expect(body.omissions.map(\.reason) == (message.parts.isEmpty ? ["the message is left out: it is empty"] : []))
    }

    private func checkStored(_ conversation: [ChatMessage], on backend: some ChatStorageBackend) async throws {
        try await backend.prepare()
        try await backend.append(conversation, to: "c")
        #expect(try await backend.history(of: "c", limit: 10) == conversation)
        try await backend.close()
    }

    /// A result for each call that the app has to answer.
    private static func results(of message: ChatMessage) -> [ChatMessage] {
        let calls = message.toolCalls.filter { $0.callID?.hasPrefix("toolu_") == true }
        return calls.isEmpty ? [] : [.tool(calls.map { .toolResult(callID: $0.callID ?? "", output: "done") })]
    }

    private static func storedAndRead(_ message: ChatMessage) throws -> ChatMessage {
        var writer = JSONWriter()
        writer.object { MessageJSON.write(message, to: &$0) }
        _ = try JSONSlice(validating: writer.bytes[...])
        return try MessageJSON.message(
            role: message.role, content: message.content, parts: MessageJSON.stored(message),
            metadata: message.metadata.isEmpty ? nil : message.metadata.text, key: message.key)
    }

    /// The exact JSON of each block of each message of a request.
    private static func contents(of body: Data) throws -> [[String]] {
        let messages = try JSONFields(JSONFields.parse(body), at: "").requiredElements("messages")
        return try messages.map { try JSONFields($0, at: "").requiredElements("content").map(\.text) }
    }

    @Test("that are plain texts become plain messages")
    func plain() throws {
        for name in ["text", "json-output-format.1"] {
            let message = try AnthropicMessages.message(from: AnthropicSamples.response(name))
            #expect(message.parts == [.text(message.content)])
            #expect(message.native == nil)
        }
    }

    @Test("of other forms are refused")
    func others() throws {
        let all = SampleFiles.paths(in: "provider_responses") + SampleFiles.paths(in: "datasets_api")
        let chats = Self.names.map { "provider_responses/vercel+ai__anthropic__anthropic-\($0).json" }
        #expect(Set(AnthropicSamples.others).isSubset(of: all))
        #expect(all.filter { $0.contains("__anthropic__") }.allSatisfy(chats.contains))
        for path in all where !chats.contains(path) {
            let data = try SampleFiles.data(path)
            #expect(throws: ProviderFormError.self, "\(path)") { try AnthropicMessages.message(from: data) }
        }
    }

    @Test("that were streamed give what the whole response would")
    func streamed() throws {
        let stream = String(decoding: try AnthropicSamples.response("thinking-streaming"), as: UTF8.self)
        var answer = AnthropicMessages.Accumulator()
        for line in stream.split(separator: "\n", omittingEmptySubsequences: false) {
            try answer.add(String(line))
            #expect(answer.text == answer.message.content)
        }
        #expect(answer.isComplete)
        #expect(answer.omissions.isEmpty)
        #expect(answer.message.parts.map(\.kind) == [.reasoning, .text])
        #expect(
            answer.message.parts[0].text == "27 * 453\n\n= 27 * 400 + 27 * 50 + 27 * 3\n= 10800 + 1350 + 81\n= 12231")
        #expect(answer.text.hasPrefix("## Calculating 27 × 453\n\nI'll break"))
        #expect(answer.text.hasSuffix("= **12,231**\n\n**27 × 453 = 12,231**"))
        let native = try #require(answer.message.parts[0].native?.json.text)
        #expect(native.hasPrefix(#"{"type":"thinking","thinking":"27 * 453\n\n= 27"#))
        #expect(
            native.hasSuffix(
                #","signature":"EooCCmUIDhgCKkBaUXmTlOB6/tct9FdgGnHUitUKI8K5quURKV4EBtd9Z9iRw/70nP4s8x6Wfy+xgaIseUviw0bP5mdCOigCHLn8MhFjbGF1ZGUtc29ubmV0LTQtNjgAQgh0aGlua2luZxIMnYmiATSdDMFWbN9eGgz0pcoYWuqR98on/tEiMFvRh5rgjfO36RkEHMwVcAUOLz4bpVerUiT5TcM6E34Kg/9PcKkmd/Cx5ECxLoIinSpTZYifN8PS7NlEW8gn2UJ02Th3TZjN8Eli65i+WW3+ynJqMcWNEioRLy1luSZoiBajBtLOLZLfVX/4LJe1CUGBDbRzQ5Z62qICcq6/QdGVPy5h1XkYAQ=="}"#
            ))
        let usage = try #require(answer.message.metadata[.usage])
        #expect(
            usage
                == (try JSONValue(
                    parsing: """
                        {"input_tokens":52,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,\
                        "ephemeral_1h_input_tokens":0},"output_tokens":204,"service_tier":"standard","inference_geo":"global",\
                        "output_tokens_details":{"thinking_tokens":54}}
                        """)))
        #expect(answer.message.metadata[.stopReason] == "end_turn")
        #expect(answer.message.metadata[.responseID] == "msg_01Rg6AMdcuaQkn3YPvgQvffV")
    }
}
