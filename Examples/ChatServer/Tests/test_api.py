"""The server as OpenAI's own client sees it."""

import http.client
import json
import threading
import unittest

import httpx2
import openai

from server import Server

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CHAT_TOOL = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}
TOOL = {"type": "function", "name": "weather", "parameters": WEATHER, "strict": False}


class ApiTestCase(unittest.TestCase):
    arguments = ()
    environment = {}

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(*cls.arguments, **cls.environment))
        cls.client = cls.server.client()


class Completions(ApiTestCase):
    def test_answers_and_keeps(self):
        done = self.client.chat.completions.create(
            model="stub", messages=[{"role": "system", "content": "Be short."}, {"role": "user", "content": "Kyoto?"}],
            metadata={"topic": "travel"})
        self.assertIn("“Kyoto?”", done.choices[0].message.content)
        self.assertEqual(done.choices[0].finish_reason, "stop")
        self.assertGreater(done.usage.total_tokens, 0)
        again = self.client.chat.completions.retrieve(done.id)
        self.assertEqual(again, done)
        self.assertEqual(again.metadata, {"topic": "travel"})
        asked = self.client.chat.completions.messages.list(done.id).data
        self.assertEqual([(one.role, one.content) for one in asked], [("system", "Be short."), ("user", "Kyoto?")])
        self.assertIn(done.id, [one.id for one in self.client.chat.completions.list()])
        changed = self.client.chat.completions.update(done.id, metadata={"topic": "food"})
        self.assertEqual(changed.metadata, {"topic": "food"})
        self.assertTrue(self.client.chat.completions.delete(done.id).deleted)
        with self.assertRaises(openai.NotFoundError):
            self.client.chat.completions.retrieve(done.id)

    def test_lists_in_pages(self):
        client = self.server.client("pages")
        made = [client.chat.completions.create(model="stub", messages=[{"role": "user", "content": str(n)}]).id for n in range(5)]
        self.assertEqual([one.id for one in client.chat.completions.list(limit=2)], made[::-1])

    def test_streams(self):
        chunks = list(self.client.chat.completions.create(
            model="stub", messages=[{"role": "user", "content": "think of the sea"}], stream=True,
            stream_options={"include_usage": True}))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        thought = "".join(getattr(chunk.choices[0].delta, "reasoning_content", None) or "" for chunk in chunks if chunk.choices)
        self.assertTrue(thought.startswith("The question has 4 words."))
        self.assertEqual(chunks[-2].choices[0].finish_reason, "stop")
        self.assertGreater(chunks[-1].usage.completion_tokens, 0)
        stored = self.client.chat.completions.retrieve(chunks[0].id)
        self.assertEqual(stored.choices[0].message.content, text)
        self.assertEqual(stored.choices[0].message.reasoning_content, thought)

    def test_calls_tools(self):
        messages = [{"role": "user", "content": "How is the weather in Kyoto"}]
        first = self.client.chat.completions.create(model="stub", messages=messages, tools=[CHAT_TOOL])
        self.assertEqual(first.choices[0].finish_reason, "tool_calls")
        call = first.choices[0].message.tool_calls[0]
        self.assertEqual((call.function.name, json.loads(call.function.arguments)), ("weather", {"city": "Kyoto"}))
        messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"}]
        last = self.client.chat.completions.create(model="stub", messages=messages, tools=[CHAT_TOOL])
        self.assertEqual(last.choices[0].message.content, "The tool says: 21 degrees.")

    def test_calls_tools_streaming(self):
        with self.client.chat.completions.stream(
            model="stub", messages=[{"role": "user", "content": "weather in Oslo"}], tools=[CHAT_TOOL]
        ) as stream:
            done = stream.get_final_completion()
        self.assertEqual(done.choices[0].message.tool_calls[0].function.arguments, '{"city":"Oslo"}')

    def test_forgets_if_told(self):
        done = self.client.chat.completions.create(
            model="stub", messages=[{"role": "user", "content": "Secret"}], store=False)
        self.assertIn("Secret", done.choices[0].message.content)
        with self.assertRaises(openai.NotFoundError):
            self.client.chat.completions.retrieve(done.id)
        chunks = self.client.chat.completions.create(
            model="stub", messages=[{"role": "user", "content": "Secret"}], store=False, stream=True)
        self.assertEqual("".join(c.choices[0].delta.content or "" for c in chunks), done.choices[0].message.content)

    def test_same_key_same_answer(self):
        key = {"Idempotency-Key": "completion-1"}
        question = [{"role": "user", "content": "Once"}]
        first = self.client.chat.completions.create(model="stub", messages=question, extra_headers=key)
        again = self.client.chat.completions.create(model="stub", messages=question, extra_headers=key)
        self.assertEqual(first, again)
        streamed = self.client.chat.completions.create(model="stub", messages=question, extra_headers=key, stream=True)
        self.assertEqual("".join(c.choices[0].delta.content or "" for c in streamed), first.choices[0].message.content)
        with self.assertRaises(openai.UnprocessableEntityError):
            self.client.chat.completions.create(
                model="stub", messages=[{"role": "user", "content": "Twice"}], extra_headers=key)

    def test_same_key_after_an_answer_that_was_begun(self):
        key = {"Idempotency-Key": "completion-2"}
        question = [{"role": "user", "content": "Count"}, {"role": "assistant", "content": "One,"}]
        texts = []
        for _ in range(2):
            stream = self.client.chat.completions.create(model="stub", messages=question, extra_headers=key, stream=True)
            texts.append("".join(chunk.choices[0].delta.content or "" for chunk in stream))
        self.assertIn("“One,”", texts[0])
        self.assertEqual(texts[0], texts[1])

    def test_same_key_at_once(self):
        key = {"Idempotency-Key": "completion-at-once"}
        found = []

        def ask():
            stream = self.client.chat.completions.create(
                model="stub", messages=[{"role": "user", "content": "count to 400"}], extra_headers=key, stream=True)
            found.append([(chunk.id, chunk.choices[0].delta.content or "") for chunk in stream])

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(found), 8)
        texts = {(chunks[0][0], "".join(text for _, text in chunks)) for chunks in found}
        self.assertEqual([text for _, text in texts], [" ".join(str(n) for n in range(1, 401))])
        self.assertNotIn("conflict", self.server.logged(), "one of them took the answer over")

    def test_failure_is_an_error(self):
        question = [{"role": "user", "content": "Please fail"}]
        with self.assertRaises(openai.InternalServerError) as raised:
            self.client.chat.completions.create(model="stub", messages=question)
        self.assertEqual(raised.exception.code, "model_failed")
        with self.assertRaises(openai.APIError):
            list(self.client.chat.completions.create(model="stub", messages=question, stream=True))


