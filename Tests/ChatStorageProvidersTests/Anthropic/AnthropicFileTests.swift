import ChatStorageCore
import Foundation
import Testing

@testable import ChatStorageProviders

@Suite("Files in Anthropic's messages")
struct AnthropicFileTests {
    private static let request = Data(AnthropicConversations.request.utf8)
    private static let gif = Data(base64Encoded: "R0lGODlhAQ==") ?? Data()
    private static let png = Data(base64Encoded: "iVBORw==") ?? Data()

    @Test func stayInNativeUnlessTheyAreTakenOut() throws {
        let messages = try AnthropicMessages.messages(from: Self.request)
        let image = messages[1].parts[0]
        #expect(image.kind == .file && image.file == MessageFile(mediaType: "image/gif", size: 7))
        #expect(image.native?.json.text.contains("R0lGODlhAQ==") == true)
        let text = messages[1].parts[1]
        #expect(text.file == MessageFile(mediaType: "text/plain", name: "t", size: 2))
    }

    @Test func areTakenOutAndPutInAgainByteForByte() throws {
        var taken: [FileBytes] = []
        let messages = try AnthropicMessages.messages(from: Self.request) { file in
            taken.append(file)
            return "file:\(taken.count)"
        }
        #expect(taken.map(\.data) == [Self.gif, Self.png])
        #expect(taken.map(\.mediaType) == ["image/gif", "image/png"])
        #expect(messages[1].parts[0].file == MessageFile(mediaType: "image/gif", size: 7, url: "file:1"))
        #expect(messages[3].parts[1].file == MessageFile(mediaType: "image/png", size: 4, url: "file:2"))
        for message in messages {
            for part in message.parts { #expect(part.native?.json.text.contains("R0lG") != true) }
        }
        let whole = try AnthropicMessages.body(for: AnthropicMessages.messages(from: Self.request))
        let body = try AnthropicMessages.body(for: messages) { $0.url == "file:1" ? Self.gif : Self.png }
        #expect(body.data == whole.data)
        #expect(body.omissions.isEmpty)
    }

    @Test(arguments: [#"R0lGODlh\nAQ=="#, "R0lGODlhAQ", "R0lGODlhAR==", #"R0lGODl\/AQ=="#])
    func comeBackByteForByteEvenIfTheirBase64IsNotCanonical(base64: String) throws {
        let source = #""source":{"type":"base64","media_type":"application/pdf","data":"\#(base64)"}"#
        let blocks = #"{"type":"image",\#(source)},{"type":"document",\#(source)}"#
        let request = #"{"messages":[{"role":"user","content":[\#(blocks)]}]}"#
        var taken = Data()
        let messages = try AnthropicMessages.messages(from: Data(request.utf8)) { file in
            taken = file.data
            return "app:1"
        }
        let body = try AnthropicMessages.body(for: messages) { _ in taken }
        #expect(String(decoding: body.data, as: UTF8.self) == request)
        #expect(body.omissions.isEmpty)
    }

    @Test func areNotWhatLooksLikeThemInACallsInput() throws {
        let call = #"""
            {"type":"tool_use","id":"toolu_1","name":"n","input":{"type":"image","source":{"type":"base64",\#
            "media_type":"image/png","data":""}},"cache_control":{"type":"ephemeral"}}
            """#
        let result = #"{"type":"tool_result","tool_use_id":"toolu_1","content":"x"}"#
        let request =
            #"{"messages":[{"role":"assistant","content":[\#(call)]},{"role":"user","content":[\#(result)]}]}"#
        let body = try AnthropicMessages.body(for: AnthropicMessages.messages(from: Data(request.utf8)))
        #expect(String(decoding: body.data, as: UTF8.self).contains(call))
        #expect(body.omissions.isEmpty)
    }

    @Test func arePutInAgainFromTheirOwnURLsToo() throws {
        let messages = try AnthropicMessages.messages(from: Self.request) { file in
            "data:application/octet-stream;base64,\(file.data.base64EncodedString())"
        }
        let whole = try AnthropicMessages.body(for: AnthropicMessages.messages(from: Self.request))
        #expect(try AnthropicMessages.body(for: messages).data == whole.data)
    }

    @Test func withoutBytesGoAsURLsOrAreNamed() throws {
        let messages = try AnthropicMessages.messages(from: Self.request) { _ in "https://example.org/x" }
        let body = try AnthropicMessages.body(for: messages)
        let json = String(decoding: body.data, as: UTF8.self)
        let source = #""source":{"type":"url","url":"https://example.org/x"}"#
        #expect(json.components(separatedBy: source).count == 3)
        #expect(body.omissions.isEmpty)

        let local = try AnthropicMessages.messages(from: Self.request) { _ in "file:x" }
        let without = try AnthropicMessages.body(for: local)
        let text = String(decoding: without.data, as: UTF8.self)
        #expect(
            !text.contains("image") && text.contains(#"{"type":"tool_result","tool_use_id":"toolu_1","content":"seen""#)
        )
        #expect(without.omissions.map(\.message) == [1, 3])
        #expect(without.omissions.map(\.part) == [0, 1])
    }

    @Test func ofAResultThatWereChangedAreSentAsTheyAreNow() throws {
        var messages = try AnthropicMessages.messages(from: Self.request)
        messages[3].parts[1].file?.url = "https://example.org/new.png"
        let body = String(decoding: try AnthropicMessages.body(for: messages).data, as: UTF8.self)
        #expect(
            body.contains(
                #"[{"type":"text","text":"seen"},{"type":"image","source":{"type":"url","url":"https://example.org/new.png"}}]"#
            ))
        #expect(!body.contains("iVBORw=="))
        messages[3].parts.remove(at: 1)
        let less = String(decoding: try AnthropicMessages.body(for: messages).data, as: UTF8.self)
        #expect(less.contains(#""content":"seen","is_error":false"#) && !less.contains("iVBORw=="))
    }

    @Test func thatTheAppGivesBytesOfAreSentWithThem() throws {
        let message = ChatMessage.user([
            .file(MessageFile(mediaType: "application/pdf", name: "a", url: "app:1")),
            .file(MessageFile(mediaType: "text/csv", name: "b", url: "app:2")),
            .file(MessageFile(mediaType: "video/mp4", url: "app:3")),
            .file(MessageFile(id: "file_1")), .file(MessageFile(id: "file-2")),
        ])
        let body = try AnthropicMessages.body(for: [message]) { _ in Data("a,b".utf8) }
        #expect(
            String(decoding: body.data, as: UTF8.self) == #"{"messages":[{"role":"user","content":["#
                + #"{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"YSxi"},"title":"a"},"#
                + #"{"type":"document","source":{"type":"text","media_type":"text/plain","data":"a,b"},"title":"b"},"#
                + #"{"type":"document","source":{"type":"file","file_id":"file_1"}}]}]}"#)
        #expect(body.omissions.map(\.part) == [2, 4])
    }

    @Test func passOnWhatExtractionAndResolutionThrow() {
        struct Failure: Error {}
        #expect(throws: Failure.self) { try AnthropicMessages.messages(from: Self.request) { _ in throw Failure() } }
        let message = ChatMessage.user([.file(MessageFile(mediaType: "image/png", url: "a"))])
        #expect(throws: Failure.self) { try AnthropicMessages.body(for: [message]) { _ in throw Failure() } }
    }
}
