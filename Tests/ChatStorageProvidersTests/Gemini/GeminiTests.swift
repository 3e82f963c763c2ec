import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import ChatStorageJSON
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

@Suite("Gemini's codec")
struct GeminiTests {
    /// Parts that rewriting would change, and others that are as the codec writes them.
    private static let parts = [
        #"{"text":"a\/b"}"#, #"{"text":"\ud83d"}"#, #"{"text":"a","thoughtSignature":"Eq+/=="}"#,
        #"{"text":"","thoughtSignature":"Eq=="}"#, #"{"thoughtSignature":"Eq=="}"#, #"{"text":"Hm","thought":true}"#,
        #"{"thought":true,"text":"Hm","thought_signature":"Eq=="}"#, #"{"text":"plain"}"#,
        #"{"inlineData":{"mimeType":"image/png","data":"iVBORw=="},"thoughtSignature":"Eq=="}"#,
        #"{"inlineData":{"data":"iVBORw==","mimeType":"image/png"},"thought":true}"#,
        #"{"fileData":{"mimeType":"application/pdf","fileUri":"gs://b/a.pdf"}}"#,
        #"{"executableCode":{"language":"PYTHON","code":"print(1.0)"}}"#,
        #"{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1.0\n"}}"#,
        #"{"toolCall":{"id":"t","toolType":"GOOGLE_SEARCH","args":{"q":1e2}}}"#, #"{"hologram":{"depth":1E+2}}"#,
        #"{"text":"x","video_metadata":null,"function_call":null}"#,
    ]

    private static func contents(_ parts: [String]) -> String {
        #"[{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[\#(parts.joined(separator: ","))]}]"#
    }