class Responses(ApiTestCase):
    def test_remembers_by_conversation(self):
        conversation = self.client.conversations.create(metadata={"app": "test"})
        first = self.client.responses.create(model="stub", input="A weekend in Kyoto?", conversation=conversation.id)
        self.assertEqual(first.status, "completed")
        self.assertIn("Kyoto", first.output_text)
        self.assertEqual(first.conversation.id, conversation.id)
        second = self.client.responses.create(model="stub", input="In spring", conversation={"id": conversation.id})
        items = list(self.client.conversations.items.list(conversation.id, order="asc"))
        self.assertEqual([item.role for item in items], ["user", "assistant", "user", "assistant"])
        self.assertEqual(items[3].content[0].text, second.output_text)
        self.assertGreater(second.usage.input_tokens, first.usage.input_tokens)

    def test_follows_a_response(self):
        first = self.client.responses.create(model="stub", input="One", instructions="Be short.", metadata={"a": "b"})
        self.assertIsNone(first.conversation)
        self.assertEqual((first.instructions, first.metadata), ("Be short.", {"a": "b"}))
        left = self.client.responses.create(model="stub", input="Left", previous_response_id=first.id)
        right = self.client.responses.create(model="stub", input="Right", previous_response_id=first.id)
        self.assertIn("Left", left.output_text)
        self.assertIn("Right", right.output_text)
        self.assertEqual(left.usage.input_tokens, right.usage.input_tokens)
        self.assertEqual(left.previous_response_id, first.id)
        self.assertEqual([one.content[0].text for one in self.client.responses.input_items.list(right.id)], ["Right"])

    def test_retrieves_and_deletes(self):
        made = self.client.responses.create(model="stub", input="Keep this")
        self.assertEqual(self.client.responses.retrieve(made.id), made)
        self.client.responses.delete(made.id)
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.retrieve(made.id)

    def test_streams(self):
        with self.client.responses.stream(model="stub", input="think of the sea") as stream:
            events = list(stream)
            done = stream.get_final_response()
        self.assertEqual(done.status, "completed")
        self.assertEqual([item.type for item in done.output], ["reasoning", "message"])
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        self.assertEqual(text, done.output_text)
        numbers = [event.sequence_number for event in events if hasattr(event, "sequence_number")]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual(events[0].type, "response.created")
        stored = self.client.responses.retrieve(done.id)
        self.assertEqual([item.id for item in stored.output], [item.id for item in done.output])
        self.assertEqual(stored.output_text, text)

    def test_goes_on_after_a_lost_connection(self):
        text, seen, made, connections = "", -1, None, 0
        stream = self.client.responses.create(model="stub", input="count to 120", stream=True)
        while True:
            connections += 1
            count = 0
            for event in stream:
                seen, count = event.sequence_number, count + 1
                made = made or event.response.id
                text += event.delta if event.type == "response.output_text.delta" else ""
                if event.type == "response.completed":
                    break
                # Each connection ends after another number of events, some in the middle of the text.
                if count >= 2 + connections % 3:
                    break
            stream.close()
            if event.type == "response.completed":
                break
            stream = self.client.responses.retrieve(made, stream=True, starting_after=seen)
        self.assertGreater(connections, 2)
        self.assertEqual(text, " ".join(str(n) for n in range(1, 121)))
        self.assertEqual(self.client.responses.retrieve(made).output_text, text)

    def test_goes_on_after_every_number(self):
        """Wherever a client was, it gets what it has not seen, and nothing that it has."""
        made = self.client.responses.create(model="stub", input="Think: é 🧑‍🚀 weather in Oslo", tools=[TOOL])
        self.assertEqual([item.type for item in made.output], ["reasoning", "message", "function_call"])
        every = list(self.client.responses.retrieve(made.id, stream=True))
        numbers = [event.sequence_number for event in every]
        self.assertEqual(numbers, sorted(set(numbers)))
        for number in range(-1, numbers[-1] + 1):
            rest = list(self.client.responses.retrieve(made.id, stream=True, starting_after=number))
            self.assertEqual([e.sequence_number for e in rest], [n for n in numbers if n > number])
            for event in rest:
                whole = every[numbers.index(event.sequence_number)]
                if hasattr(event, "delta"):
                    left = event.sequence_number - number
                    self.assertEqual(event.delta.encode()[-left:], whole.delta.encode()[-left:])
                    self.assertLessEqual(len(event.delta.encode()), left + 3)
                else:
                    self.assertEqual(event, whole)

    def test_goes_on_by_last_event_id(self):
        done = self.client.responses.create(model="stub", input="count to 20")
        response = httpx2.get(
            f"{self.server.url}/v1/responses/{done.id}?stream=true",
            headers={"Authorization": "Bearer alice", "Last-Event-ID": "12"})
        ids = [int(line[4:]) for line in response.text.splitlines() if line.startswith("id: ")]
        rest = list(self.client.responses.retrieve(done.id, stream=True, starting_after=12))
        self.assertEqual(ids, [event.sequence_number for event in rest])
        self.assertGreater(ids[0], 12)
        self.assertIn('"response.completed"', response.text)

    def test_calls_tools(self):
        conversation = self.client.conversations.create()
        first = self.client.responses.create(
            model="stub", input="weather in Kyoto", conversation=conversation.id, tools=[TOOL])
        call = first.output[-1]
        self.assertEqual((call.type, call.name, json.loads(call.arguments)), ("function_call", "weather", {"city": "Kyoto"}))
        second = self.client.responses.create(
            model="stub", conversation=conversation.id, tools=[TOOL],
            input=[{"type": "function_call_output", "call_id": call.call_id, "output": "21 degrees"}])
        self.assertEqual(second.output_text, "The tool says: 21 degrees.")
        types = [item.type for item in self.client.conversations.items.list(conversation.id, order="asc")]
        self.assertEqual(types, ["message", "message", "function_call", "function_call_output", "message"])

    def test_long_tools(self):
        tool = {**TOOL, "description": "How warm it is. " * 5000}
        made = self.client.responses.create(model="stub", input="weather in Oslo", tools=[tool])
        self.assertEqual(made.output[-1].name, "weather")
        self.assertEqual(self.client.responses.retrieve(made.id).output, made.output)

    def test_calls_tools_streaming(self):
        with self.client.responses.stream(model="stub", input="weather in Oslo", tools=[TOOL]) as stream:
            done = stream.get_final_response()
        self.assertEqual(done.output[-1].arguments, '{"city":"Oslo"}')

    def test_stops(self):
        stream = self.client.responses.create(model="stub", input="count to 5000", stream=True)
        text, stopped = "", None
        for event in stream:
            if event.type == "response.created":
                made = event.response.id
            if event.type == "response.output_text.delta":
                text += event.delta
                stopped = stopped or self.client.responses.cancel(made)
        self.assertEqual(event.type, "response.incomplete")
        self.assertEqual(event.response.status, "cancelled")
        stored = self.client.responses.retrieve(made)
        self.assertEqual(stored.status, "cancelled")
        self.assertEqual(stored.output_text, text)
        self.assertEqual(stored.output[0].status, "incomplete")

    def test_background(self):
        made = self.client.responses.create(model="stub", input="count to 100", background=True)
        self.assertEqual(made.status, "in_progress")
        events = list(self.client.responses.retrieve(made.id, stream=True))
        self.assertEqual(events[-1].response.output_text, " ".join(str(n) for n in range(1, 101)))

    def test_failure_is_a_state(self):
        done = self.client.responses.create(model="stub", input="Please fail")
        self.assertEqual((done.status, done.error.code), ("failed", "server_error"))
        self.assertEqual(done.output_text, "This answer will not be whole, because")

    def test_edits_and_answers_again(self):
        conversation = self.client.conversations.create().id
        first = self.client.responses.create(model="stub", input="Kyoto?", conversation=conversation)
        again = self.client.responses.create(model="stub", conversation=conversation, extra_body={"replaces": first.id})
        self.assertNotEqual(again.output_text, first.output_text)
        question = self.client.conversations.items.list(conversation, order="asc").data[0]
        self.client.responses.create(
            model="stub", conversation=conversation, input="Nara?", extra_body={"replaces": question.id})
        shown = [item.content[0].text for item in self.client.conversations.items.list(conversation, order="asc")]
        self.assertEqual(shown[0], "Nara?")
        self.assertEqual(len(shown), 2)
        self.assertEqual(self.client.responses.retrieve(first.id).output_text, first.output_text)

    def test_forgets_if_told(self):
        done = self.client.responses.create(model="stub", input="Secret", store=False)
        self.assertIn("Secret", done.output_text)
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.retrieve(done.id)
        with self.client.responses.stream(model="stub", input="Secret", store=False) as stream:
            self.assertEqual(stream.get_final_response().output_text, done.output_text)

    def test_same_key_same_answer(self):
        key = {"Idempotency-Key": "response-1"}
        first = self.client.responses.create(model="stub", input="Once", extra_headers=key)
        again = self.client.responses.create(model="stub", input="Once", extra_headers=key)
        self.assertEqual(first, again)
        with self.assertRaises(openai.UnprocessableEntityError):
            self.client.responses.create(model="stub", input="Twice", extra_headers=key)

    def test_same_key_at_once(self):
        conversation = self.client.conversations.create().id
        found = []

        def ask():
            done = self.client.responses.create(
                model="stub", input="count to 400", conversation=conversation,
                extra_headers={"Idempotency-Key": "at-once"})
            found.append((done.id, done.output_text))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(found), 8)
        self.assertEqual(len(set(found)), 1)
        self.assertEqual(len(list(self.client.conversations.items.list(conversation))), 2)
        self.assertNotIn("conflict", self.server.logged(), "one of them took the answer over")

    def test_one_question_at_a_time(self):
        conversation = self.client.conversations.create().id
        stream = self.client.responses.create(model="stub", input="count to 2000", conversation=conversation, stream=True)
        made = next(iter(stream)).response.id
        with self.assertRaises(openai.ConflictError) as raised:
            self.client.responses.create(model="stub", input="And now?", conversation=conversation)
        self.assertEqual(raised.exception.code, "conversation_locked")
        self.client.responses.cancel(made)


