"""A headless Chromium, told what to do by its DevTools protocol over two pipes."""
import base64
import json
import os
import subprocess
import zlib


class Chromium:
    def __init__(self, program, profile):
        read, self.to_browser = os.pipe()
        self.from_browser, write = os.pipe()

        def become_three_and_four():
            # Of the four ends, none may be in the way of these two.
            first, second = os.dup(read), os.dup(write)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--hide-scrollbars", "--disable-background-networking", "--remote-debugging-pipe",
             f"--user-data-dir={profile}", "about:blank"],
            close_fds=False, preexec_fn=become_three_and_four,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read)
        os.close(write)
        self.buffer, self.number, self.events = b"", 0, []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def close(self):
        session, self.session = self.session, None
        self.call("Browser.close")
        self.process.wait(30)

    def read(self):
        while b"\0" not in self.buffer:
            more = os.read(self.from_browser, 1 << 20)
            if not more:
                raise RuntimeError("the browser has ended")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method):
        while True:
            for event in self.events:
                if event.get("method") == method:
                    return event
            self.events.append(self.read())

    def open(self, url, width, scheme, media=""):
        """The page with an empty console."""
        self.events = []
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def told(self):
        """Errors and warnings of the console, and what was loaded besides the page."""
        return [text for _, text in self.messages()] + [
            "loads " + event["params"]["request"]["url"] for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
            and event["params"]["type"] != "Document"]

    def errors(self):
        """Those of the console alone: pages of others load and warn."""
        return [text for level, text in self.messages() if level == "error"]

    def messages(self):
        for event in self.events:
            method, of = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                details = of["exceptionDetails"]
                yield "error", details.get("exception", {}).get("description", details["text"])
            elif method == "Runtime.consoleAPICalled" and of["type"] in ("error", "warning"):
                yield of["type"], str(of["args"])
            elif method == "Log.entryAdded":
                yield of["entry"]["level"], of["entry"]["text"]

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"].get("description"))
        return result["result"].get("value")

    def key(self, key, code=0, text=""):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=code, text=text if kind == "keyDown" else "")

    def mouse(self, kind, x, y, button="none"):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=1)

    def picture(self, clip=None):
        more = {"clip": {**clip, "scale": 1}} if clip else {}
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True,
                                          **more)["data"])


def pixels(png):
    """The pixels of a PNG with three or four bytes each, as Chromium makes them: rows of bytes."""
    at, data, width, step = 8, b"", 0, 0
    while at < len(png):
        length = int.from_bytes(png[at:at + 4], "big")
        kind, content = png[at + 4:at + 8], png[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, step = int.from_bytes(content[:4], "big"), {2: 3, 6: 4}[content[9]]
        elif kind == b"IDAT":
            data += content
        at += 12 + length
    data = zlib.decompress(data)
    size = width * step
    rows, above = [], bytearray(size)
    for begin in range(0, len(data), size + 1):
        way, row = data[begin], bytearray(data[begin + 1:begin + 1 + size])
        for i in range(size):
            left = row[i - step] if i >= step else 0
            up, corner = above[i], above[i - step] if i >= step else 0
            if way == 1:
                row[i] = (row[i] + left) & 255
            elif way == 2:
                row[i] = (row[i] + up) & 255
            elif way == 3:
                row[i] = (row[i] + (left + up) // 2) & 255
            elif way == 4:
                guess = left + up - corner
                nearest = min((left, up, corner), key=lambda each: abs(guess - each))
                row[i] = (row[i] + nearest) & 255
        rows.append([tuple(row[i:i + 3]) for i in range(0, size, step)])
        above = row
    return rows
