"""The server of Persona's tutorial "Pre-create inquiries for Embedded Flow" on Flask
(docs.withpersona.com/docs/tutorial-embedded-flow-precreate): own words, the same algorithm.

Look for an unfinished inquiry, create one if none is seen, resume it if it is pending. One user, no
sessions, no database, a new connection for each call, as there. Started by gunicorn.
"""

import logging
import os

import requests
from flask import Flask, jsonify

API = os.environ["PERSONA_API_URL"]
HEADERS = {
    "Authorization": f"Bearer {os.environ['PERSONA_API_KEY']}",
    "Content-Type": "application/json",
    "Persona-Version": "2025-10-27",
}
USER = {
    "id": "usr_ABC123",
    "first_name": "Alexander",
    "last_name": "Sample",
    "birthdate": "1977-08-31",
}

app = Flask(__name__)


def find_unfinished():
    query = {
        "filter[reference-id]": USER["id"],
        "filter[status]": "created,pending",
        "page[size]": 1,
    }
    answer = requests.get(f"{API}/inquiries", headers=HEADERS, params=query, timeout=10)
    answer.raise_for_status()
    found = answer.json()["data"]
    return found[0] if found else None


def create():
    attributes = {
        "inquiry-template-id": os.environ["PERSONA_INQUIRY_TEMPLATE_ID"],
        "reference-id": USER["id"],
        "fields": {
            "name_first": USER["first_name"],
            "name_last": USER["last_name"],
            "birthdate": USER["birthdate"],
        },
    }
    body = {"data": {"attributes": attributes}}
    answer = requests.post(f"{API}/inquiries", headers=HEADERS, json=body, timeout=10)
    answer.raise_for_status()
    return answer.json()["data"]


def resume(inquiry_id):
    url = f"{API}/inquiries/{inquiry_id}/resume"
    answer = requests.post(url, headers=HEADERS, json={"meta": {}}, timeout=10)
    answer.raise_for_status()
    return answer.json()["meta"]["session-token"]


@app.get("/healthz")
def healthz():
    return "ok"


@app.post("/api/inquiries/get-or-create")
def get_or_create():
    inquiry = find_unfinished()
    if inquiry is None:
        logging.info("No incomplete inquiry found, creating new one")
        inquiry = create()
    status = inquiry["attributes"]["status"]
    logging.info("Found existing inquiry %s with status: %s", inquiry["id"], status)
    token = resume(inquiry["id"]) if status == "pending" else None
    return jsonify(inquiry_id=inquiry["id"], session_token=token)