class Conversations(ApiTestCase):
    def test_conversations(self):
        made = self.client.conversations.create(
            metadata={"topic": "travel"}, items=[{"type": "message", "role": "user", "content": "Kyoto?"}])
        self.assertEqual(self.client.conversations.retrieve(made.id), made)
        changed = self.client.conversations.update(made.id, metadata={"topic": "food"})
        self.assertEqual(changed.metadata, {"topic": "food"})
        self.assertTrue(self.client.conversations.delete(made.id).deleted)
        for call in (self.client.conversations.retrieve, self.client.conversations.delete, self.client.conversations.items.list):
            with self.assertRaises(openai.NotFoundError):
                call(made.id)
        with self.assertRaises(openai.NotFoundError):
            self.client.responses.create(model="stub", input="Kyoto?", conversation=made.id)

    def test_items(self):
        conversation = self.client.conversations.create().id
        texts = [str(number) for number in range(7)]
        added = self.client.conversations.items.create(
            conversation, items=[{"type": "message", "role": "user", "content": text} for text in texts])
        self.assertEqual([item.content[0].text for item in added.data], texts)
        page = self.client.conversations.items.list(conversation, limit=3)
        self.assertEqual([item.content[0].text for item in page.data], ["6", "5", "4"])
        self.assertEqual([item.content[0].text for item in page], texts[::-1])
        ascending = self.client.conversations.items.list(conversation, limit=2, order="asc")
        self.assertEqual([item.content[0].text for item in ascending], texts)
        item = added.data[3]
        self.assertEqual(self.client.conversations.items.retrieve(item.id, conversation_id=conversation).id, item.id)
        self.client.conversations.items.delete(item.id, conversation_id=conversation)
        with self.assertRaises(openai.NotFoundError):
            self.client.conversations.items.retrieve(item.id, conversation_id=conversation)
        self.assertEqual(len(list(self.client.conversations.items.list(conversation))), 6)

    def test_text_is_kept(self):
        text = "e\u0301 \U0001f9d1\u200d\U0001f680\r\n\u2028 \"quoted\" \\ <b>"
        conversation = self.client.conversations.create().id
        done = self.client.responses.create(model="stub", input=text, conversation=conversation)
        self.assertIn(f"“{text}”", done.output_text)
        question = self.client.conversations.items.list(conversation, order="asc").data[0]
        self.assertEqual(question.content[0].text, text)


