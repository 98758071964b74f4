"""Asks a sandbox for every operation of the vendor's file: coverage.py OPENAPI SANDBOX_URL.

Without a key each is a 401. With one, those that are emulated answer as operations do, and every
other is a 501 whose title names it. So nothing of the vendor's looks like data that is missing.
"""

import json
import re
import sys
import urllib.error
import urllib.request

from vendor import EMULATED, load, operations

KEY = "persona_sandbox_contract"
# 404 is among them: the objects that the paths name do not exist.
ANSWERS = {200, 201, 400, 403, 404, 409, 422}


def ask(sandbox: str, method: str, path: str, key: str | None) -> tuple[int, str]:
    """The status and the first error's title."""
    # `itmpl_x` for {inquiry-template-id}: any ID will do, since nothing is to be found.
    path = re.sub(r"\{[^}]+\}", "unknown_x", path)
    request = urllib.request.Request(f"{sandbox}/api/v1{path}", method=method.upper())
    request.add_header("Persona-Version", "2025-10-27")
    if method in ("post", "patch", "put"):
        request.data = b"{}"
        request.add_header("Content-Type", "application/json")
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["errors"][0]["title"]


def check(sandbox: str, path: str, method: str, operation_id: str) -> str | None:
    """What is wrong, if anything."""
    status, _ = ask(sandbox, method, path, None)
    if status != 401:
        return f"{status} without a key, not 401"
    status, title = ask(sandbox, method, path, KEY)
    if operation_id in EMULATED:
        known = status in ANSWERS and title != "No such endpoint"
        return None if known else f"{status} {title}, though it is emulated"
    if status != 501:
        return f"{status} {title}, not 501"
    words = title.replace("(", " ").replace(")", " ").split()
    if not {operation_id, method.upper(), path} <= set(words):
        return f"the title does not name it: {title}"
    return None


def main() -> None:
    openapi, sandbox = sys.argv[1:]
    spec = load(openapi)
    emulated, other, wrong = 0, 0, 0
    for path, method, operation in operations(spec):
        operation_id = operation["operationId"]
        problem = check(sandbox, path, method, operation_id)
        if problem:
            wrong += 1
            print(f"{method.upper()} {path} ({operation_id}): {problem}")
        elif operation_id in EMULATED:
            emulated += 1
        else:
            other += 1
    missing = EMULATED - {operation["operationId"] for _, _, operation in operations(spec)}
    for operation_id in sorted(missing):
        print(f"not in this file: {operation_id}")
    print(
        f"coverage: {emulated} operations emulated, {other} answered 501 by name, "
        f"each 401 without a key; {wrong + len(missing)} wrong"
    )
    sys.exit(1 if wrong or missing or not emulated else 0)


main()
