import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import ChatStorageJSON
import Foundation
import Testing

@testable import ChatStorageProviders

@Suite("The Model Context Protocol's content")
struct MCPContentTests {
    private static let rich = #"""
        {"content":[{"type":"text","text":"Two files.","annotations":{"audience":["user"],"priority":0.50}},\#
        {"type":"image","data":"iVBORw==","mimeType":"image/png"},{"type":"audio","data":"UklG","mimeType":"audio/wav"},\#
        {"type":"resource","resource":{"uri":"file:///a/b.md","mimeType":"text/markdown","text":"# B"}},\#
        {"type":"resource","resource":{"uri":"file:///a/c.bin","blob":"AAEC"}},\#
        {"type":"resource_link","uri":"https://e.org/d.pdf","name":"d","mimeType":"application/pdf","size":7}],\#
        "structuredContent":{"n":1e2},"isError":false,"_meta":{"k":1.0}}
        """#

    @Test("a result is its texts and its files")
    func parts() throws {
        let message = try MCPContent.message(from: json(Self.rich), callID: "c", name: "look")
        #expect(message.role == .tool && message.parts.allSatisfy { $0.callID == "c" })
        #expect(message.parts.map(\.kind) == [.toolResult, .file, .file, .file, .file])
        let result = message.parts[0]
        #expect(result.output == "Two files.\n# B" && result.name == "look" && result.isError == false)
        #expect(
            message.parts[1].file
                == MessageFile(mediaType: "image/png", size: 4, url: "data:image/png;base64,iVBORw=="))
        #expect(message.parts[3].file?.name == "c.bin")
        #expect(
            message.parts[4].file
                == MessageFile(mediaType: "application/pdf", name: "d", size: 7, url: "https://e.org/d.pdf"))
        #expect(result.native?.format == "mcp.content" && result.native?.json.text.contains("iVBORw") == false)
    }

    @Test(
        "results come back byte for byte",
        arguments: [
            rich, #"{"content":[{"type":"text","text":"18"}]}"#, #"{"content":[]}"#,
            #"{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"isError":true}"#,
            #"{"content":[],"structuredContent":{"a":[1.0]}}"#, #"{"content":[{"type":"text","text":"\u00e9"}]}"#,
            #"{"content":[{"type":"hologram","depth":3}]}"#,
            #"{"content":[{"type":"image","data":"not base64","mimeType":"image/png"}]}"#,
        ])
    func roundTrip(result: String) async throws {
        let message = try MCPContent.message(from: json(result), callID: "c")
        let body = try MCPContent.result(of: try await kept([message])[0])
        #expect(String(decoding: body.data, as: UTF8.self) == result && body.omissions.isEmpty)
        var taken: [String: Data] = [:]
        let without = try MCPContent.message(from: json(result), callID: "c") { file in
            taken["app:\(taken.count)"] = file.data
            return "app:\(taken.count - 1)"
        }
        let filled = try MCPContent.result(of: without) { $0.url.flatMap { taken[$0] } }
        #expect(String(decoding: filled.data, as: UTF8.self) == result)
    }

    @Test("a plain result has no native JSON, also with an image")
    func plain() throws {
        let result =
            #"{"content":[{"type":"text","text":"18"},{"type":"image","data":"iVBORw==","mimeType":"image/png"}]}"#
        let message = try MCPContent.message(from: json(result), callID: "c")
        #expect(message.parts.allSatisfy { $0.native == nil })
        #expect(String(decoding: try MCPContent.result(of: message).data, as: UTF8.self) == result)
    }

    @Test("structured content alone is the output; a server's response is unwrapped; an error is refused")
    func others() throws {
        var omissions: [Omission] = []
        let response = #"{"jsonrpc":"2.0","id":7,"result":{"content":[],"structuredContent":{"a":1}}}"#
        let message = try MCPContent.message(from: json(response), callID: "c", omissions: &omissions)
        #expect(message.parts[0].output == #"{"a":1}"# && omissions.count == 2)
        for text in [
            #"{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"secret"}}"#, "[]", "{}", #"{"content":"x"}"#,
        ] {
            let error = #expect(throws: ProviderFormError.self) {
                try MCPContent.message(from: json(text), callID: "c")
            }
            #expect(error?.description.contains("secret") == false)
        }
        #expect(throws: ProviderFormError.self) { try MCPContent.result(of: .user("Hi")) }
    }

    @Test("an edited result says what it says now")
    func edited() throws {
        var message = try MCPContent.message(from: json(Self.rich), callID: "c")
        message.parts[0].output = "None."
        let body = try MCPContent.result(of: message)
        let sent = String(decoding: body.data, as: UTF8.self)
        #expect(sent.hasPrefix(#"{"content":[{"type":"text","text":"None."},{"type":"image""#))
        #expect(!sent.contains("Two files.") && sent.contains("resource_link"))
        var fewer = try MCPContent.message(from: json(Self.rich), callID: "c")
        fewer.parts.removeLast()
        let without = String(decoding: try MCPContent.result(of: fewer).data, as: UTF8.self)
        #expect(!without.contains("d.pdf"))
    }

    @Test("a result goes on to the providers, with its pictures")
    func handover() async throws {
        let result = try MCPContent.message(from: json(Self.rich), callID: "c")
        let chat = try await kept([.user("Look"), .assistant([.toolCall("look", callID: "c", input: "{}")]), result])
        let anthropic = String(decoding: try AnthropicMessages.body(for: chat).data, as: UTF8.self)
        #expect(
            anthropic.contains(
                #"{"type":"text","text":"Two files.\n# B"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw=="}}"#
            ))
        let bedrock = String(decoding: try BedrockConverse.body(for: chat).data, as: UTF8.self)
        #expect(
            bedrock.contains(
                #""content":[{"text":"Two files.\n# B"},{"image":{"format":"png","source":{"bytes":"iVBORw=="}}}"#))
        let openAI = try OpenAIChat.body(for: chat)
        #expect(String(decoding: openAI.data, as: UTF8.self).contains(#""content":"Two files.\n# B""#))
        #expect(openAI.omissions.contains { $0.reason.contains("(mcp.content)") })
        #expect(String(decoding: try MCPContent.result(of: chat[2]).data, as: UTF8.self) == Self.rich)
    }

    private static let prompt = #"""
        {"messages":[{"role":"user","content":{"type":"text","text":"Review this."}},\#
        {"role":"user","content":{"type":"resource","resource":{"uri":"file:///a.swift","text":"let a = 1"}}},\#
        {"role":"user","content":{"type":"image","data":"iVBORw==","mimeType":"image/png"}},\#
        {"role":"assistant","content":[{"type":"text","text":"I look.","_meta":{"a":1}},\#
        {"type":"tool_use","id":"c","name":"look","input":{"a":1.0}}]},\#
        {"role":"user","content":{"type":"tool_result","toolUseId":"c","content":[{"type":"text","text":"seen"}]}}]}
        """#

    @Test("messages of prompts and of sampling come back as they were")
    func messages() async throws {
        let messages = try await kept(MCPContent.messages(from: json(Self.prompt)))
        #expect(
            messages.map(\.outline) == [
                "user: text", "user: text", "user: file", "assistant: text, tool_call(c)", "tool: tool_result(c)",
            ])
        #expect(messages[0].native == nil && messages[1].content == "let a = 1")
        let body = try MCPContent.body(for: messages)
        #expect(String(decoding: body.data, as: UTF8.self) == Self.prompt && body.omissions.isEmpty)
        let other = try MCPContent.body(
            for: [.system("Be brief."), .user("Hi"), .assistant([.reasoning("Hm"), .text("Yes")])],
            adding: ["maxTokens": 5])
        #expect(
            String(decoding: other.data, as: UTF8.self) == #"""
                {"maxTokens":5,"systemPrompt":"Be brief.","messages":[{"role":"user","content":{"type":"text","text":"Hi"}},\#
                {"role":"assistant","content":{"type":"text","text":"Yes"}}]}
                """#)
        #expect(other.omissions.map { [$0.message ?? -1, $0.part ?? -1] } == [[2, 0]])
    }

    @Test("nonsense is refused, or goes back as it came, or is named")
    func fuzz() async throws {
        var random = SplitMix64(seed: 17)
        for _ in 0..<600 {
            let text = Nonsense.changed(try JSONFields.parse(Self.rich.utf8), &random)
            if let read = try? MCPContent.message(from: json(text), callID: "c") {
                try await InMemoryBackend.prepared(roles: .withTools).append([read], to: "c")
                let body = try MCPContent.result(of: read)
                if body.omissions.isEmpty {
                    #expect(NativeRule.isSame(String(decoding: body.data, as: UTF8.self), text), "\(text)")
                }
                _ = try AnthropicMessages.body(for: [read])
            }
            let prompt = Nonsense.changed(try JSONFields.parse(Self.prompt.utf8), &random)
            guard let read = try? MCPContent.messages(from: json(prompt)) else { continue }
            for message in read where RoleSet.withTools.contains(message.role) {
                try await InMemoryBackend.prepared(roles: .withTools).append([message], to: "c")
            }
            _ = try MCPContent.body(for: read)
        }
    }
}
