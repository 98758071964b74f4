"""The Persona sandbox in tests: starts the program, and speaks to its controls.

The pytest plugin of this package gives tests the fixtures `persona_sandbox` and `persona`.
"""

from __future__ import annotations

import collections
import json
import os
import re
import shutil
import subprocess
import sysconfig
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

__all__ = ["Environment", "Sandbox", "SandboxError", "start_sandbox"]

START_TIMEOUT_SECONDS = 10
STOP_TIMEOUT_SECONDS = 5
REQUEST_TIMEOUT_SECONDS = 10
EVENT_TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.02


class SandboxError(Exception):
    """An answer of the sandbox that is not a success."""

    def __init__(self, method: str, url: str, status: int, body: Any) -> None:
        said = ""
        if isinstance(body, dict):
            errors = body.get("errors") or [{}]
            said = body.get("error") or errors[0].get("details") or errors[0].get("title") or ""
        super().__init__(f"{method} {url}: {status} {said}".rstrip())
        self.status = status
        self.body = body


def _request(method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
    data = None
    if body is not None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
    request = urllib.request.Request(url, method=method, data=data)
    request.add_header("Content-Type", "application/json")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    # The sandbox is on this machine: no proxy is between.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=REQUEST_TIMEOUT_SECONDS) as response:
            return _document(response.read())
    except urllib.error.HTTPError as error:
        raise SandboxError(method, url, error.code, _document(error.read())) from None


def _document(text: bytes) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text.decode(errors="replace")


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


class Environment:
    """One environment of a sandbox: state, webhooks, clock, faults and settings of its own."""

    def __init__(self, ready: dict[str, Any], name: str | None) -> None:
        self.name = name
        self.url: str = ready["url"]
        self.api_url: str = ready["api_url"]
        self.template_id: str = ready["template_id"]
        self.environment_id: str = ready["environment_id"] if name is None else f"env_{name}"
        self.api_key = "persona_sandbox_test" if name is None else f"persona_sandbox_env_{name}"

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """A request to Persona's API, with this environment's key."""
        headers = {"Authorization": f"Bearer {self.api_key}", "Persona-Version": "2025-10-27"}
        return _request(method, self.api_url + path, body, headers)

    def control(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """A request to the controls, below `/_sandbox/`."""
        if self.name is not None:
            query["environment"] = self.name
        text = urllib.parse.urlencode(_given(**query))
        return _request(method, f"{self.url}/_sandbox/{path}?{text}", body)

    def create_inquiry(
        self,
        reference_id: str | None = None,
        fields: dict[str, Any] | None = None,
        template_id: str | None = None,
    ) -> dict[str, Any]:
        """Creates an inquiry, as a server would."""
        attributes = {"inquiry-template-id": template_id or self.template_id}
        attributes.update(_given(**{"reference-id": reference_id, "fields": fields}))
        return self.api("POST", "/inquiries", {"data": {"attributes": attributes}})["data"]

    def inquiries(self, reference_id: str | None = None) -> list[dict[str, Any]]:
        """All inquiries, newest first, or those of a reference ID."""
        return self.control("GET", "inquiries", **{"reference-id": reference_id})["data"]

    def finish(
        self,
        inquiry_id: str,
        outcome: str | None = None,
        document: dict[str, str] | None = None,
        fields: dict[str, Any] | None = None,
        failed_checks: list[str] | None = None,
        abandon_at: str | None = None,
    ) -> dict[str, Any]:
        """Walks an inquiry through its flow, to any outcome."""
        body = _given(
            outcome=outcome,
            document=document,
            fields=fields,
            failed_checks=failed_checks,
            abandon_at=abandon_at,
        )
        return self.control("POST", f"inquiries/{inquiry_id}/finish", body)["data"]

    def advance(self, seconds: int) -> dict[str, Any]:
        """Advances the clock."""
        return self.control("POST", "clock", {"advance_s": seconds})

    def fault(self, **fault: Any) -> list[dict[str, Any]]:
        """Sets a fault, such as `operation="inquiries.list", kind="status:503", count=1`."""
        return self.control("POST", "faults", fault)["data"]

    def clear_faults(self) -> None:
        """Removes all faults."""
        self.control("DELETE", "faults")

    def settings(self, **change: Any) -> dict[str, Any]:
        """Changes settings, and gives all of them."""
        if change:
            return self.control("POST", "settings", change)
        return self.control("GET", "settings")

    def template(self, definition: dict[str, Any]) -> list[dict[str, Any]]:
        """Adds a template of yours, or replaces that with its ID; gives the templates as the API shows them."""
        return self.control("POST", "templates", definition)["data"]

    def scenario(self, file: str) -> dict[str, Any]:
        """Runs a scenario file; the report says what happened."""
        return self.control("POST", "scenarios", file)

    def webhook(self, url: str, events: tuple[str, ...] = ("*",)) -> dict[str, str]:
        """Makes a webhook that sends these events there, and gives its `id` and `secret`."""
        attributes = {"name": "test", "url": url, "enabled-events": list(events)}
        made = self.api("POST", "/webhooks", {"data": {"attributes": attributes}})["data"]
        self.api("POST", f"/webhooks/{made['id']}/enable")
        secrets = made["attributes"].get("secrets") or [{"value": made["attributes"].get("secret")}]
        return {"id": made["id"], "secret": secrets[0]["value"]}

    def events(self, name: str | None = None, object_id: str | None = None) -> list[dict[str, Any]]:
        """The events so far, newest first."""
        query = _given(**{"filter[name]": name, "filter[object-id]": object_id})
        text = urllib.parse.urlencode({"page[size]": 100, **query})
        return self.api("GET", f"/events?{text}")["data"]

    def wait_for_event(
        self,
        name: str,
        object_id: str | None = None,
        timeout: float = EVENT_TIMEOUT_SECONDS,
    ) -> dict[str, Any]:
        """Waits for an event, and gives it."""
        end = time.monotonic() + timeout
        while True:
            events = self.events(name, object_id)
            if events:
                return events[0]
            if time.monotonic() > end:
                seen = [event["attributes"]["name"] for event in self.events(object_id=object_id)]
                seen = ", ".join(seen) or "none"
                raise TimeoutError(f"no event {name} within {timeout} s; there were {seen}")
            time.sleep(POLL_SECONDS)

    def wait_for_deliveries(self, timeout: float = EVENT_TIMEOUT_SECONDS) -> list[dict[str, Any]]:
        """Waits until no webhook is pending, and gives all deliveries, newest first."""
        end = time.monotonic() + timeout
        while True:
            answer = self.control("GET", "deliveries", limit=1000)
            pending = answer["counts"]["pending"]
            if pending == 0:
                return answer["data"]
            if time.monotonic() > end:
                raise TimeoutError(f"{pending} webhooks are still pending after {timeout} s")
            time.sleep(POLL_SECONDS)

    def reset(self) -> None:
        """Forgets everything in this environment."""
        self.control("POST", "reset")

    def remove(self) -> None:
        """Removes this environment; the default one is reset."""
        if self.name is None:
            self.reset()
        else:
            self.control("DELETE", "environments")


class Sandbox(Environment):
    """A running sandbox. It is also its default environment."""

    def __init__(self, ready: dict[str, Any], process: subprocess.Popen[str]) -> None:
        super().__init__(ready, None)
        self.dashboard_url: str = ready["dashboard_url"]
        self.process = process
        self._ready = ready

    def environment(self, name: str) -> Environment:
        """The environment with this name, which is made on first use."""
        if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", name):
            raise ValueError(f"{name!r} is not the name of an environment: use letters, digits and hyphens")
        return Environment(self._ready, name)

    def stop(self) -> None:
        """Stops the program."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _program() -> str:
    """The path of the program."""
    # For tests of this package, and for a program that was built with cargo.
    named = os.environ.get("PERSONA_SANDBOX_PROGRAM")
    installed = os.path.join(sysconfig.get_path("scripts"), "persona-sandbox")
    found = named or (installed if os.path.exists(installed) else shutil.which("persona-sandbox"))
    if not found:
        raise FileNotFoundError(
            "the program persona-sandbox is not installed beside this package: install its wheel, "
            "or name a program in PERSONA_SANDBOX_PROGRAM"
        )
    return found


def start_sandbox(*args: str, program: str | None = None) -> Sandbox:
    """Starts the program on a free port with these arguments, and waits until it answers."""
    address = [] if "--addr" in args else ["--addr", "127.0.0.1:0"]
    process = subprocess.Popen(
        [program or _program(), *address, *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"RUST_LOG": "warn", **os.environ},
        text=True,
    )
    assert process.stdout and process.stderr
    # Read all the time: a full pipe would stop the program.
    complaints: collections.deque[str] = collections.deque(maxlen=50)
    reader = threading.Thread(target=complaints.extend, args=(process.stderr,), daemon=True)
    reader.start()
    killing = threading.Timer(START_TIMEOUT_SECONDS, process.kill)
    killing.start()
    try:
        for line in process.stdout:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if message.get("event") == "ready":
                threading.Thread(target=collections.deque, args=(process.stdout, 0), daemon=True).start()
                return Sandbox(message, process)
    finally:
        killing.cancel()
    process.kill()
    code = process.wait()
    reader.join(1)
    raise RuntimeError(f"persona-sandbox did not start and ended with {code}: {''.join(complaints).strip()}")
