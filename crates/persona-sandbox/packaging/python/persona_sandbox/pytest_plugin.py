"""Fixtures for pytest: one sandbox for the whole run, one environment for each test."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest

from . import Environment, Sandbox, start_sandbox


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "persona_sandbox_args",
        "arguments of the program, such as --config persona-sandbox.yaml",
        type="args",
        default=[],
    )


@pytest.fixture(scope="session")
def persona_sandbox(pytestconfig: pytest.Config) -> Iterator[Sandbox]:
    """A running sandbox, for all tests."""
    with start_sandbox(*pytestconfig.getini("persona_sandbox_args")) as sandbox:
        yield sandbox


@pytest.fixture
def persona(persona_sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Environment]:
    """An environment of the sandbox that only this test sees."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name)[:40].strip("-") or "test"
    environment = persona_sandbox.environment(f"{name}-{uuid.uuid4().hex[:8]}")
    yield environment
    environment.remove()
