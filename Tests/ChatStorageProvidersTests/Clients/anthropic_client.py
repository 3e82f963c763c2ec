"""The client `anthropic`: what it takes as a request, what it makes of a response and of a stream."""

import sys
import typing

import anthropic
import anthropic.types.beta.message_create_params as params
import typing_extensions
from anthropic.types.beta.beta_content_block_param import BetaContentBlockParam
from check_clients import checker, refuse_other_members


def checks(stand_in):
    client = anthropic.Anthropic(api_key="none", base_url=stand_in.url, max_retries=0)

    def response(text):
        """What the client makes of a response, and what it sends when the answer goes back."""
        stand_in.answer = ("application/json", text.encode())
        question = {"role": "user", "content": "Go on."}
        answer = client.beta.messages.create(model="m", max_tokens=9, messages=[question])
        back = [question, {"role": answer.role, "content": answer.content}, question]
        client.beta.messages.create(
            model="m", max_tokens=9, system=[{"type": "text", "text": "Be brief."}], messages=back)
        return {"message": answer.to_json(indent=None), "body": stand_in.bodies[-1]}

    def stream(text):
        """What the client makes of a stream's events."""
        stand_in.answer = ("text/event-stream", text.encode())
        question = {"role": "user", "content": "Go on."}
        with client.beta.messages.stream(model="m", max_tokens=9, messages=[question]) as events:
            message = events.get_final_message()
        return {"message": message.to_json(indent=None)}

    refuse_other_members("anthropic.types")
    # Messages also take the client's own values of responses, which may have any member.
    history = checker(params.MessageCreateParamsNonStreaming)
    blocks = [kind for kind in typing.get_args(BetaContentBlockParam) if typing_extensions.is_typeddict(kind)]
    content = typing.Union[str, typing.List[typing.Union[tuple(blocks)]]]
    for name, module in list(sys.modules.items()):
        if name.startswith("anthropic.types.") and hasattr(module, "BetaMessageContentParam"):
            module.BetaMessageContentParam = content
    return {
        ("anthropic.messages", "request"): checker(params.MessageCreateParamsNonStreaming),
        ("anthropic.messages", "history"): history,
        ("anthropic.messages", "response"): response,
        ("anthropic.messages", "stream"): stream,
    }
