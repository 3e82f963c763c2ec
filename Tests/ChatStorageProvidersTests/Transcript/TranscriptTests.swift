import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import ChatStorageJSON
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

@Suite("Apple's transcripts")
struct TranscriptTests {
    private static let sample = "datasets_api/apple+python-apple-fm-sdk__test_transcript_full.json"
    private static let entries = [
        #"{"role":"instructions","id":"A","contents":[{"type":"text","id":"0","text":"Be brief."}],"tools":[{"type":"function"}]}"#,
        #"{"id":"B","role":"user","options":{"temperature":0.50},"contents":[{"text":"Warm?","type":"text","id":"1"}]}"#,
        #"{"role":"response","id":"C","toolCalls":[{"id":"c","name":"w","arguments":"{\"a\": 1}"},{"id":"d","name":"w","arguments":"{}"}]}"#,
        #"{"role":"tool","id":"c","toolCallID":"c","toolName":"w","contents":[{"type":"text","id":"2","text":"18"}]}"#,
        #"{"role":"tool","id":"d","toolCallID":"d","toolName":"w","contents":[{"type":"structure","id":"3","structure":{"source":"W","content":{"t":1e1}}}]}"#,
        #"{"role":"response","id":"E","assets":["m"],"contents":[{"type":"structure","id":"0","structure":{"source":"Answer","content":{"warm": 18.0}}}]}"#,
        #"{"role":"reasoning","id":"F","contents":[{"type":"text","id":"0","text":"Hm"}]}"#,
    ]

    private static func transcript(_ entries: [String]) -> String {
        #"{"version":1,"transcript":{"entries":[\#(entries.joined(separator: ","))]},"type":"FoundationModels.Transcript"}"#
    }

