import ChatStorageCore
import Foundation
import Testing

@testable import ChatStorageProviders

/// What an API would refuse of another's messages is not sent.
@Suite("Dialects of Chat Completions")
struct DialectTests {
    private static let deepSeek = #"{"role":"assistant","content":"Hi","reasoning_content":"Hm"}"#
    private static let xAI = #"{"role":"assistant","content":"Hi","reasoning_content":"Hm","refusal":null}"#
    private static let mistral =
        #"{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]},"#
        + #"{"type":"text","text":"Hi"}]}"#
    private static let openRouter =
        #"{"role":"assistant","content":"Hi","reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm"}]}"#

    private func sent(_ native: String, _ dialect: OpenAIChat.Dialect) throws -> (String?, [String]) {
        let messages = try OpenAIChat.messages(from: json("[\(native)]"))
        let body = try OpenAIChat.body(for: messages, dialect)
        return (try elements(of: "messages", in: body).first, body.omissions.map(\.reason))
    }

    @Test("each dialect gets its own messages as they came, and so does `any`")
    func own() throws {
        let own: [(String, OpenAIChat.Dialect)] = [
            (Self.deepSeek, .deepSeek), (Self.deepSeek, .alibaba), (Self.xAI, .xAI), (Self.mistral, .mistral),
            (Self.openRouter, .openRouter),
        ]
        for (native, dialect) in own {
            for dialect in [dialect, .any] {
                let (message, reasons) = try sent(native, dialect)
                #expect(message == native && reasons.isEmpty)
            }
        }
    }

    @Test("others' members are left out and named; empty ones without a word")
    func others() throws {
        for native in [Self.deepSeek, Self.xAI] {
            for dialect in [OpenAIChat.Dialect.openAI, .mistral, .groq, .perplexity] {
                let (message, reasons) = try sent(native, dialect)
                let isOpenAIs = dialect == .openAI && native == Self.xAI
                #expect(
                    message
                        == (isOpenAIs
                            ? #"{"role":"assistant","content":"Hi","refusal":null}"#
                            : #"{"role":"assistant","content":"Hi"}"#))
                #expect(reasons == ["the member reasoning_content is left out: the API has none"])
            }
        }
        let (message, reasons) = try sent(Self.mistral, .openAI)
        #expect(message == #"{"role":"assistant","content":[{"type":"text","text":"Hi"}]}"#)
        #expect(reasons == ["1 of the content's elements are left out: the API has none such"])
    }

    @Test("a message of which nothing is left is left out")
    func nothing() throws {
        let native = #"{"role":"assistant","content":"","reasoning_content":"Hm"}"#
        let messages = try OpenAIChat.messages(from: json("[\(native)]"))
        let body = try OpenAIChat.body(for: [.user("Hi")] + messages, .groq)
        #expect(try elements(of: "messages", in: body) == [#"{"role":"user","content":"Hi"}"#])
        #expect(
            body.omissions.last == Omission(message: 1, reason: "the message is left out: the API takes nothing of it"))
    }

    @Test("Mistral gets call ids of nine letters and digits, the same for a call and its result")
    func ids() throws {
        let chat: [ChatMessage] = [
            .user("Go"),
            .assistant([
                .toolCall("f", callID: "call_abcdef", input: "{}"), .toolCall("g", callID: "gSIMJiOkT", input: "{}"),
            ]),
            .tool([.toolResult(callID: "call_abcdef", output: "1"), .toolResult(callID: "gSIMJiOkT", output: "2")]),
        ]
        let body = try OpenAIChat.body(for: chat, .mistral)
        let again = try OpenAIChat.body(for: chat, .mistral)
        #expect(body.data == again.data)
        let messages = try OpenAIChat.messages(
            from: Data("[\(elements(of: "messages", in: body).joined(separator: ","))]".utf8))
        let ids = messages[1].toolCalls.compactMap(\.callID)
        #expect(ids.count == 2 && ids[1] == "gSIMJiOkT" && ids[0] != ids[1])
        #expect(ids.allSatisfy { $0.utf8.count == 9 && $0.allSatisfy { $0.isLetter || $0.isNumber } })
        #expect(messages[2...].flatMap(\.parts).compactMap(\.callID) == ids)
        #expect(body.omissions.isEmpty)
        #expect(try elements(of: "messages", in: OpenAIChat.body(for: chat, .openAI))[1].contains("call_abcdef"))
    }

    @Test("a chat through three providers gives each its own back")
    func handover() async throws {
        let anthropic = #"{"type":"thinking","thinking":"Hm","signature":"Eq=="}"#
        let bedrock = #"{"reasoningContent":{"reasoningText":{"text":"Hm","signature":"Br=="}}}"#
        let first = try AnthropicMessages.message(
            from: json(
                #"{"type":"message","role":"assistant","content":[\#(anthropic),{"type":"text","text":"One"}]}"#))
        let second = try BedrockConverse.message(
            from: json(#"{"output":{"message":{"role":"assistant","content":[\#(bedrock),{"text":"Two"}]}}}"#))
        let third = try OpenAIChat.messages(from: json("[\(Self.deepSeek)]"))
        let chat = try await kept(
            [.user("1"), first, .user("2"), second, .user("3")] + third + [.user("4")])
        func text(_ body: EncodedBody) -> String { String(decoding: body.data, as: UTF8.self) }
        let toAnthropic = text(try AnthropicMessages.body(for: chat))
        #expect(toAnthropic.contains(anthropic) && toAnthropic.contains("Two") && !toAnthropic.contains("Br=="))
        let toBedrock = text(try BedrockConverse.body(for: chat))
        #expect(toBedrock.contains(bedrock) && toBedrock.contains("One") && !toBedrock.contains("Eq=="))
        let toDeepSeek = text(try OpenAIChat.body(for: chat, .deepSeek))
        #expect(toDeepSeek.contains(Self.deepSeek) && toDeepSeek.contains("One") && !toDeepSeek.contains("Br=="))
        let toOpenAI = text(try OpenAIChat.body(for: chat, .openAI))
        #expect(!toOpenAI.contains("reasoning_content") && toOpenAI.contains("Hi"))
    }
}
