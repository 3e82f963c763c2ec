"""What the providers' own Python clients say of the library's JSON, and what they make themselves.

    check_clients.py

It reads the paths of files of cases, a line each, writes the answers into a file beside each, with `.answers` at the end
of its name, and then the path again. A case is a line of JSON: {"api": "anthropic.messages", "kind": "request", "json":
"..."}. Its answer is a line too: {"ok": true, ...} with texts of JSON by name, or {"ok": false, "error": "..."}. No case
leaves this machine: a server on the loopback stands in for the API.
"""

import http.server
import json
import os
import sys
import threading
import typing
import warnings

import pydantic
import typing_extensions

# pydantic checks the elements of an Iterable only when they are read; the clients' types are read after this.
typing.Iterable = typing.List
# The stand-in is on this machine, whatever proxy leads elsewhere.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
# Clients warn of models that are about to be switched off.
warnings.simplefilter("ignore")


class StandIn:
    """Answers every request with the same text, and keeps the bodies that it got."""

    def __init__(self):
        self.answer = ("application/json", b"{}")
        self.bodies = []
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                stand_in.bodies.append(self.rfile.read(int(self.headers["content-length"])).decode())
                kind, text = stand_in.answer
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def refuse_other_members(package):
    """Makes the client's own types of requests refuse members that they do not have."""
    for module in [module for name, module in sys.modules.items() if name.startswith(package)]:
        for kind in vars(module).values():
            if typing_extensions.is_typeddict(kind):
                kind.__pydantic_config__ = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True)


def checker(kind):
    """A check of texts of JSON against a type of the client's, as that is now."""
    adapter = pydantic.TypeAdapter(kind)

    def check(text):
        adapter.validate_python(json.loads(text))

    return check


def answer(checks, case):
    try:
        return {"ok": True, **(checks[case["api"], case["kind"]](case["json"]) or {})}
    except Exception as error:  # The case fails, whatever it was.
        return {"ok": False, "error": f"{type(error).__name__}: {error}"[:4000]}


def main():
    checks = {}
    for name in ("anthropic_client", "openai_client"):
        try:
            checks.update(__import__(name).checks(StandIn()))
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
    for line in sys.stdin:
        path = line.rstrip("\n")
        with open(path, encoding="utf-8") as cases, open(f"{path}.answers", "w", encoding="utf-8") as answers:
            for case in cases:
                print(json.dumps(answer(checks, json.loads(case))), file=answers)
        print(path, flush=True)


if __name__ == "__main__":
    main()
