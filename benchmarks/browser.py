"""Chromium without a window, driven over its own protocol: enough to open a page, use it, and see what it did."""

import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from websockets.sync.client import connect

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 40.0


class Browser:
    """One tab; it remembers what its pages asked of the network and what they complained of."""

    def __init__(self, socket: Any) -> None:
        self.socket, self.number = socket, 0
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict:
        self.number += 1
        number = self.number
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            said = json.loads(self.socket.recv(timeout=PATIENCE))
            if said.get("id") == number:
                assert "error" not in said, said
                return said["result"]
            self._note(said)

    def _note(self, said: dict) -> None:
        told = said.get("params", {})
        if said.get("method") == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif said.get("method") == "Network.webSocketCreated":
            self.requests.append(told["url"])
        elif said.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"])[:500])
        elif said.get("method") == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        elif said.get("method") == "Runtime.consoleAPICalled" and told["type"] == "error":
            self.complaints.append(
                " ".join(str(part.get("value", part.get("description"))) for part in told["args"])[:500]
            )

    def run(self, script: str) -> Any:
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def size(self, width: int, height: int, phone: bool = False) -> None:
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def open(self, address: str, settle: bool = True) -> None:
        self.ask("Page.navigate", url=address)
        if settle:
            self.settle()

    def text(self) -> str:
        return self.run("document.body.innerText")

    def until(self, script: str, what: str) -> None:
        """Wait for a script to find something."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if self.run(f"Boolean({script})"):
                return
            time.sleep(0.1)
        raise AssertionError(f"{what} did not come about: {self.text()[:500]}")

    def settle(self) -> None:
        """Until the page has a title, nothing runs, and all charts are drawn."""
        self.until(
            """(() => {
                const app = document.querySelector('[data-testid="stApp"]');
                const charts = [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')];
                const still = document.querySelectorAll('[data-stale="true"], [data-testid="stSkeleton"]').length === 0;
                return app && app.getAttribute('data-test-script-state') === 'notRunning' && still
                    && document.querySelector('h1') && charts.every(chart => chart.querySelector('canvas, svg'));
            })()""",
            "a settled page",
        )
        time.sleep(0.7)  # charts move into place

    def click(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def click_on(self, finder: str) -> None:
        """Click into the middle of what a script finds."""
        script = (
            f"(() => {{ const found = {finder}; if (!found) return null; found.scrollIntoView({{block: 'center'}}); "
            "const box = found.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        self.until(script, finder)
        time.sleep(0.3)
        self.click(*self.run(script))

    def type(self, text: str) -> None:
        self.ask("Input.insertText", text=text)

    def press(self, key: str) -> None:
        codes = {"Enter": 13, "Tab": 9, "ArrowDown": 40, "Escape": 27, "End": 35}
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key],
                     **({"text": "\r"} if key == "Enter" and kind == "keyDown" else {}))  # fmt: skip

    def picture(self, path: Path, whole: bool = True) -> None:
        """A picture of the whole page: Streamlit scrolls inside the window, so the window grows for it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        width, height = self.run("[innerWidth, innerHeight]")
        if whole:
            tall = self.run(
                "Math.max(...[...document.querySelectorAll('[data-testid=\"stMain\"], body')].map(e => e.scrollHeight))"
            )
            self.size(width, max(height, min(tall, 6000)), width < 600)
            time.sleep(0.8)
        shot = self.ask("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))
        self.size(width, height, width < 600)


@contextmanager
def browser(downloads: Path) -> Iterator[Browser]:
    """A browser of its own, with its own profile, which is gone afterwards."""
    assert EXECUTABLE
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                EXECUTABLE, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = _wait(lambda: _first_line(Path(profile) / "DevToolsActivePort"))
            tab = Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT")
            with urlopen(tab) as answer:
                address = json.load(answer)["webSocketDebuggerUrl"]
            with connect(address, max_size=None) as socket:
                one = Browser(socket)
                one.ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
                yield one
        finally:
            process.terminate()
            process.wait(timeout=20)


def _first_line(path: Path) -> str:
    return path.read_text().splitlines()[0] if path.exists() and path.read_text().strip() else ""


def _wait(what: Callable[[], Any]) -> Any:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError("chromium did not start")
