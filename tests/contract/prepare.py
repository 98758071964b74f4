"""Prepares Persona's OpenAPI file for schemathesis, from the file to the output.

The specification says which types its parameters have, not which values make sense together:
an inquiry is made of a template that exists, and works on objects that were made before. So the
requests are narrowed to such, and the operations are linked to each other for the stateful phase.
The answers stay as they are, but for one that the file leaves out: see `add_missing_answer`.
"""

import json
import sys

from vendor import EMULATED, METHODS, load, operations

TEMPLATE = "itmpl_sandboxKYC"

# The tag that script/contract leaves out.
NOT_EMULATED = "not-emulated"


def keep_emulated(spec: dict) -> None:
    """coverage.py asks for the others, and webhooks.py checks what is sent.

    A path with an emulated operation keeps its other ones, marked by a tag by which they are left out:
    without them schemathesis would take their methods for ones that Persona does not have, and expect
    405 where the sandbox answers 501.
    """

    def is_emulated(item: dict) -> bool:
        return any(m in item and item[m]["operationId"] in EMULATED for m in METHODS)

    spec["paths"] = {path: item for path, item in spec["paths"].items() if is_emulated(item)}
    for item in spec["paths"].values():
        for method in METHODS:
            if method in item and item[method]["operationId"] not in EMULATED:
                item[method]["tags"] = [NOT_EMULATED]
    spec.pop("webhooks", None)


def narrow_create(spec: dict) -> None:
    """An inquiry is made of the template that exists, and with fields that it has."""
    body = spec["paths"]["/inquiries"]["post"]["requestBody"]["content"]["application/json"]
    body.pop("examples", None)
    attributes = body["schema"]["properties"]["data"]["properties"]["attributes"]
    for selector in ("template-id", "inquiry-template-version-id", "account-id"):
        del attributes["properties"][selector]
    attributes["properties"]["inquiry-template-id"] = {"const": TEMPLATE}
    attributes["required"] = ["inquiry-template-id"]
    # One of the two ways to give a reference ID.
    meta = body["schema"]["properties"]["meta"]["properties"]
    del meta["auto-create-account-reference-id"]
    del meta["auto-create-account-type-id"]
    for interval in meta.values():
        if isinstance(interval["type"], list):
            interval["minimum"] = 1


def narrow_webhooks(spec: dict) -> None:
    """Nothing is sent beyond this machine, and nothing of what is for enterprises is set."""
    for path, method in (("/webhooks", "post"), ("/webhooks/{webhook-id}", "patch")):
        spec["paths"][path][method]["requestBody"]["content"]["application/json"].pop("examples")
    attributes = spec["components"]["schemas"]["webhook-request-attributes"]["properties"]
    attributes["url"] = {"const": "http://127.0.0.1:9/webhooks"}
    del attributes["payload-filter"]


def narrow_fields(spec: dict) -> None:
    """Any key is allowed by the schema, but a template has the fields that it has."""
    schemas = spec["components"]["schemas"]
    text = {"type": ["string", "null"], "maxLength": 255}
    names = ["name-first", "name-middle", "name-last", "email-address", "address-country-code"]
    properties = {name: text for name in names}
    properties["birthdate"] = {"type": ["string", "null"], "format": "date"}
    schemas["inquiry-fields"] = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def narrow_simulate(spec: dict) -> None:
    """A verification is made of a template that exists."""
    kinds = ("GovernmentId", "Selfie", "Document", "Database", "PhoneNumber", "EmailAddress")
    action = spec["components"]["schemas"]["create-verification-action"]["properties"]
    template = {"enum": [f"vtmpl_sandbox{kind}" for kind in kinds]}
    action["data"]["properties"]["verification-template-id"] = template