    @Test("parts go back byte for byte, after a store and Codable", arguments: parts)
    func exact(part: String) async throws {
        let contents = Self.contents([part, #"{"text":"end"}"#])
        let read = try await kept(GeminiContents.messages(from: json(contents)))
        let coded = try JSONDecoder().decode([ChatMessage].self, from: JSONEncoder().encode(read))
        #expect(coded == read)
        let body = try GeminiContents.body(for: coded)
        #expect(String(decoding: body.data, as: UTF8.self) == #"{"contents":\#(contents)}"#)
        #expect(body.omissions.isEmpty)
    }

    @Test("native JSON is there only where the members do not say all")
    func native() throws {
        let contents = Self.contents([
            #"{ "text" : "plain" }"#, #"{"fileData":{"mimeType":"image/png","fileUri":"https://e.org/a"}}"#,
            #"{"text":"a","thoughtSignature":"Eq=="}"#,
        ])
        let parts = try GeminiContents.messages(from: json(contents))[1].parts
        #expect(parts.map { $0.native == nil } == [true, true, false])
    }

    @Test("calls without ids get some, and go back without them, with their results")
    func calls() async throws {
        let contents =
            #"[{"role":"user","parts":[{"text":"Go"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":"#
            + #"{"a":1.0}},"thoughtSignature":"Eq=="},{"functionCall":{"name":"f","args":{}}},{"functionCall":"#
            + #"{"id":"x","name":"g","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":"#
            + #"{"output":"1"}}},{"functionResponse":{"name":"f","response":{"n":1e2}}},{"functionResponse":{"id":"x","#
            + #""name":"g","response":{"error":"no"}}},{"text":"And?"}]}]"#
        let read = try await kept(GeminiContents.messages(from: json(contents)))
        #expect(read.map(\.role) == [.user, .assistant, .tool, .user])
        #expect(read[1].parts.map(\.callID) == ["call_1_0", "call_1_1", "x"])
        #expect(read[2].parts.map(\.callID) == ["call_1_0", "call_1_1", "x"])
        #expect(read[2].parts.map(\.output) == ["1", #"{"n":1e2}"#, "no"])
        #expect(read[2].parts.map(\.isError) == [nil, nil, true])
        #expect(read[2].parts.allSatisfy { $0.native == nil })
        let body = try GeminiContents.body(for: read)
        #expect(String(decoding: body.data, as: UTF8.self) == #"{"contents":\#(contents)}"#)
        // An app answers in any order, by the calls' ids.
        let results = read[1].openToolCalls.reversed().map { call in
            MessagePart.toolResult(callID: call.callID ?? "", output: call.callID ?? "")
        }
        let sent = try elements(
            of: "contents", in: GeminiContents.body(for: [read[0], read[1], .tool(Array(results))]))
        #expect(
            sent.last == #"{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"call_1_0"}}},"#
                + #"{"functionResponse":{"name":"f","response":{"output":"call_1_1"}}},"#
                + #"{"functionResponse":{"id":"x","name":"g","response":{"output":"x"}}}]}"#)
    }

    @Test("an edit removes the JSON and its signature")
    func edits() throws {
        var message = try GeminiContents.messages(
            from: json(Self.contents([#"{"text":"old","thoughtSignature":"Eq=="}"#])))[1]
        message.parts[0].text = "new"
        let sent = try elements(of: "contents", in: GeminiContents.body(for: [.user("Hi"), message]))
        #expect(sent.last == #"{"role":"model","parts":[{"text":"new"}]}"#)
    }

    @Test("other providers' messages go out as the API takes them")
    func foreign() throws {
        let chat: [ChatMessage] = [
            .system("Be brief."), .user("Hi"), .user("Go"),
            .assistant([
                .reasoning("Hm"), .text("Both."), .toolCall("f", callID: "a", input: "{}"),
                .toolCall("g", callID: "b", input: "not JSON"), .toolCall("h", callID: "c", input: "{}"),
            ]),
            .tool([.toolResult(callID: "b", output: "[1]", isError: true), .toolResult(callID: "a", output: "2")]),
            .developer("Late."), .assistant(""), .tool([.toolResult(callID: "z", output: "late")]),
        ]
        let body = try GeminiContents.body(for: chat, adding: ["generationConfig": ["topK": 5]])
        #expect(
            String(decoding: body.data, as: UTF8.self)
                == #"{"generationConfig":{"topK":5},"systemInstruction":{"parts":[{"text":"Be brief."},{"text":"Late."}]},"#
                + #""contents":[{"role":"user","parts":[{"text":"Hi"},{"text":"Go"}]},{"role":"model","parts":["#
                + #"{"text":"Both."},{"functionCall":{"name":"f","args":{}},"#
                + #""thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"name":"g","args":"#
                + #"{"INVALID_JSON":"not JSON"}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":"#
                + #"{"output":"2"}}},{"functionResponse":{"name":"g","response":{"error":[1]}}}]}]}"#)
        let places = body.omissions.map { [$0.message ?? -1, $0.part ?? -1] }
        #expect(places == [[3, 0], [3, 3], [3, 4], [5, -1], [6, -1], [7, 0]])
        let unsigned = try GeminiContents.body(for: chat, signingForeignCalls: false)
        #expect(!String(decoding: unsigned.data, as: UTF8.self).contains("thoughtSignature"))
    }

    @Test("files' bytes go out and in")
    func files() throws {
        let parts = [
            #"{"inlineData":{"mimeType":"image/png","data":"iVBORw=="},"thoughtSignature":"Eq=="}"#,
            #"{"inlineData":{"mimeType":"image/png","data":"QUJD"},"thought":true}"#,
        ]
        let contents = Self.contents(parts)
        var taken: [Data] = []
        let read = try GeminiContents.messages(from: json(contents)) { file in
            taken.append(file.data)
            return "app:\(taken.count - 1)"
        }
        #expect(read[1].parts.map(\.file?.url) == ["app:0", "app:1"])
        #expect(read[1].parts.map(\.kind) == [.file, .reasoning])
        #expect(read[1].parts.allSatisfy { !($0.native?.json.text.contains("iVBOR") ?? true) })
        let body = try GeminiContents.body(for: read) { file in taken[file.url == "app:0" ? 0 : 1] }
        #expect(String(decoding: body.data, as: UTF8.self) == #"{"contents":\#(contents)}"#)
        #expect(try GeminiContents.body(for: read).omissions.map(\.part) == [0, 0, 1, 1])
        let pdf = MessageFile(mediaType: "application/pdf", url: "app:1")
        let picture = MessagePart(.file, callID: "a", file: MessageFile(url: "data:image/gif;base64,R0lG"))
        let sent = try elements(
            of: "contents",
            in: GeminiContents.body(for: [
                .user([.file(pdf)]), .assistant([.toolCall("f", callID: "a", input: "{}")]),
                .tool([.toolResult(callID: "a", output: "seen"), picture]),
            ]) { $0.url == "app:1" ? Data("abc".utf8) : nil })
        #expect(sent[0].contains(#"{"inlineData":{"mimeType":"application/pdf","data":"YWJj"}}"#))
        #expect(sent[2].contains(#""parts":[{"inlineData":{"mimeType":"image/gif","data":"R0lG"}}]"#))
    }

    @Test("other forms are refused by their member, interactions by name")
    func refused() {
        let forms = [
            ("{}", "candidates[0]"), (#"{"error":{"message":"private"}}"#, "error"), ("7", ""),
            (#"{"candidates":[{"content":{"parts":[7]}}]}"#, "candidates[0].content.parts[0]"),
            (#"{"object":"interaction","steps":[]}"#, "steps"),
        ]
        for (form, member) in forms {
            let error = #expect(throws: ProviderFormError.self) { try GeminiContents.message(from: json(form)) }
            #expect(error?.member == member, "\(form)")
            #expect(error?.description.contains("private") == false)
        }
    }

    @Test("what is beside the content is metadata, and a blocked prompt says why")
    func metadata() throws {
        var omissions: [Omission] = []
        let answer = try GeminiContents.message(
            from: json(
                #"{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP","groundingMetadata":"#
                    + #"{"webSearchQueries":["a"]}},{"content":{}}],"modelVersion":"m","responseId":"r","#
                    + #""usageMetadata":{"totalTokenCount":3}}"#), omissions: &omissions)
        #expect(answer.metadata[.model] == "m" && answer.metadata[.responseID] == "r")
        #expect(answer.metadata[.stopReason] == "STOP" && answer.metadata[.usage] == ["totalTokenCount": 3])
        #expect(answer.metadata["groundingMetadata"] == ["webSearchQueries": ["a"]])
        #expect(omissions.count == 1)
        let blocked = try GeminiContents.message(from: json(#"{"promptFeedback":{"blockReason":"SAFETY"}}"#))
        #expect(blocked.parts.isEmpty && blocked.metadata[.stopReason] == "SAFETY")
    }

    // MARK: Streams

    private static let chunks = [
        #"{"candidates":[{"content":{"parts":[{"text":"Hm","thought":true}],"role":"model"},"index":0}],"responseId":"r"}"#,
        #"{"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"},"index":0}],"responseId":"r"}"#,
        #"{"candidates":[{"content":{"parts":[{"text":"lo \u00e9"}],"role":"model"}}],"responseId":"r"}"#,
        #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":1.0}},"thoughtSignature":"Eq=="}]}}]}"#,
        #"{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"Eq=="}]},"finishReason":"STOP"}],"#
            + #""modelVersion":"m","responseId":"r","usageMetadata":{"totalTokenCount":3}}"#,
    ]

    @Test("a stream gives what its responses give together")
    func stream() throws {
        let whole = try GeminiContents.message(from: json("[" + Self.chunks.joined(separator: ",\n") + "]"))
        #expect(whole.parts.map(\.kind) == [.reasoning, .text, .toolCall, .text])
        #expect(whole.content == "Hello é" && whole.parts[2].callID == "call_r_0")
        #expect(whole.metadata[.stopReason] == "STOP" && whole.metadata[.usage] == ["totalTokenCount": 3])
        var answer = GeminiContents.Accumulator()
        var texts: [String] = []
        for chunk in Self.chunks {
            #expect(!answer.isComplete)
            try answer.add("data: \(chunk)\r\n\r\n")
            #expect(answer.text == answer.message.content)
            texts.append(answer.text)
        }
        #expect(texts == ["", "Hel", "Hello é", "Hello é", "Hello é"])
        #expect(answer.isComplete && answer.message == whole && answer.omissions.isEmpty)
        let sent = try elements(
            of: "contents",
            in: GeminiContents.body(for: [
                .user("Hi"), whole, .tool([.toolResult(callID: "call_r_0", output: "1")]),
            ]))
        #expect(sent[1].contains(#"{"text":"Hello \u00e9"},{"functionCall":{"name":"f","args":{"a":1.0}}"#))
        #expect(sent[1].hasSuffix(#"{"text":"","thoughtSignature":"Eq=="}]}"#))
        #expect(throws: ProviderFormError.self) { try answer.add(#"{"error":{"code":503}}"#) }
        #expect(throws: ProviderFormError.self) {
            try answer.add(
                #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","willContinue":true}}]}}]}"#)
        }
    }

    // MARK: Samples

    private static let names = ["reasoning-gemini3", "reasoning", "text", "tool-call-gemini3", "tool-call"]

    private static func sample(_ name: String) throws -> Data {
        try SampleFiles.data("provider_responses/vercel+ai__google__google-\(name).json")
    }

    @Test("samples come back as they were", .enabled(if: SampleFiles.areThere), arguments: names)
    func samples(name: String) async throws {
        let response = try Self.sample(name)
        let message = try await kept([GeminiContents.message(from: response)])[0]
        let parts = try #require(
            JSONFields.parse(response).member("candidates")?.elementList[0].member("content")?.member("parts"))
        let results = message.openToolCalls.map { MessagePart.toolResult(callID: $0.callID ?? "", output: "18") }
        let chat = [.user("Go"), message] + (results.isEmpty ? [] : [.tool(results)])
        let sent = try elements(of: "contents", in: GeminiContents.body(for: chat))
        let content = try JSONFields.parse(sent[1].utf8)
        #expect(content.member("parts")?.elementList.map(\.text) == parts.elementList.map(\.text))
        #expect(sent.count == chat.count)
        // Other providers take the call by the id that it got.
        let others = try OpenAIChat.body(for: chat)
        #expect(try elements(of: "messages", in: others).count == chat.count)
    }

    @Test("other samples are refused, interactions by name", .enabled(if: SampleFiles.areThere))
    func otherSamples() throws {
        let own = Set(Self.names.map { "provider_responses/vercel+ai__google__google-\($0).json" })
        for path in SampleFiles.paths(in: "provider_responses") where !own.contains(path) {
            let data = try SampleFiles.data(path)
            let error = #expect(throws: ProviderFormError.self, "\(path)") { try GeminiContents.message(from: data) }
            if path.contains("google.interactions") { #expect(error?.description.contains("Interactions API") == true) }
        }
    }

    @Test("the contents of Google's agent kit come back as they were", .enabled(if: SampleFiles.areThere))
    func agentKit() async throws {
        let session = try JSONFields.parse(
            SampleFiles.data("datasets_api/google+adk-python__successful_test.session.json"))
        let events = try #require(session.member("events")?.elementList.compactMap { $0.member("content") })
        let set = try JSONFields.parse(SampleFiles.data("datasets_api/google+adk-python__order_query.test.json"))
        let turns = try #require(set.member("eval_cases")?.elementList[0].member("conversation")?.elementList)
        let evals = turns.flatMap { [$0.member("user_content"), $0.member("final_response")].compactMap(\.self) }
        for contents in [events, evals] {
            let read = try GeminiContents.messages(from: json("[" + contents.map(\.text).joined(separator: ",") + "]"))
            let sent = try elements(of: "contents", in: GeminiContents.body(for: await kept(read)))
            #expect(sent.count == contents.count)
            for (one, other) in zip(sent, contents) {
                let parts = try JSONFields.parse(one.utf8).member("parts")
                #expect(NativeRule.isSame(parts?.text ?? "", other.member("parts")?.text ?? "?"))
            }
        }
    }

    // MARK: Handover

    @Test("a chat that went through three providers gives each its own bytes")
    func handover() async throws {
        let signed = #"{"functionCall":{"name":"weather","args":{"k":1.0}},"thoughtSignature":"Eq=="}"#
        let gemini = try GeminiContents.message(
            from: json(#"{"candidates":[{"content":{"parts":[\#(signed)],"role":"model"}}],"responseId":"r-1"}"#))
        let openAI = #"{"role":"assistant","content":"It is 18.","reasoning_content":"Hm"}"#
        let claude = #"{"type":"thinking","thinking":"Hm","signature":"EroC\/"}"#
        let chat = try await kept([
            .user("Go"), gemini, .tool([.toolResult(callID: gemini.toolCalls[0].callID ?? "", output: "18")]),
            OpenAIChat.message(from: json(#"{"choices":[{"message":\#(openAI)}]}"#)), .user("Why?"),
            AnthropicMessages.message(
                from: json(
                    #"{"type":"message","role":"assistant","content":[\#(claude),{"type":"text","text":"So."}]}"#)),
            .user("And?"),
        ])
        let toGemini = try elements(of: "contents", in: GeminiContents.body(for: chat))
        #expect(toGemini[1] == #"{"role":"model","parts":[\#(signed)]}"#)
        #expect(toGemini[3] == #"{"role":"model","parts":[{"text":"It is 18."}]}"#)
        let toOpenAI = try elements(of: "messages", in: OpenAIChat.body(for: chat))
        #expect(toOpenAI[3] == openAI && toOpenAI[1].contains(#""id":"call_r-1_0""#))
        let toClaude = try elements(of: "messages", in: AnthropicMessages.body(for: chat))
        #expect(toClaude.contains { $0.contains(claude) } && toClaude[1].contains(#""id":"call_r-1_0""#))
    }

    // MARK: Nonsense

    @Test(
        "nonsense goes back as it came, or is named",
        arguments: parts + [
            #"{"functionCall":{"name":"f","args":{"a":[1.0]},"id":"x"},"thoughtSignature":"Eq=="}"#,
            #"{"functionResponse":{"name":"f","id":"x","response":{"output":"1"},"parts":[{"inlineData":{"mimeType":"a/b","data":"YQ=="}}]}}"#,
        ])
    func nonsense(original: String) async throws {
        // A call that a result can answer.
        let call = #"{"role":"model","parts":[{"functionCall":{"name":"f","args":{},"id":"x"}}]},"#
        var random = SplitMix64(seed: UInt64(original.utf8.count))
        var comparedOfItsKind = 0
        for _ in 0..<40 {
            let text = Nonsense.changed(try JSONFields.parse(original.utf8), &random)
            for (before, role) in [("", "user"), ("", "model"), (call, "user")] {
                func contents(_ part: String) -> Data { json(#"[\#(before){"role":"\#(role)","parts":[\#(part)]}]"#) }
                guard let read = try? GeminiContents.messages(from: contents(text)) else { continue }
                try await InMemoryBackend.prepared(roles: .withTools).append(read, to: "c")
                let place = before.isEmpty ? 0 : 1
                let isOfItsKind =
                    try read.map(\.outline) == GeminiContents.messages(from: contents(original)).map(\.outline)
                if try check(read, place, text), isOfItsKind { comparedOfItsKind += 1 }
                var taken: [Data] = []
                let without = try GeminiContents.messages(from: contents(text)) { file in
                    taken.append(file.data)
                    return "app:\(taken.count - 1)"
                }
                _ = try check(without, place, text) { file in
                    file.url.flatMap { Int($0.dropFirst("app:".count)) }.map { taken[$0] }
                }
                _ = try AnthropicMessages.body(for: read)
                _ = try OpenAIResponses.body(for: without)
                _ = try AISDKMessages.body(for: read)
            }
            var accumulator = GeminiContents.Accumulator()
            for chunk in Self.chunks {
                let isChanged = Int.random(in: 0..<4, using: &random) == 0
                try? accumulator.add(isChanged ? Nonsense.changed(JSONFields.parse(chunk.utf8), &random) : chunk)
            }
            try await InMemoryBackend.prepared(roles: .withTools).append([accumulator.message], to: "c")
        }
        #expect(comparedOfItsKind > 0)
    }

    /// Expects that a part goes out as it was, its call answered, or that something says why not.
    ///
    /// - Parameter place: How many parts are before it.
    /// - Returns: Whether it went out.
    private func check(
        _ read: [ChatMessage], _ place: Int, _ part: String, resolving: FileResolution? = nil
    ) throws -> Bool {
        let results = (read.last?.openToolCalls ?? []).map { call in
            ChatMessage.tool([.toolResult(callID: call.callID ?? "", output: "1")])
        }
        let body = try GeminiContents.body(for: read + results, resolving: resolving)
        let sent = try elements(of: "contents", in: body).flatMap {
            try JSONFields.parse($0.utf8).member("parts")?.elementList.map(\.text) ?? []
        }
        guard body.omissions.isEmpty else { return false }
        #expect(
            sent.count == place + 1 + results.count && NativeRule.isSame(sent[place], part),
            "\(part), \(place) before it")
        return true
    }
}
