"""Starts the example server as a process of its own, and ends it."""

import os
import pathlib
import subprocess
import tempfile

from openai import OpenAI

PROGRAM = os.environ["CHAT_SERVER"]


class Server:
    """A server on a free port, with a store that outlives it."""

    def __init__(self, *arguments, store=None, **environment):
        self.folder = tempfile.TemporaryDirectory(prefix="chat-server-")
        self.store = store or f"sqlite:{pathlib.Path(self.folder.name) / 'chats.db'}"
        self.arguments = arguments
        self.environment = environment
        self.process = None
        self.port = 0

    def start(self):
        environment = {**os.environ, "CHAT_STORE": self.store, **self.environment}
        with open(pathlib.Path(self.folder.name) / "log", "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--port", str(self.port), "--word-time", "2", *self.arguments],
                stdout=subprocess.PIPE, stderr=log, env=environment)
        line = self.process.stdout.readline().decode()
        if "http://" not in line:
            self.stop()
            raise RuntimeError(f"the server did not start: {self.logged()}")
        # It comes back at the same place when it is started again.
        self.port = int(line.split(":")[2].split()[0])
        return self

    def logged(self):
        return (pathlib.Path(self.folder.name) / "log").read_text()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self, token="alice", **options):
        return OpenAI(base_url=f"{self.url}/v1", api_key=token, **{"max_retries": 0, "timeout": 60, **options})

    def kill(self):
        """As when power fails: nothing is written any more."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """Asks it to stop, and waits; the code that it ended with."""
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.folder.cleanup()
