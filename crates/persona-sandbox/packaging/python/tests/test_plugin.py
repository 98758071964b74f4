"""The pytest plugin, as a test suite uses it."""

import http.server
import threading

import pytest

from persona_sandbox import SandboxError, start_sandbox


def test_an_inquiry_is_finished_as_any_person(persona):
    inquiry = persona.create_inquiry("usr_1", {"name_first": "Ada"})
    finished = persona.finish(inquiry["id"], document={"name_first": "Grace"})
    assert finished["attributes"]["status"] == "completed"
    assert finished["attributes"]["fields"]["name_first"]["value"] == "Grace"
    persona.advance(1)
    event = persona.wait_for_event("inquiry.approved", inquiry["id"])
    assert event["attributes"]["payload"]["data"]["id"] == inquiry["id"]


@pytest.mark.parametrize("number", [1, 2])
def test_each_test_has_an_environment_of_its_own(persona, number):
    assert persona.inquiries() == []
    persona.create_inquiry("usr_1")
    assert len(persona.inquiries("usr_1")) == 1


def test_a_fault_hits_one_environment_only(persona, persona_sandbox):
    persona.fault(operation="inquiries.list", kind="status:503", count=1)
    assert persona_sandbox.api("GET", "/inquiries")["data"] == []
    with pytest.raises(SandboxError) as refused:
        persona.api("GET", "/inquiries")
    assert refused.value.status == 503
    assert persona.api("GET", "/inquiries")["data"] == []


def test_a_webhook_arrives_and_is_signed(persona):
    signatures = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            signatures.append(self.headers["persona-signature"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        webhook = persona.webhook(f"http://127.0.0.1:{server.server_port}/", ("inquiry.declined",))
        assert webhook["secret"].startswith("wbhsec_")
        inquiry = persona.create_inquiry()
        persona.finish(inquiry["id"], outcome="declined", failed_checks=["expired_document"])
        persona.wait_for_event("inquiry.declined")
        [delivery] = persona.wait_for_deliveries()
        assert delivery["status"] == "delivered"
        assert signatures[0].startswith("t=")
    finally:
        server.shutdown()


def test_settings_and_scenarios(persona):
    settings = persona.settings(pass_verifications=False)
    assert settings["templates"][0]["pass_verifications"] is False
    assert persona.scenario("steps: [{create: {as: a}}, {finish: {inquiry: a}}]")["passed"]


def test_a_template_of_ones_own_has_its_steps_and_fields(persona):
    persona.template({
        "id": "itmpl_Walkers",
        "steps": ["form", "phone"],
        "fields": [{"key": "dogSize", "type": "choices", "options": ["small", "large"], "required": True}],
        "form_fields": ["dogSize"],
    })
    inquiry = persona.create_inquiry(template_id="itmpl_Walkers")
    left = persona.finish(inquiry["id"], abandon_at="phone", fields={"dogSize": "small"})
    assert left["attributes"]["status"] == "pending"
    assert left["attributes"]["next-step-name"] == "phone"
    assert left["attributes"]["fields"]["dogSize"]["value"] == "small"


def test_mistakes_are_told(persona, persona_sandbox):
    inquiry = persona.create_inquiry()
    with pytest.raises(SandboxError, match="needs_review"):
        persona.finish(inquiry["id"], outcome="rejected")
    with pytest.raises(TimeoutError, match="inquiry.created"):
        persona.wait_for_event("inquiry.approved", timeout=0.05)
    with pytest.raises(ValueError, match="hyphens"):
        persona_sandbox.environment("not a name")
    with pytest.raises(RuntimeError, match="--no-such-flag"):
        start_sandbox("--no-such-flag")


def test_a_stopped_sandbox_answers_no_more():
    with start_sandbox("--seed", "1") as sandbox:
        sandbox.create_inquiry()
    with pytest.raises(OSError):
        sandbox.inquiries()
