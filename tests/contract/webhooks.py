"""Has a sandbox send every event that it knows, and checks each body against the vendor's file:
webhooks.py OPENAPI SANDBOX_URL.

Two webhooks take every event, one with the defaults and one with all related objects. Each body
must match the schema of its event in the file's `webhooks` section, and be refused by that schema
once it is spoilt: a schema that lets anything through would prove nothing.
"""

import copy
import html
import http.server
import json
import pathlib
import re
import sys
import threading
import time
import urllib.parse
import urllib.request

import jsonschema_rs

from vendor import load

EVENTS = pathlib.Path("crates/persona-sandbox/src/core/model/event.rs")
RECEIVE_TIMEOUT_SECONDS = 30
HEADERS = (
    "persona-signature",
    "persona-webhook-attempts-made",
    "persona-webhook-attempts-left",
    "persona-webhook-first-attempted-at",
)


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps what arrives, by the path that it arrives at."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[str, dict, dict]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append((self.path, headers, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Sandbox:
    def __init__(self, url: str, version: str) -> None:
        self.url = url
        self.version = version

    def send(self, request: urllib.request.Request) -> bytes:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def api(self, method: str, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(f"{self.url}/api/v1{path}", method=method)
        request.add_header("Authorization", "Bearer persona_sandbox_contract")
        request.add_header("Persona-Version", self.version)
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode() if body is not None else None
        return json.loads(self.send(request))

    def control(self, path: str, body: dict) -> None:
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", method="POST")
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
        self.send(request)

    def form(self, path: str, **fields: str) -> str:
        """What the widget's script sends, and the screen's data that comes back."""
        pairs = {name.replace("_", "-"): value for name, value in fields.items()}
        data = urllib.parse.urlencode(pairs).encode()
        return self.send(urllib.request.Request(self.url + path, data=data)).decode()

    def webhook(self, url: str, included: str) -> None:
        attributes = {
            "name": included,
            "url": url,
            "api-version": self.version,
            "enabled-events": ["*"],
            "included-allowlist": {"state": included},
        }
        made = self.api("POST", "/webhooks", {"data": {"attributes": attributes}})
        self.api("POST", f"/webhooks/{made['data']['id']}/enable")

    def create(self, reference_id: str) -> str:
        attributes = {
            "inquiry-template-id": "itmpl_sandboxKYC",
            "reference-id": reference_id,
            "fields": {"name_first": "Ada", "name_last": "Example", "birthdate": "1990-05-01"},
        }
        made = self.api("POST", "/inquiries", {"data": {"attributes": attributes}})
        return made["data"]["id"]

    def walk(self, inquiry_id: str, passes: bool) -> None:
        """Through the widget: leaves once after the government ID, comes back, and ends."""
        page = self.form("/widget/start", inquiry_id=inquiry_id)
        for step in ("start", "government_id", "selfie"):
            data = json.loads(html.unescape(re.search(r'data-flow="([^"]*)"', page)[1]))
            fields = {"step": step, "session_token": data["sessionToken"]}
            if passes:
                fields["pass_verifications"] = "on"
            page = self.form("/widget/step", **fields)
            if step == "government_id":
                self.form("/widget/exit", session_token=data["sessionToken"])


def live(sandbox: Sandbox) -> None:
    """Lives in which every event happens."""
    passed = sandbox.create("usr_contract_passed")
    sandbox.walk(passed, passes=True)
    # The template's workflow may have been quicker.
    if sandbox.api("GET", f"/inquiries/{passed}")["data"]["attributes"]["status"] != "approved":
        sandbox.api("POST", f"/inquiries/{passed}/approve", {"meta": {"comment": "fine"}})
    failed = sandbox.create("usr_contract_failed")
    sandbox.walk(failed, passes=False)
    sandbox.api("POST", f"/inquiries/{failed}/decline")
    expired = sandbox.create("usr_contract_expired")
    session = {"data": {"attributes": {"inquiry-id": expired}}}
    sandbox.api("POST", "/inquiry-sessions", session)
    sandbox.api("POST", f"/inquiries/{expired}/expire")
    reviewed = sandbox.create("usr_contract_reviewed")
    sandbox.api("POST", f"/inquiries/{reviewed}/add-tag", {"meta": {"tag-name": "odd"}})
    sandbox.api("POST", f"/inquiries/{reviewed}/mark-for-review")
    sandbox.api("DELETE", f"/inquiries/{sandbox.create('usr_contract_redacted')}")
    live_of_accounts(sandbox)
    live_of_cases(sandbox, failed)
    live_of_reports(sandbox, passed)
    forgotten = sandbox.api("GET", f"/inquiries/{sandbox.create('usr_contract_account')}")
    account = forgotten["data"]["relationships"]["account"]["data"]["id"]
    sandbox.api("DELETE", f"/accounts/{account}")


def live_of_accounts(sandbox: Sandbox) -> None:
    """Every change of an account."""

    def account(reference_id: str) -> str:
        attributes = {"reference-id": reference_id, "name-first": "Ada", "fields": {"vip": True}}
        made = sandbox.api("POST", "/accounts", {"data": {"attributes": attributes}})
        return made["data"]["id"]

    own, other = account("usr_contract_own"), account("usr_contract_other")
    update = {"account-status": "Approved", "fields": {"name": {"last": "Example"}}}
    sandbox.api("PATCH", f"/accounts/{own}", {"data": {"attributes": update}})
    for verb in ("add-tag", "remove-tag"):
        sandbox.api("POST", f"/accounts/{own}/{verb}", {"meta": {"tag-name": "odd"}})
    relation = {"relation-schema-key": "business", "target-object-id": other}
    for verb in ("add-relation", "remove-relation"):
        sandbox.api("POST", f"/accounts/{own}/{verb}", {"meta": relation})
    sources = {"meta": {"source-account-ids": [other]}}
    sandbox.api("POST", f"/accounts/{own}/consolidate", sources)


def live_of_cases(sandbox: Sandbox, failed: str) -> None:
    """Every change of the case that a failed inquiry opened."""
    cases = sandbox.api("GET", f"/cases?filter[inquiry-id]={failed}")
    path = f"/cases/{cases['data'][0]['id']}"
    user = {"user-email-address": "reviewer@example.com"}
    sandbox.api("POST", f"{path}/assign", {"meta": user})
    sandbox.api("PATCH", path, {"data": {"attributes": {"fields": {"risk": "high"}}}})
    sandbox.api("POST", f"{path}/add-tag", {"meta": {"tag-name": "odd"}})
    for status in ("Approved", "Open"):
        sandbox.api("POST", f"{path}/set-status", {"meta": {"status": status}})
    sandbox.api("DELETE", path)


ADDRESS = {
    "address-street-1": "600 California Street",
    "address-city": "San Francisco",
    "address-subdivision": "CA",
    "address-postal-code": "94109",
    "address-country-code": "US",
}
PERSON = {"name-first": "Pablo", "name-last": "Example", "birthdate": "1990-05-01"}
# What each kind of report asks for. All that can match do.
REPORTS = {
    "address-lookup": ADDRESS,
    "adverse-media": PERSON,
    "business-adverse-media": {"term": "Pablo Example"},
    "business-lookup": ADDRESS | {"business-name": "Kennel"},
    "business-watchlist": {"term": "Pablo Example"},
    "crypto-address-watchlist": {"crypto-address": "Pablo Example"},
    "email-address": {"email-address": "pablo@example.com"},
    "phone-number": {"phone-number": "+15555550100"},
    "politically-exposed-person": PERSON,
    "profile": PERSON,
    "profile-non-authoritative": {"name-first": "Pablo"},
    "social-media": PERSON,
    "synthetic": ADDRESS | PERSON,
    "watchlist": PERSON,
}
DISMISSED = (
    "adverse-media",
    "business-adverse-media",
    "business-watchlist",
    "politically-exposed-person",
    "watchlist",
)


def live_of_reports(sandbox: Sandbox, inquiry: str) -> None:
    """Every kind of report, with and without a match."""
    account = sandbox.api("GET", f"/inquiries/{inquiry}")["data"]["relationships"]["account"]
    about = {"account-id": account["data"]["id"]}
    for matches in ([], ["Pablo Example"]):
        sandbox.control("settings", {"reports": {"matches": matches}})
        for kind, query in REPORTS.items():
            data = {"type": f"report/{kind}", "attributes": about | {"query": query}}
            made = sandbox.api("POST", "/reports", {"data": data})
            if matches and kind in DISMISSED:
                dismiss = f"/reports/{made['data']['id']}/dismiss"
                reason = {"data": {"attributes": {"reason": "another person"}}}
                sandbox.api("POST", dismiss, reason)


def spoilt(body: dict) -> list[tuple[str, dict]]:
    """The same body with one thing wrong, each in another place."""
    of_another, typed, extended = (copy.deepcopy(body) for _ in range(3))
    of_another["data"]["attributes"]["name"] = "inquiry.unheard-of"
    typed["data"]["attributes"]["payload"]["data"]["attributes"]["created-at"] = 5
    extended["data"]["attributes"]["payload"]["data"]["attributes"]["colour"] = "red"
    return [("name", of_another), ("type", typed), ("unknown attribute", extended)]


def main() -> None:
    openapi, url = sys.argv[1:]
    spec = load(openapi)
    if "webhooks" not in spec:
        print("webhooks: not checked, this file has no schemas of events")
        return
    expected = set(re.findall(r'serialize = "([a-z/-]+\.[a-z-]+)"', EVENTS.read_text(encoding="utf-8")))
    assert expected, f"{EVENTS} names no event"
    receiver = Receiver()
    sandbox = Sandbox(url, spec["info"]["version"])
    paths = {"/none": "include_none", "/all": "include_all"}
    for path, included in paths.items():
        sandbox.webhook(receiver.url(path), included)
    live(sandbox)

    began = time.monotonic()
    wanted = {(path, name) for path in paths for name in expected}
    while True:
        received = list(receiver.received)
        seen = {(path, body["data"]["attributes"]["name"]) for path, _, body in received}
        if seen >= wanted or time.monotonic() - began > RECEIVE_TIMEOUT_SECONDS:
            break
        time.sleep(0.05)

    wrong = [f"{name} did not arrive at {path}" for path, name in sorted(wanted - seen)]
    validators = {}
    for path, headers, body in received:
        name = body["data"]["attributes"]["name"]
        if name not in validators:
            media = spec["webhooks"][name]["post"]["requestBody"]["content"]
            schema = media["application/json"]["schema"] | {"components": spec["components"]}
            validators[name] = jsonschema_rs.validator_for(schema)
        for error in validators[name].iter_errors(body):
            place = "/".join(map(str, error.instance_path))
            wrong.append(f"{name} at {path}: {place}: {error.message[:300]}")
        wrong += [f"{name}: no {header}" for header in HEADERS if header not in headers]
        for what, bad in spoilt(body):
            if validators[name].is_valid(bad):
                wrong.append(f"{name}: the schema does not notice another {what}")
    for problem in sorted(set(wrong)):
        print(problem)
    print(
        f"webhooks: {len(received)} bodies of {len(validators)} events against the vendor's "
        f"schemas, {len(wrong)} violations"
    )
    sys.exit(1 if wrong else 0)


main()