class Errors(ApiTestCase):
    def test_no_token_is_401(self):
        for value in (None, "", "Bearer", "Bearer ", "Basic YTpi"):
            headers = {} if value is None else {"Authorization": value}
            for path in ("v1/models", "v1/conversations/conv_1", "app/chats"):
                # The client refuses to send some of these.
                connection = http.client.HTTPConnection("127.0.0.1", self.server.port)
                connection.request("GET", f"/{path}", headers=headers)
                response = connection.getresponse()
                self.assertEqual(response.status, 401, (value, path))
                self.assertEqual(json.load(response)["error"]["code"], "invalid_api_key")
                connection.close()
        with self.assertRaises(openai.AuthenticationError):
            self.server.client("x" * 101).models.list()

    def test_users_are_apart(self):
        conversation = self.client.conversations.create().id
        response = self.client.responses.create(model="stub", input="Mine", conversation=conversation)
        other = self.server.client("bob")
        for call in (
            lambda: other.conversations.retrieve(conversation),
            lambda: other.responses.retrieve(response.id),
            lambda: other.responses.cancel(response.id),
            lambda: other.conversations.delete(conversation),
            lambda: other.responses.create(model="stub", input="Yours", conversation=conversation),
        ):
            with self.assertRaises(openai.NotFoundError):
                call()
        self.assertEqual(self.client.responses.retrieve(response.id), response)

    def test_bad_requests(self):
        create = self.client.responses.create
        for call in (
            lambda: self.client.chat.completions.create(model="stub", messages=[]),
            lambda: self.client.chat.completions.create(model="stub", messages=[{"role": "user", "content": "a"}], n=2),
            lambda: self.client.chat.completions.create(model="stub", messages=[{"role": "pirate", "content": "a"}]),
            lambda: create(model="stub"),
            lambda: create(model="stub", input="nul \0"),
            lambda: create(model="stub", input="x", conversation="conv_1", previous_response_id="resp_1_1"),
            lambda: self.client.post("/responses", body="[1]", cast_to=object),
            lambda: create(model="stub", input="x", extra_headers={"Idempotency-Key": "a b"}),
        ):
            with self.assertRaises(openai.BadRequestError) as raised:
                call()
            self.assertTrue(raised.exception.message)

    def test_not_found(self):
        for call in (
            lambda: self.client.responses.retrieve("resp_1_1"), lambda: self.client.responses.retrieve("nonsense"),
            lambda: self.client.conversations.retrieve("conv_0"), lambda: self.client.chat.completions.retrieve("chatcmpl-0"),
            lambda: self.client.models.retrieve("gpt-0"), lambda: self.client.get("/nothing", cast_to=object),
        ):
            with self.assertRaises(openai.NotFoundError):
                call()

    def test_models(self):
        self.assertEqual([model.id for model in self.client.models.list()], ["stub"])


