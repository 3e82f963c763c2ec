import ChatStorageCore
import ChatStorageJSON
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

@Suite(
    "OpenAI's samples",
    .enabled(if: SampleFiles.areThere, "there is no \(SampleFiles.folder.path)"))
struct OpenAISampleTests {
    private static let chat = OpenAISamples.chat.keys.sorted()
    private static let responses = OpenAISamples.responses.keys.sorted()

    // MARK: Chat Completions

    @Test("of Chat Completions have the parts that a person expects", arguments: chat)
    func chatParts(name: String) throws {
        var omissions: [Omission] = []
        let message = try OpenAIChat.message(from: OpenAISamples.data(name), omissions: &omissions)
        #expect(message.role == .assistant)
        #expect(message.lines == OpenAISamples.chat[name])
        #expect(message.toolCalls.allSatisfy { $0.input.map { (try? JSONText($0)) != nil } == true })
        #expect(omissions.isEmpty)
    }

    @Test("of Chat Completions are accounted for, member by member", arguments: chat)
    func chatMembers(name: String) throws {
        let data = try OpenAISamples.data(name)
        let message = try OpenAIChat.message(from: data)
        let response = try JSONFields.parse(data)
        let choice = try #require(response.member("choices")?.elementList.first)
        #expect(response.member("choices")?.elementList.count == 1)
        for (member, value) in response.memberList + choice.memberList {
            switch member {
            case "choices": continue
            case "message":
                if let native = message.native {
                    #expect(native == NativeJSON(format: "openai.chat", json: JSONText(value)))
                } else {
                    #expect(NativeRule.isSame(value.text, try #require(ChatWriter.message(of: message))))
                }
            default:
                let name = ["id": "response_id", "finish_reason": "stop_reason"][member] ?? member
                #expect(message.metadata[name] == (try JSONValue(parsing: value.text)), "\(member)")
            }
        }
        #expect(message.metadata[.model] != nil && message.metadata[.responseID] != nil)
        #expect(message.metadata[.stopReason] != nil && message.metadata[.usage] != nil)
    }

    @Test("of Chat Completions go back as they came, also after a store, Codable and the stored form", arguments: chat)
    func chatRoundTrip(name: String) async throws {
        let data = try OpenAISamples.data(name)
        let message = try OpenAIChat.message(from: data)
        let body = try OpenAIChat.body(for: try await kept([.user("Go on."), message] + results(of: message)))
        #expect(body.omissions.isEmpty)
        let sent = try elements(of: "messages", in: body)
        #expect(sent.count == 2 + message.toolCalls.count)
        #expect(sent[0] == #"{"role":"user","content":"Go on."}"#)
        let original = try #require(
            JSONFields.parse(data).member("choices")?.elementList.first?.member("message")?.text)
        #expect(NativeRule.isSame(sent[1], original))
        if message.native != nil { #expect(sent[1] == original) }
    }

    // MARK: Responses

    @Test("of Responses have the parts that a person expects", arguments: responses)
    func parts(name: String) throws {
        var omissions: [Omission] = []
        let message = try OpenAIResponses.message(from: OpenAISamples.data(name), omissions: &omissions)
        #expect(message.role == .assistant && message.native == nil)
        #expect(message.lines == OpenAISamples.responses[name])
        #expect(message.toolCalls.allSatisfy { $0.input != nil })
        #expect(omissions.isEmpty)
    }

    @Test("of Responses are accounted for, member by member", arguments: responses)
    func members(name: String) throws {
        let data = try OpenAISamples.data(name)
        let message = try OpenAIResponses.message(from: data)
        for (member, value) in try JSONFields.parse(data).memberList {
            switch member {
            case "output": try check(value.elementList, message)
            default:
                let name = ["id": "response_id", "status": "stop_reason"][member] ?? member
                #expect(message.metadata[name] == (try JSONValue(parsing: value.text)), "\(member)")
            }
        }
        #expect(message.metadata[.model] != nil && message.metadata[.responseID] != nil)
        #expect(message.metadata[.stopReason] == "completed" && message.metadata[.usage] != nil)
    }

