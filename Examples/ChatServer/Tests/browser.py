"""Drives headless Chromium by its remote debugging protocol."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

import websocket


class Browser:
    def __enter__(self):
        self.windows = []
        self.folder = tempfile.TemporaryDirectory(prefix="chat-browser-", ignore_cleanup_errors=True)
        program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
        if not program:
            raise RuntimeError("there is no chromium")
        # Without a sandbox, since tests may run as root; it opens nothing but the page.
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--remote-debugging-port=0", "--remote-allow-origins=*", f"--user-data-dir={self.folder.name}",
             "--window-size=1180,820", "--force-color-profile=srgb", "--lang=en-US", "about:blank"],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for line in self.process.stderr:
            if "DevTools listening on" in line:
                self.address = urllib.parse.urlparse(line.split()[-1]).netloc
                break
        else:
            raise RuntimeError("chromium did not start")
        # Nobody reads what it says afterwards; the pipe must not fill.
        self.drain = subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        for window in self.windows:
            window.socket.close()
        self.process.terminate()
        self.process.wait(timeout=30)
        self.drain.terminate()
        self.drain.wait()
        self.process.stderr.close()
        self.folder.cleanup()

    def open(self, url):
        request = urllib.request.Request(f"http://{self.address}/json/new?{urllib.parse.quote(url, safe='')}", method="PUT")
        with urllib.request.urlopen(request) as response:
            self.windows.append(Window(json.load(response)))
        return self.windows[-1]


class Window:
    """A window, as a person uses it."""

    def __init__(self, target):
        self.socket = websocket.create_connection(target["webSocketDebuggerUrl"], timeout=60)
        self.numbers = itertools.count(1)
        self.problems = []
        self.answers = ""
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=1180, height=820, deviceScaleFactor=1, mobile=False)

    def call(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            self.note(message)
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def note(self, message):
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.problems.append(parameters["exceptionDetails"].get("exception", {}).get("description"))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.problems.append(parameters["entry"]["text"])
        elif method == "Page.javascriptDialogOpening":
            number = next(self.numbers)
            accept = {"accept": True, "promptText": self.answers}
            self.socket.send(json.dumps({"id": number, "method": "Page.handleJavaScriptDialog", "params": accept}))

    def run(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"].get("description"))
        return result["result"].get("value")

    def wait(self, script, what, seconds=30):
        """Waits until a script gives something that is true."""
        deadline = time.monotonic() + seconds
        while True:
            if self.run(f"!!({script})"):
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"did not happen: {what}\n{self.run('document.body.innerText')}")
            time.sleep(0.05)

    def click(self, selector, text=None, index=0):
        """Clicks with the mouse in the middle of an element, as a person does."""
        find = f"[...document.querySelectorAll({json.dumps(selector)})].filter(e => {json.dumps(text)} === null || e.textContent.includes({json.dumps(text)})).at({index})"
        self.wait(find, f"an element {selector} {text or ''}")
        self.run(f"({find}).scrollIntoView({{block: 'nearest'}})")
        place = self.run(f"(() => {{ const r = ({find}).getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] }})()")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def press_enter(self):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r" if kind == "keyDown" else "")

    def show(self):
        self.call("Page.bringToFront")

    def reload(self):
        self.call("Page.reload")
        self.wait("document.readyState === 'complete'", "the page is loaded")

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
