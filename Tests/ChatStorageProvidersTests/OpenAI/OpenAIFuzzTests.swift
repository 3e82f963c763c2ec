import ChatStorageConformance
import ChatStorageCore
import ChatStorageJSON
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

/// Samples with random changes: members that are missing, doubled or of other kinds.
///
/// What is read must be something that a store takes, and go back as it came or be named.
@Suite("OpenAI's codecs, with nonsense", .enabled(if: SampleFiles.areThere, "there is no \(SampleFiles.folder.path)"))
struct OpenAIFuzzTests {
    @Test("Chat Completions' messages", arguments: OpenAISamples.chat.keys.sorted())
    func chat(name: String) async throws {
        var random = SplitMix64(seed: UInt64(name.utf8.count))
        let response = try JSONFields.parse(OpenAISamples.data(name))
        let message = try #require(response.member("choices")?.elementList.first?.member("message"))
        let outline = try OpenAIChat.messages(from: json("[\(message.text)]")).map(\.outline)
        var comparedOfItsKind = 0
        for _ in 0..<60 {
            var text = Nonsense.changed(message, &random)
            if Bool.random(using: &random) { text = Nonsense.changed(try JSONFields.parse(text.utf8), &random) }
            guard let read = try? OpenAIChat.messages(from: json("[\(text)]")) else { continue }
            _ = try await kept(read.map { $0.withRoleForStores })
            for (chat, place) in Nonsense.chats(with: read) {
                let (sent, omissions) = try Self.sent(OpenAIChat.body(for: chat), "messages")
                #expect(!sent.isEmpty || !omissions.isEmpty)
                guard omissions.isEmpty else { continue }
                #expect(sent.count == chat.count && NativeRule.isSame(sent[place], text), "\(text)")
                if read.map(\.outline) == outline { comparedOfItsKind += 1 }
            }
            // Anything that was read can be sent on.
            _ = try OpenAIResponses.body(for: read)
            _ = try OpenAIChat.messages(from: json("[\(text)]")) { _ in "app://x" }
        }
        #expect(comparedOfItsKind > 0)
    }

    @Test("Responses' items", arguments: OpenAISamples.responses.keys.sorted())
    func items(name: String) async throws {
        var random = SplitMix64(seed: UInt64(name.utf8.count))
        let items = try #require(JSONFields.parse(OpenAISamples.data(name)).member("output")?.elementList)
        // Reasoning must not be the last item.
        let end = #"{"role":"assistant","content":"end"}"#
        var comparedOfTheirKind = 0
        for _ in 0..<60 {
            let item = try #require(items.randomElement(using: &random))
            var text = Nonsense.changed(item, &random)
            if Bool.random(using: &random) { text = Nonsense.changed(try JSONFields.parse(text.utf8), &random) }
            guard let read = try? OpenAIResponses.messages(from: json("[\(text)]")) else { continue }
            _ = try await kept(read.map { $0.withRoleForStores })
            let outline = try OpenAIResponses.messages(from: json("[\(item.text)]")).map(\.outline)
            let ended = try OpenAIResponses.messages(from: json("[\(text),\(end)]"))
            for (messages, count) in [(read, 1), (ended, 2)] {
                for (chat, place) in Nonsense.chats(with: messages) {
                    let (sent, omissions) = try Self.sent(OpenAIResponses.body(for: chat, .whole), "input")
                    guard omissions.isEmpty else { continue }
                    #expect(
                        sent.count == chat.count - messages.count + count && NativeRule.isSame(sent[place], text),
                        "\(text)")
                    if read.map(\.outline) == outline { comparedOfTheirKind += 1 }
                }
            }
            _ = try OpenAIResponses.body(for: read)
            _ = try OpenAIChat.body(for: read)
            _ = try OpenAIResponses.messages(from: json("[\(text)]")) { _ in "app://x" }
            var answer = OpenAIResponses.Accumulator()
            _ = try? answer.add(#"{"type":"response.output_item.added","item":\#(text)}"#)
            _ = try? answer.add(#"{"type":"response.output_text.delta","delta":"x"}"#)
            _ = answer.message
        }
        #expect(comparedOfTheirKind > 0)
    }

    private static func sent(_ body: EncodedBody, _ member: String) throws -> ([String], [Omission]) {
        (try elements(of: member, in: body), body.omissions)
    }
}

extension ChatMessage {
    /// The message as a store takes it, whatever role it has.
    fileprivate var withRoleForStores: ChatMessage {
        guard !RoleSet.withTools.contains(role) else { return self }
        return ChatMessage(role: .user, parts: parts, metadata: metadata, native: native)
    }
}
