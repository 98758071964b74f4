"""Asks a sandbox that was started with `--openapi` for all that it does not emulate:
examples.py OPENAPI SANDBOX_URL.

Each request is the example of the vendor's file where that has one. Each answer must say that it is
an example, have the status of the file, and fit the schema of the file; a request that has no example
and needs a body may be refused instead.
"""

import json
import re
import sys
import urllib.error
import urllib.request

import jsonschema_rs

from vendor import EMULATED, load, operations


def resolve(spec: dict, value: dict) -> dict:
    while "$ref" in value:
        target = spec
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value


def media(spec: dict, value: dict) -> dict:
    return resolve(spec, value).get("content", {}).get("application/json", {})


def example(spec: dict, content: dict) -> object:
    """The first example; `None` if there is none."""
    for given in content.get("examples", {}).values():
        return resolve(spec, given).get("value")
    return content.get("example")


def query(spec: dict, parameters: list) -> str:
    """What the operation cannot do without."""
    pairs = []
    for parameter in (resolve(spec, it) for it in parameters):
        if parameter["in"] == "query" and parameter.get("required"):
            schema = resolve(spec, parameter["schema"])
            names = schema.get("required", [])
            pairs += [f"{parameter['name']}[{name}]=x" for name in names] or [f"{parameter['name']}=x"]
    return "&".join(pairs)


def identifier(spec: dict, parameters: list, name: str) -> str:
    """An ID that nothing has, in the form that the parameter wants: `act_` and letters."""
    for parameter in (resolve(spec, it) for it in parameters):
        if parameter["name"] == name:
            pattern = resolve(spec, parameter["schema"]).get("pattern", "^unknown_")
            return re.match(r"\^(\w+_)", pattern)[1] + "x" * 24
    return "unknown_x"


def ask(url: str, method: str, body: object) -> tuple[int, bool, str]:
    request = urllib.request.Request(url, method=method.upper())
    request.add_header("Authorization", "Bearer persona_sandbox_contract")
    request.add_header("Persona-Version", "2025-10-27")
    if method in ("post", "patch", "put"):
        request.data = json.dumps({} if body is None else body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status, headers, text = answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, headers, text = error.code, error.headers, error.read().decode()
    return status, headers.get("persona-sandbox-fidelity") == "example", text


def check(spec: dict, sandbox: str, path: str, method: str, operation: dict) -> str | None:
    """What is wrong, if anything."""
    given = example(spec, media(spec, operation.get("requestBody", {})))
    parameters = spec["paths"][path].get("parameters", []) + operation.get("parameters", [])
    target = re.sub(r"\{([^}]+)\}", lambda it: identifier(spec, parameters, it[1]), path)
    url = f"{sandbox}/api/v1{target}?{query(spec, parameters)}"
    status, is_example, text = ask(url, method, given)
    if not is_example:
        return f"{status}, and not an example: {text[:200]}"
    if status == 400 and given is None and "requestBody" in operation:
        return None
    expected = min(int(it) for it in operation["responses"] if it.startswith("2"))
    if status != expected:
        return f"{status}, not {expected}: {text[:300]}"
    content = media(spec, operation["responses"][str(status)])
    if "schema" not in content:
        return None
    schema = content["schema"] | {"components": spec["components"]}
    validator = jsonschema_rs.validator_for(schema)
    # The vendor's own examples are not all valid; that is not the sandbox's doing.
    document = json.loads(text)
    if document == example(spec, content) or validator.is_valid(document):
        return None
    return f"it does not fit its schema: {text[:200]}"


def main() -> None:
    openapi, sandbox = sys.argv[1:]
    spec = load(openapi)
    asked, wrong = 0, 0
    for path, method, operation in operations(spec):
        if operation["operationId"] in EMULATED:
            continue
        asked += 1
        problem = check(spec, sandbox, path, method, operation)
        if problem:
            wrong += 1
            print(f"{method.upper()} {path}: {problem}")
    print(f"examples: {asked} operations that are not emulated answer from the file; {wrong} wrong")
    sys.exit(1 if wrong or not asked else 0)


main()
