"""Pages in a headless Chromium, driven through a pair of pipes by the DevTools protocol."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe")
SPOKEN = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")  # events with words of the console


def program() -> str | None:
    """Return the path of Chromium, or None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One tab of Chromium.

    Args:
        to: the file that Chromium reads its commands from.
        back: the file that it writes its answers to.
    """

    def __init__(self, to: Any, back: Any) -> None:
        self._to, self._back = to, back
        self._number, self._session = 0, ""
        self._events: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its answer.

        Raises:
            RuntimeError: Chromium refuses the command.
        """
        self._number += 1
        session = {"sessionId": self._session} if self._session else {}
        message = {"id": self._number, "method": method, "params": parameters, **session}
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while (answer := self._next()).get("id") != self._number:
            self._events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])

    def _next(self) -> dict[str, Any]:
        """Return the next message of Chromium."""
        message = bytearray()
        while (byte := self._back.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("Chromium has ended")
            message += byte
        return dict(json.loads(message))

    def open(self, address: str) -> list[str]:
        """Open a page, wait until it is loaded, and return what it wrote to the console."""
        self._events.clear()
        self.ask("Page.navigate", url=address)
        while not any(event.get("method") == "Page.loadEventFired" for event in self._events):
            self._events.append(self._next())
        return [json.dumps(event["params"])[:300] for event in self._events if event.get("method") in SPOKEN]

    def show(self, width: int, height: int, scheme: str) -> None:
        """Give the window a width and height in pixels, and a color scheme, `light` or `dark`."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression in JavaScript.

        Raises:
            RuntimeError: The script fails.
        """
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:500])
        return answer["result"].get("value")

    def screenshot(self, whole: bool = False) -> str:
        """Return a picture of the window, or of the whole page, as PNG in base64."""
        return str(self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"])


@contextmanager
def browser(path: str) -> Iterator[Browser]:
    """Start Chromium, which ends with the block.

    Args:
        path: the path of the program.
    """
    (read, to), (back, write) = os.pipe(), os.pipe()
    # What Chromium starts for itself may write into the profile for a moment after Chromium has ended.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # Chromium reads its commands from file 3 and answers on file 4.
        script = f'exec "$@" 3<&{read} 4>&{write}'
        command = ["bash", "-c", script, "bash", path, *SWITCHES, f"--user-data-dir={Path(profile)}"]
        started = subprocess.Popen(command, pass_fds=(read, write), stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(read)
        os.close(write)
        with os.fdopen(to, "wb") as commands, os.fdopen(back, "rb") as answers:
            try:
                yield Browser(commands, answers)
            finally:
                os.killpg(started.pid, signal.SIGKILL)
                started.wait()