class KnownTokens(ApiTestCase):
    environment = {"CHAT_TOKENS": "secret-1=alice,secret-2=bob,secret-3=alice"}

    def test_tokens(self):
        made = self.server.client("secret-1").conversations.create()
        self.assertEqual(self.server.client("secret-3").conversations.retrieve(made.id), made)
        with self.assertRaises(openai.NotFoundError):
            self.server.client("secret-2").conversations.retrieve(made.id)
        for token in ("alice", "secret-4"):
            with self.assertRaises(openai.AuthenticationError):
                self.server.client(token).models.list()


class AnotherModel(unittest.TestCase):
    """A model behind a server that speaks OpenAI's API: here, the example itself."""

    def test_asks_the_other_server(self):
        with Server() as upstream:
            with Server(CHAT_MODEL_URL=f"{upstream.url}/v1", CHAT_MODEL="stub", CHAT_MODEL_KEY="upstream") as server:
                client = server.client()
                with client.responses.stream(model="any", input="think of the weather in Rome", tools=[TOOL]) as stream:
                    done = stream.get_final_response()
                self.assertEqual([item.type for item in done.output], ["reasoning", "message", "function_call"])
                self.assertEqual(done.output[-1].arguments, '{"city":"Rome"}')
                self.assertGreater(done.usage.output_tokens, 0)
                last = client.responses.create(
                    model="any", previous_response_id=done.id, tools=[TOOL],
                    input=[{"type": "function_call_output", "call_id": done.output[-1].call_id, "output": "warm"}])
                self.assertEqual(last.output_text, "The tool says: warm.")
                completion = client.chat.completions.create(model="any", messages=[{"role": "user", "content": "Hi"}])
                self.assertIn("“Hi”", completion.choices[0].message.content)
                self.assertEqual(client.responses.create(model="any", input="Please fail").status, "failed")

    def test_it_is_not_there(self):
        with Server(CHAT_MODEL_URL="http://127.0.0.1:1/v1") as server:
            client = server.client()
            failed = client.responses.create(model="any", input="Hi")
            self.assertEqual((failed.status, failed.error.code), ("failed", "server_error"))
            self.assertEqual(client.responses.create(model="any", input="Hi", store=False).status, "failed")
            with self.assertRaises(openai.InternalServerError):
                client.chat.completions.create(model="any", messages=[{"role": "user", "content": "Hi"}])


if __name__ == "__main__":
    unittest.main()
