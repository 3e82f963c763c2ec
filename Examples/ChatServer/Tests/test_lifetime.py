"""What becomes of answers when the server dies, is stopped, or its store is another one."""

import pathlib
import subprocess
import threading
import time
import unittest

import openai

from server import Server

REPOSITORY = pathlib.Path(__file__).parents[3]
STREAMS = 64
WORDS = 2000


def whole(words):
    return " ".join(str(number) for number in range(1, words + 1))


class Reader(threading.Thread):
    """A client that reads a streamed answer until the connection ends, and goes on when the server is back."""

    def __init__(self, client, words=WORDS):
        super().__init__()
        self.client, self.words = client, words
        self.conversation = client.conversations.create().id
        self.response, self.seen, self.text, self.status = None, -1, "", None
        self.has_begun = threading.Event()

    def run(self):
        try:
            self.read(self.client.responses.create(
                model="stub", input=f"count to {self.words}", conversation=self.conversation, stream=True))
        except openai.APIError:
            pass

    def resume(self):
        self.read(self.client.responses.retrieve(self.response, stream=True, starting_after=self.seen))

    def read(self, stream):
        for event in stream:
            if event.type == "response.created":
                self.response = event.response.id
            elif event.type == "response.output_text.delta":
                self.text += event.delta
                if len(self.text) > 20:
                    self.has_begun.set()
            elif event.type in ("response.completed", "response.incomplete", "response.failed"):
                self.status = event.response.status
            self.seen = event.sequence_number