    /// Every item is in the native JSON of its first part, or is what its parts say.
    private func check(_ items: [JSONSlice], _ message: ChatMessage) throws {
        var rest = message.parts[...]
        for item in items {
            let parts = try ItemReader(extracting: nil).parts(item, path: "").parts
            #expect(Array(rest.prefix(parts.count)) == parts)
            rest = rest.dropFirst(parts.count)
            if let native = parts[0].native {
                #expect(native == NativeJSON(format: "openai.responses", json: JSONText(item)))
            } else {
                #expect(NativeRule.isSame(item.text, try #require(ItemWriter.item(of: parts, role: .assistant))))
            }
            #expect(parts[0].id == item.member("id")?.string)
            if item.member("encrypted_content") != nil { #expect(parts[0].native != nil) }
        }
        #expect(rest.isEmpty)
    }

    @Test("of Responses go back as they came, also after a store, Codable and the stored form", arguments: responses)
    func roundTrip(name: String) async throws {
        let data = try OpenAISamples.data(name)
        let message = try OpenAIResponses.message(from: data)
        let results = results(of: message)
        let body = try OpenAIResponses.body(for: try await kept([.user("Go on."), message] + results), .whole)
        #expect(body.omissions.isEmpty)
        let sent = try elements(of: "input", in: body)
        let original = try #require(JSONFields.parse(data).member("output")?.elementList).map(\.text)
        #expect(sent.count == 1 + original.count + (results.first?.parts.count ?? 0))
        #expect(sent[0] == #"{"role":"user","content":"Go on."}"#)
        for (item, original) in zip(sent.dropFirst(), original) {
            let hasNative = message.parts.contains { $0.native?.json.text == original }
            #expect(hasNative ? item == original : NativeRule.isSame(item, original))
        }
    }

    /// A result for each call that the app has to answer.
    private func results(of message: ChatMessage) -> [ChatMessage] {
        let answered = message.parts.filter { $0.kind == .toolResult }.map(\.callID)
        let calls = message.toolCalls.filter { $0.callID != nil && !answered.contains($0.callID) }
        let results = calls.map { call in
            MessagePart.toolResult(callID: call.callID ?? "", output: call.name == "tool_search" ? "[]" : "done")
        }
        return results.isEmpty ? [] : message.native == nil ? [.tool(results)] : results.map { .tool([$0]) }
    }

    // MARK: What else is there

    @Test("are all that have the form")
    func all() throws {
        let paths = SampleFiles.paths(in: "provider_responses") + SampleFiles.paths(in: "datasets_api")
        func path(_ name: String) -> String { "provider_responses/vercel+ai__\(name).json" }
        let (chat, responses) = (Set(Self.chat.map(path)), Set(Self.responses.map(path)))
        #expect(chat.union(responses).union(OpenAISamples.errors.map(path)).isSubset(of: paths))
        for path in paths {
            let data = try SampleFiles.data(path)
            #expect(((try? OpenAIChat.message(from: data)) != nil) == chat.contains(path), "\(path)")
            #expect(((try? OpenAIResponses.message(from: data)) != nil) == responses.contains(path), "\(path)")
        }
    }

    @Test("that are errors are refused as such", arguments: OpenAISamples.errors)
    func errors(name: String) throws {
        let data = try OpenAISamples.data(name)
        let expected = ProviderFormError(member: "error", reason: "is there: the API refused the request")
        #expect(throws: expected) { try OpenAIChat.message(from: data) }
        #expect(throws: expected) { try OpenAIResponses.message(from: data) }
    }

    @Test("keep what the API's own tools did")
    func tools() throws {
        func parts(_ name: String, _ kind: MessagePart.Kind) throws -> [MessagePart] {
            try OpenAIResponses.message(from: OpenAISamples.data(name)).parts.filter { $0.kind == kind }
        }
        let code = try parts("openai.responses__openai-code-interpreter-tool.1", "code_interpreter_call")
        #expect(code[1].input?.hasPrefix("filename = \"/mnt/data/two_dice_sums_10000.txt\"\r\n") == true)
        #expect(code[1].output == "[]" && code[0].output?.contains("(10000, 70024)") == true)
        let mcp = try parts("openai.responses__openai-mcp-tool-approval.4", .toolCall)
        #expect(mcp[0].input?.hasPrefix(#"{"alias":"","description":"","max_clicks":100"#) == true)
        #expect(mcp[0].output?.hasPrefix("✅ Short URL created: https://zip1.io/oMAchr\n") == true)
        let image = try parts("azure__azure-image-generation-tool.1", .file)
        #expect(image[0].file == MessageFile(mediaType: "image/png", size: 69))
        let shell = try parts("openai.responses__openai-shell-container.1", .toolResult)
        #expect(shell[0].output?.contains(#""stdout": "Hello from container!\nLinux"#) == true)
        let sources = try parts("openai.responses__openai-web-search-tool.1", .source)
        #expect(sources.count == 10 && sources[3].file?.url == "https://vercel.com/blog/series-f")
        #expect(sources[3].text == "Towards the AI Cloud: Our Series F - Vercel")
        let file = try parts("openai.responses__openai-file-search-tool.2", .source)
        #expect(file[0].file == MessageFile(name: "ai.pdf", id: "file-Ebzhf8H4DPGPr9pUhr7n7v"))
        let reasoning = try parts("openai.responses__openai-reasoning-encrypted-content.1", .reasoning)
        #expect(reasoning[0].text?.hasPrefix("**Reporting final result**\n\nThe tool returned 570") == true)
        #expect(reasoning[0].native?.json.text.contains("\"encrypted_content\": \"gAAAAABpPMlcH0HH") == true)
    }
}