def narrow_accounts(spec: dict) -> None:
    """Accounts are of the type that exists, and are known by no reference ID that is taken."""
    for path, method in (("/accounts", "post"), ("/accounts/{account-id}", "patch")):
        body = spec["paths"][path][method]["requestBody"]["content"]["application/json"]
        attributes = body["schema"]["properties"]["data"]["properties"]["attributes"]
        properties = attributes["allOf"][0]["properties"]
        del properties["reference-id"]
        if "account-type-id" in properties:
            properties["account-type-id"] = {"const": "acttp_sandboxUser"}
        del properties["fields"]


def narrow_cases(spec: dict) -> None:
    """Cases are of the template that exists, and have its statuses; there are no queues."""

    def schema(path: str, method: str) -> dict:
        body = spec["paths"][path][method]["requestBody"]["content"]["application/json"]
        return body["schema"]["properties"]

    create, update = schema("/cases", "post"), schema("/cases/{case-id}", "patch")
    for body in (create, update):
        attributes = body["data"]["properties"]["attributes"]["properties"]
        del attributes["case-queue-id"]
        seconds = {"type": ["null", "integer"], "minimum": 1, "maximum": 1_000_000}
        body["meta"]["properties"]["sla-expires-in-seconds"] = seconds
    attributes = create["data"]["properties"]["attributes"]["properties"]
    attributes["case-template-id"] = {"const": "ctmpl_sandboxKYC"}
    del create["meta"]["properties"]["object-ids"]
    status = schema("/cases/{case-id}/set-status", "post")["meta"]["properties"]
    status["status"] = {"enum": ["Open", "Pending", "Approved", "Declined", "Resolved"]}
    user = schema("/cases/{case-id}/assign", "post")["meta"]["properties"]
    user["user-email-address"] = {"const": "reviewer@example.com"}


def narrow_reports(spec: dict) -> None:
    """Reports are about nobody, and whom they ask for was born on a day."""
    body = spec["paths"]["/reports"]["post"]["requestBody"]["content"]["application/json"]
    body.pop("examples", None)
    seen = set()

    def narrow(node: object) -> None:
        if isinstance(node, list):
            for item in node:
                narrow(item)
        if not isinstance(node, dict):
            return
        reference = node.get("$ref")
        if reference and reference not in seen:
            seen.add(reference)
            target = spec
            for part in reference.removeprefix("#/").split("/"):
                target = target[part]
            narrow(target)
        properties = node.get("properties", {})
        if isinstance(properties, dict):
            properties.pop("account-id", None)
            if "birthdate" in properties and "query" not in properties:
                properties["birthdate"] = {"type": "string", "format": "date"}
        for value in node.values():
            narrow(value)

    narrow(body["schema"])


def narrow_api_keys(spec: dict) -> None:
    """Keys have permissions that exist, and expire later."""
    permissions = {"type": "array", "items": {"enum": ["account.read", "inquiry.write"]}}
    for name in ("create-api-key-request", "update-api-key-request"):
        body = spec["components"]["requestBodies"][name]["content"]["application/json"]
        data = body["schema"]["properties"]["data"]["properties"]
        attributes = data["attributes"]["properties"]
        attributes["permissions"] = permissions
        attributes["api-key-inflection"] = {"enum": ["kebab", "camel", "snake"]}
        attributes["file-access-token-expires-in"] = {"type": "integer", "minimum": 1}


def add_missing_answer(spec: dict) -> None:
    """Every operation on one object documents 404 for an unknown ID, only retrieving an API key does
    not, though updating the same key does."""
    key = spec["paths"]["/api-keys/{api-key-id}"]
    key["get"]["responses"].setdefault("404", key["patch"]["responses"]["404"])


def narrow_parameters(spec: dict) -> None:
    """Casing and version are set for all requests: the answers' schemas are those of one."""
    parameters = spec["components"]["parameters"]
    parameters["key-inflection-header"]["schema"] = {"const": "kebab"}
    parameters["persona-version-header"]["schema"] = {"enum": ["2025-10-27", "2025-12-08"]}
    # Relationships differ by operation, so only the empty list fits everywhere.
    parameters["include-query-parameter"]["schema"] = {"type": "string", "const": ""}
    # In a query every value is text: a number there breaks no rule.
    parameters["fields-query-parameter"]["schema"] = {"type": "object"}


