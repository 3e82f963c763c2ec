"""The client `openai`: what it takes as a request, what it makes of a response and of a stream."""

import openai
from check_clients import checker, refuse_other_members
from openai.types.chat import completion_create_params as chat
from openai.types.responses import response_create_params as responses


def checks(stand_in):
    client = openai.OpenAI(api_key="none", base_url=stand_in.url, max_retries=0)
    question = {"role": "user", "content": "Go on."}

    def chat_response(text):
        """What the client makes of a completion, and what it sends when the answer goes back."""
        stand_in.answer = ("application/json", text.encode())
        answer = client.chat.completions.create(model="m", messages=[question])
        client.chat.completions.create(model="m", messages=[question, answer.choices[0].message, question])
        return {"message": answer.to_json(indent=None, exclude_unset=True), "body": stand_in.bodies[-1]}

    def chat_stream(text):
        """What the client makes of a completion's chunks."""
        stand_in.answer = ("text/event-stream", text.encode())
        with client.chat.completions.stream(
                model="m", messages=[question], stream_options={"include_usage": True}) as events:
            completion = events.get_final_completion()
        return {"message": completion.to_json(indent=None)}

    def response(text):
        """What the client makes of a response, and what it sends when its items go back."""
        stand_in.answer = ("application/json", text.encode())
        answer = client.responses.create(model="m", input="Go on.")
        client.responses.create(model="m", input=[question, *answer.output, question])
        return {"message": answer.to_json(indent=None, exclude_unset=True), "body": stand_in.bodies[-1]}

    def stream(text):
        """What the client makes of a response's events."""
        stand_in.answer = ("text/event-stream", text.encode())
        with client.responses.stream(model="m", input="Go on.") as events:
            answer = events.get_final_response()
        return {"message": answer.to_json(indent=None)}

    # What an API gave can have members that the client does not know.
    histories = (
        checker(chat.CompletionCreateParamsNonStreaming),
        checker(responses.ResponseCreateParamsNonStreaming),
    )
    refuse_other_members("openai.types")
    return {
        ("openai.chat", "request"): checker(chat.CompletionCreateParamsNonStreaming),
        ("openai.chat", "history"): histories[0],
        ("openai.chat", "response"): chat_response,
        ("openai.chat", "stream"): chat_stream,
        ("openai.responses", "request"): checker(responses.ResponseCreateParamsNonStreaming),
        ("openai.responses", "history"): histories[1],
        ("openai.responses", "response"): response,
        ("openai.responses", "stream"): stream,
    }
