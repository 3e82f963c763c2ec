"""A person's story on the page, in two windows, with pictures of it."""

import os
import pathlib
import unittest

from browser import Browser
from server import Server

PICTURES = pathlib.Path(os.environ.get("CHAT_PICTURES", "."))
LAST = "[...document.querySelectorAll('.message')].at(-1)"


class Story(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server("--word-time", "25", "--unfinished-after", "4"))
        self.browser = self.enterContext(Browser())
        self.pictures = 0

    def picture(self, window, name):
        self.pictures += 1
        window.screenshot(PICTURES / f"{self.id().split('_')[-1]}-{self.pictures:02}-{name}.png")

    def ask(self, window, text):
        window.click("#text")
        window.type(text)
        window.press_enter()

    def wait_for_answer(self, window, text=""):
        window.wait(
            f"document.querySelector('#send').hidden === false && {LAST}?.className === 'message assistant complete'"
            f" && {LAST}.innerText.includes({text!r})", f"an answer with {text!r}")

    def test_story(self):
        first = self.browser.open(self.server.url)
        first.wait("document.querySelector('#empty')", "the page is shown")
        self.picture(first, "empty")

        # A question, and its answer while it comes.
        self.ask(first, "A weekend in Kyoto?")
        first.wait(f"{LAST}?.innerText.includes('You said')", "the answer comes")
        self.picture(first, "answering")
        self.wait_for_answer(first, "I go on where I was.")
        first.wait("document.querySelector('.chat .title')?.textContent === 'A weekend in Kyoto?'", "the chat has a title")
        first.wait("document.querySelector('.chat .preview').textContent.startsWith('You said')", "and a preview")

        # Another answer, and another question; back and forth between them.
        first.click(".again")
        self.wait_for_answer(first, "You wanted to know")
        first.click(".again")
        self.wait_for_answer(first, "Once more")
        self.assertEqual(first.run(f"{LAST}.querySelector('.branches').innerText.replace(/\\s/g, '')"), "‹3/3›")
        first.click(".branches button", "‹")
        first.wait(f"{LAST}.innerText.includes('You wanted to know')", "the version before")
        self.assertEqual(first.run(f"{LAST}.querySelector('.branches').innerText.replace(/\\s/g, '')"), "‹2/3›")
        self.picture(first, "branches")
        first.click(".edit")
        first.wait("document.querySelector('#text').value === 'A weekend in Kyoto?'", "the question can be edited")
        self.picture(first, "editing")
        first.run("document.querySelector('#text').select()")
        first.type("A weekend in Nara?")
        first.press_enter()
        self.wait_for_answer(first, "A weekend in Nara?")
        self.assertEqual(first.run("document.querySelector('.branches').innerText.replace(/\\s/g, '')"), "‹2/2›")
        first.click(".branches button", "‹")
        first.wait(f"{LAST}.innerText.includes('Kyoto')", "the question as it was")
        first.click(".branches button", "›")
        first.wait(f"{LAST}.innerText.includes('Nara')", "the edited question")

        # Tools and thoughts.
        self.ask(first, "Think about the weather in Oslo")
        self.wait_for_answer(first, "The tool says")
        self.assertEqual(first.run("[...document.querySelectorAll('details')].map(e => e.open)"), [False, False])
        self.picture(first, "tool-folded")
        first.click("summary", "Thoughts")
        first.click("summary", "weather")
        self.assertIn("degrees and dry in Oslo", first.run("document.querySelector('#messages').innerText"))
        self.picture(first, "tool-open")

        # A reload in the middle of an answer.
        self.ask(first, "Count to 150")
        first.wait(f"{LAST}?.innerText.includes('1 2 3')", "it counts")
        first.reload()
        first.wait(f"{LAST}?.className === 'message assistant streaming'", "it still counts after a reload")
        self.picture(first, "reloaded")
        self.wait_for_answer(first, "149 150")
        text = first.run(f"{LAST}.querySelector('.body').textContent")
        self.assertEqual(text, " ".join(str(number) for number in range(1, 151)))

        # Stop.
        self.ask(first, "Count to 3000")
        first.wait(f"{LAST}?.innerText.includes('1 2 3')", "it counts")
        first.click("#stop")
        first.wait(f"{LAST}?.className === 'message assistant stopped'", "it has stopped")
        self.picture(first, "stopped")

        # A failure.
        first.click("#new")
        self.ask(first, "Please fail")
        first.wait(f"{LAST}?.className === 'message assistant failed'", "it failed")
        self.picture(first, "failed")

        # A second window: it follows what the first one does.
        first.click("#new")
        self.ask(first, "Count to 120")
        first.wait(f"{LAST}?.innerText.includes('1 2 3')", "it counts")
        second = self.browser.open(self.server.url + first.run("'/' + location.hash"))
        second.wait(f"{LAST}?.className === 'message assistant streaming'", "the second window shows the answer under way")
        self.picture(second, "second-window")
        self.wait_for_answer(second, "119 120")
        self.wait_for_answer(first, "119 120")

        # An answer that ends while another chat is open has not been read.
        second.show()
        second.click("#new")
        self.ask(second, "Count to 40")
        second.wait(f"{LAST}?.innerText.includes('1 2 3')", "it counts")
        second.click(".chat .title", "Kyoto")
        second.wait(f"{LAST}?.className === 'message assistant stopped'", "another chat is open")
        second.wait("document.querySelector('.chat.unread .preview')?.textContent.endsWith('39 40')", "the answer has ended")
        second.click(".chat.open .pin")
        second.wait("document.querySelector('.chat.pinned.open')", "a chat is pinned")
        self.picture(second, "unread-and-pinned")
        second.click(".chat.unread .title", "Count to 40")
        second.wait("!document.querySelector('.chat.unread')", "it is read")

        # The same chat in both windows.
        second.click(".chat .title", "Count to 120")
        self.wait_for_answer(second, "119 120")
        self.ask(second, "From the second window")
        self.wait_for_answer(second, "From the second window")
        first.show()
        self.wait_for_answer(first, "From the second window")

        # The server dies in the middle of an answer, and is started again.
        self.ask(first, "Count to 2000")
        first.wait(f"{LAST}?.innerText.includes('1 2 3')", "it counts")
        self.server.kill()
        seen = first.run(f"{LAST}.querySelector('.body').textContent")
        self.server.start()
        first.wait(f"{LAST}?.className === 'message assistant stopped'", "the answer has ended", seconds=60)
        self.assertTrue(first.run(f"{LAST}.querySelector('.body').textContent").startswith(seen))
        self.picture(first, "after-a-crash")
        self.ask(first, "Are you there?")
        self.wait_for_answer(first, "Are you there?")

        # Somebody else sees none of it.
        first.answers = "bob"
        first.click("#user")
        first.wait("document.querySelector('#user')?.textContent === 'bob' && document.querySelector('#empty')", "bob is here")
        first.wait("!document.querySelector('.chat')", "bob has no chats")
        self.picture(first, "somebody-else")

        # Deleting.
        second.show()
        count = second.run("document.querySelectorAll('.chat').length")
        second.click(".chat.open .delete")
        second.wait(f"document.querySelectorAll('.chat').length === {count - 1}", "the chat is gone")

        lost = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
        for window in (first, second):
            problems = [problem for problem in window.problems if not any(name in problem for name in lost)]
            self.assertEqual(problems, [])

    def test_dark_and_narrow(self):
        window = self.browser.open(self.server.url)
        window.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        window.click("#empty button", "weather")
        self.wait_for_answer(window, "The tool says")
        window.click("summary", "weather")
        self.picture(window, "dark")
        window.call("Emulation.setDeviceMetricsOverride", width=420, height=760, deviceScaleFactor=1, mobile=True)
        self.picture(window, "dark-and-narrow")
        self.assertLessEqual(window.run("document.documentElement.scrollWidth"), 420)
        window.click("#new")
        window.wait("document.querySelector('#empty')", "a new chat")
        self.assertEqual(window.problems, [])

    def test_text_is_not_markup(self):
        window = self.browser.open(self.server.url)
        window.wait("document.querySelector('#empty')", "the page is shown")
        self.ask(window, "<img src=x onerror=alert(1)> & <b>bold</b>")
        self.wait_for_answer(window, "<b>bold</b>")
        self.assertEqual(window.run("document.querySelectorAll('#messages img, #messages b').length"), 0)
        self.assertEqual(window.problems, [])


if __name__ == "__main__":
    unittest.main()