class Lifetime(unittest.TestCase):
    store = None

    def server(self, *arguments):
        return Server(*arguments, store=self.store)

    def check_streams_survive(self, end):
        with self.server("--unfinished-after", "2", "--word-time", "5", "--grace", "1") as server:
            readers = [Reader(server.client(f"user-{number % 8}"), 60 + 40 * number) for number in range(STREAMS)]
            for reader in readers:
                reader.start()
            for reader in readers:
                self.assertTrue(reader.has_begun.wait(60))
            end(server)
            for reader in readers:
                reader.join(60)
                self.assertFalse(reader.is_alive())
            before = [reader.text for reader in readers]
            server.start()
            for reader in readers:
                if reader.status is None:
                    reader.resume()
            counts = {}
            for reader, seen in zip(readers, before):
                stored = reader.client.responses.retrieve(reader.response)
                items = list(reader.client.conversations.items.list(reader.conversation, order="asc"))
                self.assertEqual([item.role for item in items], ["user", "assistant"], "the answer is there once")
                text = items[1].content[0].text
                self.assertEqual(text, stored.output_text)
                self.assertTrue(text.startswith(seen), "a client saw what is lost")
                self.assertEqual(text, reader.text, "the client that came back saw all of it, once")
                self.assertTrue(whole(reader.words).startswith(text))
                self.assertIn(stored.status, ("completed", "cancelled"))
                if stored.status == "completed":
                    self.assertEqual(text, whole(reader.words))
                self.assertEqual(stored.status, reader.status)
                counts[stored.status] = counts.get(stored.status, 0) + 1
            self.assertGreater(counts.get("cancelled", 0), 0, "no stream was broken off")
            # The chat goes on.
            after = readers[0].client.responses.create(model="stub", input="Hello", conversation=readers[0].conversation)
            self.assertEqual(after.status, "completed")
            self.assertEqual(server.stop(), 0)
            shortest, longest = min(map(len, before)), max(map(len, before))
            print(f"\n{STREAMS} streams on {(self.store or 'sqlite').split(':')[0]}, after {shortest} to {longest} bytes: {counts}", flush=True)

    def test_killed_in_the_middle_of_streams(self):
        self.check_streams_survive(lambda server: server.kill())

    def test_stopped_in_the_middle_of_streams(self):
        def stop(server):
            self.assertEqual(server.stop(), 0)

        self.check_streams_survive(stop)

    def test_shutdown_lets_answers_end(self):
        with self.server("--grace", "20", "--word-time", "5") as server:
            reader = Reader(server.client())
            reader.start()
            self.assertTrue(reader.has_begun.wait(60))
            self.assertEqual(server.stop(), 0)
            reader.join(60)
            self.assertEqual((reader.status, reader.text), ("completed", whole(WORDS)))

    def test_retries_after_a_death(self):
        """The request of a client that never got an answer is made again when the server is back."""
        with self.server("--unfinished-after", "2", "--word-time", "5") as server:
            client = server.client()
            conversation = client.conversations.create(extra_headers={"Idempotency-Key": "chat-1"}).id
            ask = lambda: client.responses.create(
                model="stub", input=f"count to {WORDS}", conversation=conversation, stream=True,
                extra_headers={"Idempotency-Key": "ask-1"})
            for event in ask():
                if event.type == "response.output_text.delta":
                    break
            server.kill()
            server.start()
            self.assertEqual(client.conversations.create(extra_headers={"Idempotency-Key": "chat-1"}).id, conversation)
            done = list(ask())[-1].response
            self.assertEqual(done.status, "cancelled")
            self.assertTrue(whole(WORDS).startswith(done.output_text) and done.output_text)
            self.assertEqual(len(list(client.conversations.items.list(conversation))), 2)

    def test_closed_connection_stops_a_completion(self):
        with self.server("--word-time", "5") as server:
            client = server.client()
            stream = client.chat.completions.create(
                model="stub", messages=[{"role": "user", "content": f"count to {WORDS}"}], stream=True)
            text = ""
            for chunk in stream:
                text += chunk.choices[0].delta.content or ""
                if len(text) > 20:
                    break
            stream.close()
            deadline = time.monotonic() + 30
            while (stored := client.chat.completions.retrieve(chunk.id).choices[0]).finish_reason is None:
                self.assertLess(time.monotonic(), deadline)
            stored = stored.message.content
            self.assertTrue(stored.startswith(text))
            self.assertLess(len(stored), len(whole(WORDS)))

    def test_two_servers_on_one_store(self):
        """An answer that one server writes is followed, and stopped, through another."""
        with self.server("--word-time", "5") as first:
            with Server(store=first.store) as second:
                made = first.client().responses.create(model="stub", input=f"count to {WORDS}", background=True).id
                text = ""
                for event in second.client().responses.retrieve(made, stream=True):
                    if event.type == "response.output_text.delta":
                        text += event.delta
                        if len(text) > 200:
                            second.client().responses.cancel(made)
                self.assertEqual(event.response.status, "cancelled")
                self.assertEqual(first.client().responses.retrieve(made).output_text, text)


class LifetimeOnPostgres(Lifetime):
    """The same on a PostgreSQL server of its own, which goes away with this process."""

    @classmethod
    def setUpClass(cls):
        cls.postgres = subprocess.Popen(
            [REPOSITORY / "Tests/TestSupport/throwaway-postgres", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        cls.addClassCleanup(cls.end_postgres)
        cls.store = cls.postgres.stdout.readline().decode().strip()
        if not cls.store:
            raise RuntimeError("PostgreSQL is not installed")

    @classmethod
    def end_postgres(cls):
        cls.postgres.stdin.close()
        cls.postgres.wait(60)
        cls.postgres.stdout.close()


class Settings(unittest.TestCase):
    def test_memory(self):
        with Server(store="memory:") as server:
            done = server.client().responses.create(model="stub", input="Kyoto?")
            self.assertEqual(server.client().responses.retrieve(done.id), done)

    def test_settings_that_cannot_be(self):
        nowhere = {"store": "sqlite:/nowhere/at/all/chats.db", "CHAT_MODEL_URL": "http://127.0.0.1:1/v1"}
        for settings in ({"store": "mysql://x"}, {"CHAT_TOKENS": "secret"}, nowhere):
            server = Server(**settings)
            with server.folder, self.assertRaises(RuntimeError) as raised:
                server.start()
            self.assertEqual(server.process.returncode, 1, "it says what is wrong, and does not crash")
            self.assertNotIn("secret", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