def link(operation: dict, status: str, name: str, target: dict, parameter: str, source: str) -> None:
    links = operation["responses"][status].setdefault("links", {})
    links[name] = {
        "operationId": target["operationId"],
        "parameters": {f"path.{parameter}": f"$response.body#{source}"},
    }


def link_operations(spec: dict) -> None:
    """What one operation makes or lists, others work on."""
    paths = spec["paths"]
    create = paths["/inquiries"]["post"]
    create_session = paths["/inquiry-sessions"]["post"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            name = operation["operationId"]
            if path.startswith("/inquiries/{inquiry-id}"):
                link(create, "201", name, operation, "inquiry-id", "/data/id")
            elif path.startswith("/inquiry-sessions/{inquiry-session-id}"):
                link(create_session, "201", name, operation, "inquiry-session-id", "/data/id")
            elif path.startswith("/cases/{case-id}"):
                link(paths["/cases"]["post"], "201", name, operation, "case-id", "/data/id")
            elif path == "/workflow-runs/{workflow-run-id}":
                runs = paths["/workflow-runs"]["get"]
                link(runs, "200", name, operation, "workflow-run-id", "/data/0/id")
            elif path.startswith("/accounts/{account-id}"):
                link(paths["/accounts"]["post"], "201", name, operation, "account-id", "/data/id")
            elif path.startswith("/verifications/{verification-id}") or (
                path.startswith("/verification/")
            ):
                simulate = paths["/inquiries/{inquiry-id}/perform-simulate-actions"]["post"]
                source = "/data/relationships/verifications/data/0/id"
                link(simulate, "200", name, operation, "verification-id", source)
            elif path.endswith("/{document-id}"):
                simulate = paths["/inquiries/{inquiry-id}/perform-simulate-actions"]["post"]
                source = "/data/relationships/documents/data/0/id"
                link(simulate, "200", name, operation, "document-id", source)
            elif path.startswith("/webhooks/{webhook-id}"):
                link(paths["/webhooks"]["post"], "201", name, operation, "webhook-id", "/data/id")
            elif path.startswith("/reports/{report-id}"):
                link(paths["/reports"]["post"], "201", name, operation, "report-id", "/data/id")
            elif path.startswith("/api-keys/{api-key-id}"):
                link(paths["/api-keys"]["post"], "201", name, operation, "api-key-id", "/data/id")
            elif path == "/api-logs/{api-log-id}":
                logs = paths["/api-logs"]["get"]
                link(logs, "200", name, operation, "api-log-id", "/data/0/id")
            elif path == "/inquiry-templates/{inquiry-template-id}":
                templates = paths["/inquiry-templates"]["get"]
                link(templates, "200", name, operation, "inquiry-template-id", "/data/0/id")
    create["responses"]["201"]["links"]["create-session-for-inquiry"] = {
        "operationId": create_session["operationId"],
        "requestBody": {"data": {"attributes": {"inquiry-id": "$response.body#/data/id"}}},
    }


def main() -> None:
    source, target = sys.argv[1:]
    spec = load(source)
    keep_emulated(spec)
    narrow_create(spec)
    narrow_fields(spec)
    narrow_webhooks(spec)
    narrow_accounts(spec)
    narrow_simulate(spec)
    narrow_cases(spec)
    narrow_reports(spec)
    narrow_api_keys(spec)
    add_missing_answer(spec)
    narrow_parameters(spec)
    link_operations(spec)
    with open(target, "w", encoding="utf-8") as file:
        json.dump(spec, file)
    emulated = [it for it in operations(spec) if NOT_EMULATED not in it[-1].get("tags", [])]
    print(f"schemathesis gets {len(emulated)} operations")


main()
