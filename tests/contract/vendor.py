"""The vendor's OpenAPI file, and which of its operations the sandbox has."""

import json
import pathlib

import yaml

METHODS = ("get", "post", "put", "patch", "delete")

# The operation IDs that the sandbox emulates, one a line; every other is answered 501.
EMULATED = set(
    (pathlib.Path(__file__).parent / "emulated.txt").read_text(encoding="utf-8").split()
)


def load(path: str) -> dict:
    """The specification as JSON has it: dates are text."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with open(path, encoding="utf-8") as file:
        return json.loads(json.dumps(yaml.load(file, Loader=loader), default=str))


def operations(spec: dict) -> list[tuple[str, str, dict]]:
    """Every operation with its path and method."""
    return [
        (path, method, item[method])
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item
    ]
