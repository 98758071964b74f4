"""The algorithm of Persona's tutorial "Pre-create inquiries for Embedded Flow", as a plain port
(docs.withpersona.com/docs/tutorial-embedded-flow-precreate).

Look for an unfinished inquiry; create one if none is seen; resume it if it is pending.
A lookup that fails counts as "none there", nothing guards two clicks against each other, and a
create is sent without an idempotency key: what that costs, `tests/campaign` counts.

Same HTTP contract as the app's: POST /api/inquiries/get-or-create, with the user in the cookie
`user`, believed as it is. USERS names a file with one JSON user per line.
Python's standard library only.
"""

import json
import os
import urllib.parse
import urllib.request
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

API = os.environ["PERSONA_API_URL"]
TEMPLATE = os.environ["PERSONA_INQUIRY_TEMPLATE_ID"]
HEADERS = {
    "Authorization": f"Bearer {os.environ['PERSONA_API_KEY']}",
    "Persona-Version": "2025-10-27",
    "Key-Inflection": "kebab",
    "Content-Type": "application/json",
}


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(API + path, data, HEADERS, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def find_user(user_id):
    with open(os.environ["USERS"], encoding="utf-8") as users:
        return next(user for user in map(json.loads, users) if user["id"] == user_id)


def find_unfinished(user):
    query = {
        "filter[reference-id]": user["id"],
        "filter[status]": "created,pending",
        "page[size]": 1,
    }
    try:
        found = call("GET", "/inquiries?" + urllib.parse.urlencode(query))["data"]
    except Exception:
        return None
    return found[0] if found else None


def create(user):
    attributes = {
        "inquiry-template-id": TEMPLATE,
        "reference-id": user["id"],
        "fields": {
            "name_first": user["first_name"],
            "name_last": user["last_name"],
            "birthdate": user["birthdate"],
        },
    }
    return call("POST", "/inquiries", {"data": {"attributes": attributes}})["data"]


def resume(inquiry_id):
    return call("POST", f"/inquiries/{inquiry_id}/resume", {"meta": {}})["meta"]["session-token"]


def get_or_create(user):
    inquiry = find_unfinished(user) or create(user)
    pending = inquiry["attributes"]["status"] == "pending"
    return {
        "inquiry_id": inquiry["id"],
        "session_token": resume(inquiry["id"]) if pending else None,
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200 if self.path == "/healthz" else 404, {})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            cookie = SimpleCookie(self.headers["Cookie"])
            self.answer(200, get_or_create(find_user(cookie["user"].value)))
        except Exception as error:
            message = type(error).__name__
            self.answer(502, {"error": {"code": "persona_failed", "message": message}})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