    @Test("entries are messages")
    func parts() throws {
        let messages = try FoundationModelsTranscript.messages(from: json(Self.transcript(Self.entries)))
        #expect(
            messages.map(\.outline) == [
                "system: text", "user: text", "assistant: tool_call(c), tool_call(d)", "tool: tool_result(c)",
                "tool: tool_result(d)", "assistant: text", "assistant: reasoning",
            ])
        #expect(messages[2].parts[0].input == #"{"a": 1}"# && messages[3].parts[0].output == "18")
        #expect(messages[4].parts[0].output == #"{"t":1e1}"#)
        #expect(messages[5].content == #"{"warm": 18.0}"# && messages[5].parts[0].name == "Answer")
    }

    @Test("a transcript comes back byte for byte, also after a store")
    func roundTrip() async throws {
        let text = Self.transcript(Self.entries)
        let body = FoundationModelsTranscript.body(
            for: try await kept(FoundationModelsTranscript.messages(from: json(text))))
        #expect(String(decoding: body.data, as: UTF8.self) == text && body.omissions.isEmpty)
        for (entry, message) in zip(Self.entries, try FoundationModelsTranscript.messages(from: json(text))) {
            #expect(try FoundationModelsTranscript.message(from: json(entry)) == message)
        }
    }

    @Test("the sample comes back, entry by entry", .enabled(if: SampleFiles.areThere))
    func sampleComesBack() async throws {
        let data = try SampleFiles.data(Self.sample)
        var omissions: [Omission] = []
        let messages = try FoundationModelsTranscript.messages(from: data, omissions: &omissions)
        #expect(omissions.isEmpty)
        #expect(
            messages.map(\.lines) == [
                "text 60 You are a bread expert and c", "text 37 What is a basic recipe for a",
                "tool_call searchBreadDatabaseTool 8A856753-32E0-4D5D-9FBC-B95AC0BBFA59",
                "tool_result searchBreadDatabaseTool 8A856753-32E0-4D5D-9FBC-B95AC0BBFA59", messages[4].lines,
            ])
        #expect(messages[4].content.contains("all-purpose flour") && messages[4].parts[0].name == "Recipe")
        #expect(messages[3].parts[0].output == "[]")
        let body = FoundationModelsTranscript.body(for: try await kept(messages))
        #expect(body.omissions.isEmpty)
        let sent = try JSONFields.parse(body.data).member("transcript")?.member("entries")?.elementList.map(\.text)
        let given = try JSONFields.parse(data).member("transcript")?.member("entries")?.elementList.map(\.text)
        #expect(sent == given)
    }

    @Test("an edited message says what it says now; structures stay structures")
    func edited() throws {
        var messages = try FoundationModelsTranscript.messages(from: json(Self.transcript(Self.entries)))
        messages[5].parts[0].text = #"{"warm":20}"#
        messages[1].parts[0].text = "Cold?"
        let sent = String(decoding: FoundationModelsTranscript.body(for: messages).data, as: UTF8.self)
        #expect(sent.contains(#"{"type":"structure","id":"0","structure":{"source":"Answer","content":{"warm":20}}}"#))
        #expect(sent.contains(#"{"type":"text","id":"1","text":"Cold?"}"#) && !sent.contains("Warm?"))
    }

    @Test("others' chats become transcripts; what has no place is named")
    func foreign() throws {
        let chat: [ChatMessage] = [
            .system("Be brief."), .user([.text("?"), .file(MessageFile(url: "https://e.org/a.png"))]),
            .assistant([.reasoning("Hm"), .text("One."), .toolCall("f", callID: "a", input: "{}")]),
            .tool([.toolResult(callID: "a", output: "1", isError: true)]),
            .assistant([.text("Two."), .toolCall("f", callID: "b", input: "{}")]), .user("Stop"), .assistant(""),
        ]
        let body = FoundationModelsTranscript.body(for: chat)
        #expect(
            String(decoding: body.data, as: UTF8.self)
                == Self.transcript([
                    #"{"role":"instructions","id":"message-0","contents":[{"type":"text","id":"0","text":"Be brief."}]}"#,
                    #"{"role":"user","id":"message-1","options":{},"contents":[{"type":"text","id":"0","text":"?"}]}"#,
                    #"{"role":"response","id":"message-2","assets":[],"contents":[{"type":"text","id":"0","text":"One."}]}"#,
                    #"{"role":"response","id":"message-2-1","assets":[],"toolCalls":[{"id":"a","name":"f","arguments":"{}"}]}"#,
                    #"{"role":"tool","id":"a","toolCallID":"a","toolName":"f","contents":[{"type":"text","id":"0","text":"1"}]}"#,
                    #"{"role":"response","id":"message-4","assets":[],"contents":[{"type":"text","id":"0","text":"Two."}]}"#,
                    #"{"role":"user","id":"message-5","options":{},"contents":[{"type":"text","id":"0","text":"Stop"}]}"#,
                ]))
        #expect(
            body.omissions.map { [$0.message ?? -1, $0.part ?? -1] } == [
                [1, 1], [2, 0], [3, 0], [4, 1], [6, 0], [6, -1],
            ])
    }

    @Test("a call without a result is left out of its entry, and the rest stays as it is")
    func unanswered() throws {
        let messages = try FoundationModelsTranscript.messages(from: json(Self.transcript(Array(Self.entries[..<4]))))
        let body = FoundationModelsTranscript.body(for: messages)
        #expect(
            String(decoding: body.data, as: UTF8.self).contains(
                #"{"role":"response","id":"C","toolCalls":[{"id":"c","name":"w","arguments":"{\"a\": 1}"}]}"#))
        #expect(body.omissions.map { [$0.message ?? -1, $0.part ?? -1] } == [[2, 1]])
    }

    @Test("what is no transcript is refused")
    func others() {
        for text in ["{}", "7", #"{"transcript":{}}"#, "[7]", #"[{"id":"a"}]"#] {
            #expect(throws: ProviderFormError.self) { try FoundationModelsTranscript.messages(from: json(text)) }
        }
    }

    @Test("nonsense is refused, or goes back as it came, or is named")
    func fuzz() async throws {
        var random = SplitMix64(seed: 18)
        var comparedOfTheirKind: Set<String> = []
        for _ in 0..<600 {
            let original = try #require(Self.entries.randomElement(using: &random))
            let text = Nonsense.changed(try JSONFields.parse(original.utf8), &random)
            guard let read = try? FoundationModelsTranscript.messages(from: json("[\(text)]")) else { continue }
            try await InMemoryBackend.prepared(roles: .withTools).append(read, to: "c")
            let isOfItsKind =
                try read.map(\.outline)
                == FoundationModelsTranscript.messages(from: json("[\(original)]")).map(\.outline)
            for (chat, place) in Nonsense.chats(with: read) {
                let body = FoundationModelsTranscript.body(for: chat)
                guard body.omissions.isEmpty else { continue }
                let entries = try JSONFields.parse(body.data).member("transcript")?.member("entries")
                let sent = (entries?.elementList ?? []).map(\.text)
                #expect(sent.count == chat.count && sent[place] == text, "\(text)")
                #expect(String(decoding: body.data, as: UTF8.self) == Self.transcript(sent), "\(text)")
                if isOfItsKind { comparedOfTheirKind.insert(original) }
            }
            _ = try OpenAIChat.body(for: read)
        }
        for entry in Self.entries { #expect(comparedOfTheirKind.contains(entry), "\(entry)") }
    }
}
