"""Checks the golden payloads against the answers' schemas in Persona's OpenAPI file."""

import json
import pathlib
import re
import sys

import jsonschema_rs

from vendor import load

FIXTURES = pathlib.Path("tests/fixtures")

# For readers only: shows what may appear without a new version.
UNFORESEEN = "inquiry-retrieve-unforeseen.json"


def find_schema(spec: dict, method: str, path: str, status: int) -> dict:
    path = path.split("?")[0]
    for pattern, item in spec["paths"].items():
        if not re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", pattern), path):
            continue
        if method.lower() in item:
            answer = item[method.lower()]["responses"][str(status)]
            if "$ref" in answer:
                answer = spec["components"]["responses"][answer["$ref"].split("/")[-1]]
            return answer["content"]["application/json"]["schema"]
    raise LookupError(f"no operation {method} {path}")


def main() -> None:
    spec = load(sys.argv[1])
    components = spec["components"]
    checked, wrong = 0, 0
    for file in sorted(FIXTURES.glob("*.json")):
        fixture = json.loads(file.read_text(encoding="utf-8"))
        assert fixture["source"].startswith("https://docs.withpersona.com/"), file.name
        if file.name == UNFORESEEN:
            continue
        if "response" in fixture:
            request, response = fixture["request"], fixture["response"]
            schema = find_schema(spec, request["method"], request["path"], response["status"])
            body = response["body"]
        else:
            schema = {"$ref": "#/components/schemas/event"}
            body = json.loads(fixture["body"])["data"]
        schema = schema | {"components": components}
        checked += 1
        for error in jsonschema_rs.validator_for(schema).iter_errors(body):
            wrong += 1
            print(f"{file.name}: {error.message}")
    print(f"{checked} golden payloads, {wrong} violations")
    sys.exit(1 if wrong or not checked else 0)


main()
