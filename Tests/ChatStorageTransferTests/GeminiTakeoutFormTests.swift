import ChatStorageCore
import ChatStorageJSON
import Testing
import TestSupport

@testable import ChatStorageTransfer

@Suite("Gemini's activity history")
struct GeminiTakeoutFormTests {
    private static let path = "other_apps/modelcaddy+panchat__gemini_myactivity.json"

    @Test("records of one chat are a conversation in the order of their times", .enabled(if: SampleFiles.areThere))
    func chats() throws {
        let sample = try FormSample(Self.path, .geminiTakeout)
        #expect(sample.archived.count == 3)
        let chat = try #require(sample.archived.first { $0.id == "invented-thread-1" })
        #expect(chat.messages.map(\.role) == [.user, .assistant, .user, .assistant])
        #expect(
            chat.messages.map(\.content) == [
                "Explain the first half of the made-up thing",
                "The first half does not exist.\n- Nor does this list item.",
                "And what about the second half?", "The second half is likewise invented.",
            ])
        #expect(chat.messages[0].createdAt == Timestamp("2026-07-20T15:15:21.568Z"))
        #expect(chat.messages[0].body.parts.last?.file?.name == "invented-notes.pdf")
        #expect(chat.messages[3].body.parts[0].native?.json.text.contains("<b>") == true)
        #expect(chat.messages.map(\.predecessor) == Array(repeating: nil, count: 4))
    }

    @Test("other languages, a missing answer, and activities that are no chats", .enabled(if: SampleFiles.areThere))
    func others() throws {
        let sample = try FormSample(Self.path, .geminiTakeout)
        let texts = sample.archived.map { $0.messages.map(\.content) }
        #expect(texts.contains(["これは作り話です", "これも作り話です。"]))
        #expect(texts.contains(["A question whose answer Google did not keep"]))
        #expect(sample.archived[0].leftOut == ["[] of an activity that is no chat"])
    }

    @Test("nothing of the chats is lost", .enabled(if: SampleFiles.areThere))
    func nothingLost() throws {
        let sample = try FormSample(Self.path, .geminiTakeout)
        let records = sample.values.flatMap { $0.elementList }.filter {
            $0.firstMember("title")?.string.map { $0.hasPrefix("Prompted") || $0.hasPrefix("送信") } ?? false
        }
        #expect(records.count == 4)
        #expect(NothingLost.lost(from: records, in: sample.conversations).isEmpty)
    }

    @Test(
        "HTML is what a person reads",
        arguments: [
            ("<p>a <b>b</b>\n c</p><p>d</p>", "a b c\nd"),
            ("a &lt;b&gt; &amp;amp; &#39;&#x1F600; &nope; & b", "a <b> &amp; '😀 &nope; & b"),
            ("<pre>x\n  y</pre>z", "x\n  y\nz"), ("1 < 2 <br> <a title=\"a>b\" href='c'>d</a>", "1 < 2\nd"),
            ("<ol><li>a<li>b</ol>", "- a\n- b"), ("<style>p {}</style>x<!-- <p> -->y<", "xy<"), ("", ""),
            ("<table><tr><td>a</td><td>b</td></tr></table>", "a\tb\t"),
        ])
    func html(html: String, text: String) {
        #expect(HTMLText.text(of: html) == text)
    }
}
