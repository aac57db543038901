"""A real Chromium without a window, spoken to over its DevTools protocol."""

import base64
import itertools
import json
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

from websockets.sync.client import connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 60


def find() -> str | None:
    """The browser's program, where there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Chromium:
    """One browser with one tab. ``complaints`` collects what its console was told since the last
    ``show``: errors, warnings, refusals of the page's policy, uncaught exceptions."""

    def __init__(self, program: str, home: Path) -> None:
        self._home = home
        self._closing = ExitStack()
        self._log = self._closing.enter_context((home / "browser.log").open("wb"))
        # No sandbox: as root there is none, and the pages are our own.
        flags = (
            "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--disable-dev-shm-usage", "--disable-background-networking", "--disable-extensions",
            "--disable-component-update", "--force-color-profile=srgb", "--lang=en",
            "--remote-debugging-port=0", f"--user-data-dir={home}",
        )  # fmt: skip
        self._process = subprocess.Popen(
            [program, *flags, "about:blank"], stdout=self._log, stderr=self._log
        )
        self._numbers = itertools.count(1)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._loaded = False
        try:
            port, path = self._address()
            self._socket = self._closing.enter_context(
                connect(f"ws://127.0.0.1:{port}{path}", max_size=None)
            )
            self._session = self._attach()
        except BaseException:
            self._stop()
            raise

    def show(
        self,
        html: str,
        *,
        width: int = 1100,
        height: int = 900,
        scheme: Literal["light", "dark"] = "light",
        media: Literal["screen", "print"] = "screen",
    ) -> None:
        """Load a page in a window of that many CSS pixels."""
        file = self._home / "page.html"
        file.write_text(html, encoding="utf-8")
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.send("Emulation.setDeviceMetricsOverride", metrics)
        preference = {"name": "prefers-color-scheme", "value": scheme}
        self.send("Emulation.setEmulatedMedia", {"media": media, "features": [preference]})
        self.complaints.clear()
        self.requests.clear()
        self._loaded = False
        self.send("Page.navigate", {"url": file.as_uri()})
        while not self._loaded:  # the event may come before the answer
            self._next()

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives on the page. The debugger may run script there; the
        page's own policy still keeps the page from doing so."""
        answer = self.send("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self) -> bytes:
        """The whole page as PNG, one pixel a CSS pixel."""
        answer = self.send("Page.captureScreenshot", {"captureBeyondViewport": True})
        return base64.b64decode(answer["data"])

    def send(self, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call a method of the protocol on the tab and wait for its answer."""
        number = next(self._numbers)
        self._write(number, method, parameters, self._session)
        return self._answer(number)

    def close(self) -> None:
        try:
            self._write(next(self._numbers), "Browser.close", None, None)
            self._process.wait(_SECONDS)
        finally:
            self._stop()

    def _attach(self) -> str:
        number = next(self._numbers)
        self._write(number, "Target.getTargets", None, None)
        targets = self._answer(number)["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        number = next(self._numbers)
        wanted = {"targetId": page["targetId"], "flatten": True}
        self._write(number, "Target.attachToTarget", wanted, None)
        session: str = self._answer(number)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            number = next(self._numbers)
            self._write(number, f"{domain}.enable", None, session)
            self._answer(number)
        return session

    def _write(
        self, number: int, method: str, parameters: dict[str, Any] | None, session: str | None
    ) -> None:
        message = {"id": number, "method": method, "params": parameters or {}}
        if session is not None:
            message["sessionId"] = session
        self._socket.send(json.dumps(message))

    def _answer(self, number: int) -> dict[str, Any]:
        while True:
            message = self._next()
            if message.get("id") == number:
                assert "error" not in message, message["error"]
                result: dict[str, Any] = message["result"]
                return result

    def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(_SECONDS))
        told = message.get("params", {})
        match message.get("method"):
            case "Page.loadEventFired":
                self._loaded = True
            case "Runtime.consoleAPICalled":
                self.complaints.append(f"console.{told['type']}")
            case "Runtime.exceptionThrown":
                self.complaints.append(told["exceptionDetails"]["text"])
            case "Log.entryAdded":
                self.complaints.append(told["entry"]["text"])
            case "Page.javascriptDialogOpening":
                self.complaints.append(f"dialog: {told['message']}")
            case "Network.requestWillBeSent":
                self.requests.append(told["request"]["url"])
        return message

    def _address(self) -> tuple[str, str]:
        """Where the browser listens: it writes it into its folder."""
        file = self._home / "DevToolsActivePort"
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            lines = file.read_text().split() if file.exists() else []
            if len(lines) == 2:
                return lines[0], lines[1]
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"no browser came up; see {self._home / 'browser.log'}")

    def _stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(_SECONDS)
        self._closing.close()
