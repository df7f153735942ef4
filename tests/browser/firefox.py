"""Firefox, driven by WebDriver BiDi over its own port: no driver program and no download."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hands import Hand
from websockets.sync.client import ClientConnection, connect

NAMES = ("firefox", "firefox-esr")
PLACES = (
    "/Applications/Firefox.app/Contents/MacOS/firefox",
    r"C:\Program Files\Mozilla Firefox\firefox.exe",
)
# Every address goes to a port where nobody listens, and Firefox asks nothing by itself.
OFFLINE = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "ui.prefersReducedMotion": 1,
    # Files are kept without a question; where, `started` says.
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": True,
    # Nothing may take the focus from the page: without it keys press no button.
    "browser.download.alwaysOpenPanel": False,
    "app.update.auto": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
}
WIDE = {"width": 1400, "height": 900}
_ADDRESS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
KEYS = {
    "Tab": "\ue004",
    "Enter": "\ue007",
    "ArrowDown": "\ue015",
    "ArrowRight": "\ue014",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "Home": "\ue011",
    "End": "\ue010",
    "Escape": "\ue00c",
    "Space": " ",
}


def find() -> str | None:
    """Return the path of a Firefox: $FIREFOX, then the usual names and places."""
    named = os.environ.get("FIREFOX")
    found = [shutil.which(name) for name in ((named,) if named else NAMES)]
    there = [place for place in PLACES if Path(place).exists()]
    return next((path for path in [*found, *there] if path), None)


@dataclass
class Tab(Hand):
    """One tab. ``heard``: what its pages said, as level and text. ``asked``: addresses."""

    socket: ClientConnection
    folder: Path
    context: str = ""
    heard: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    count: int = 0
    name = "firefox"

    def send(self, method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401
        """Send a command and return its result; what happens meanwhile is kept."""
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv(timeout=60))
            if message.get("id") == self.count:
                if message["type"] == "error":
                    fault = f"{method}: {message['message']}"
                    raise RuntimeError(fault)
                return dict(message["result"])
            self._keep(message)

    def _keep(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        if event.get("method") == "log.entryAdded":
            self.heard.append(f"{params['level']}: {params['text']}")
        elif event.get("method") == "network.beforeRequestSent":
            self.asked.append(params["request"]["url"])

    def faults(self, path: Path) -> list[str]:
        """Return what a page said, and what it asked for beside itself and its own pictures."""
        own = (path.as_uri(), "data:", "blob:", "about:")
        said = [each for each in self.heard if not each.startswith("info")]
        return said + [each for each in self.asked if not each.startswith(own)]

    def run(self, script: str) -> Any:  # noqa: ANN401
        """Return what an expression of the page comes to (its JSON), promises waited for."""
        wrapped = f"Promise.resolve({script}).then(found => JSON.stringify(found))"
        result = self.send(
            "script.evaluate",
            expression=wrapped,
            target={"context": self.context},
            awaitPromise=True,
        )
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return json.loads(result["result"].get("value", "null"))

    def open(self, path: Path) -> None:
        self.heard.clear()
        self.asked.clear()
        self.send("browsingContext.setViewport", context=self.context, viewport=WIDE)
        address = path.as_uri()
        self.send("browsingContext.navigate", context=self.context, url=address, wait="complete")
        assert self.becomes("document.documentElement.dataset.ready", "true")

    def press(self, *keys: str) -> None:
        done = []
        for key in keys:
            value = KEYS.get(key, key)
            done += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self._perform({"type": "key", "id": "keys", "actions": done})

    def drag(self, *spots: tuple[int, int]) -> None:
        first, *others = ({"type": "pointerMove", "x": x, "y": y} for x, y in spots)
        down, up = ({"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp"))
        self._perform({"type": "pointer", "id": "mouse", "actions": [first, down, *others, up]})

    def wheel(self, spot: tuple[int, int], right: int, down: int) -> None:
        turn = {"type": "scroll", "x": spot[0], "y": spot[1], "deltaX": right, "deltaY": down}
        self._perform({"type": "wheel", "id": "wheel", "actions": [turn]})

    def choose(self, selector: str) -> None:
        self.click(selector)
        assert self.run(
            f"""(e => {{ const open = e === document.activeElement; e.blur();
              e.selectedIndex = (e.selectedIndex + 1) % e.options.length;
              for (const name of ['input', 'change']) {{
                e.dispatchEvent(new Event(name, {{ bubbles: true }})); }}
              return open; }})(document.querySelector({json.dumps(selector)}))"""
        ), f"a click does not open {selector}"

    def saved(self) -> list[Path]:
        return sorted(each for each in self.folder.iterdir() if each.suffix != ".part")

    def _perform(self, actions: dict[str, Any]) -> None:
        self.send("input.performActions", context=self.context, actions=[actions])

    def pdf(self) -> bytes:
        page = {"width": 21.0, "height": 29.7}
        margin = {"top": 1.0, "bottom": 1.0, "left": 1.2, "right": 1.2}
        found = self.send(
            "browsingContext.print",
            context=self.context,
            page=page,
            margin=margin,
            shrinkToFit=False,
        )
        return base64.b64decode(found["data"])


@contextmanager
def started(path: str, profile: Path) -> Iterator[Tab]:
    """Start Firefox without a window and without a network; yield its tab.

    Files that a page saves go to the folder "saved" beside the profile.
    """
    saved = profile.with_name("saved")
    for each in (profile, saved):
        each.mkdir(parents=True)
    chosen = {**OFFLINE, "browser.download.dir": str(saved)}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(each)});" for name, each in chosen.items()]
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    asked = [path, "--headless", "--no-remote", "--profile", str(profile)]
    environment = {**os.environ, "HOME": str(profile), "MOZ_DISABLE_AUTO_SAFE_MODE": "1"}
    process = subprocess.Popen(
        [*asked, "--remote-debugging-port", "0"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    try:
        with connect(f"{_address(process)}/session", max_size=None) as socket:
            tab = Tab(socket, saved)
            tab.send("session.new", capabilities={})
            tab.send("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
            # A tab of its own has the focus: without it keys press no button.
            tab.context = tab.send("browsingContext.create", type="tab")["context"]
            tab.send("browsingContext.activate", context=tab.context)
            yield tab
            tab.send("browser.close")
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    for line in process.stderr:
        if found := _ADDRESS.search(line):
            return found.group(1)
    message = "Firefox ended before it could be driven"
    raise RuntimeError(message)
