"""Runs what the documents tell users to do, against the packages as they are installed.

The blocks are read from README.md and docs/testing.md and run as they are, but for the port 3002, which
may be taken on this machine.
"""

import pathlib
import re
import shutil
import subprocess
import textwrap
import time

folder = pathlib.Path(__file__).parent

# How long one recipe may take, in seconds. The Python one installs pytest from the registry.
TIMEOUT = 300

# The parts of the README's block.
README_PARTS = ("Python", "Node", "CI")

# What Cypress does with its configuration, as far as the recipe needs it.
CYPRESS = """
import assert from 'node:assert/strict';
import config from './cypress.config.js';

const tasks = {};
const ends = [];
const on = (event, handler) => {
  if (event === 'task') Object.assign(tasks, handler);
  else if (event === 'after:run') ends.push(handler);
  else throw new Error(`unexpected event ${event}`);
};
assert.deepEqual(await config.e2e.setupNodeEvents(on, {}), {});
const created = await fetch('http://localhost:3002/api/v1/inquiries', {
  method: 'POST',
  headers: { Authorization: 'Bearer persona_sandbox_test', 'Content-Type': 'application/json' },
  body: JSON.stringify({ data: { attributes: { 'inquiry-template-id': 'itmpl_sandboxKYC' } } }),
});
const { id } = (await created.json()).data;
const finished = await tasks.finishInquiry({ id, outcome: 'approved' });
assert.equal(finished.attributes.status, 'approved');
for (const end of ends) await end();
await assert.rejects(fetch('http://localhost:3002/_sandbox/health'));
"""

# Testcontainers without Docker: the container is the installed program, on a port of its own.
TESTCONTAINERS = """
const { startSandbox } = require('persona-sandbox');

exports.Wait = { forHttp: (path, port) => ({ path, port }) };
exports.GenericContainer = class {
  constructor(image) { exports.image = image; }
  withExposedPorts(port) { this.port = port; return this; }
  withWaitStrategy(strategy) { this.strategy = strategy; return this; }
  async start() {
    const sandbox = await startSandbox();
    const { path, port } = this.strategy;
    const health = await fetch(new URL(path, sandbox.url));
    if (!health.ok || port !== this.port) throw new Error(`${path} on ${port} does not answer`);
    exports.stop = () => sandbox.stop();
    return { getMappedPort: () => new URL(sandbox.url).port };
  }
};
"""


def blocks(document):
    """The fenced blocks of a document, by the heading above each."""
    found = {}
    heading = None
    lines = iter(document.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("```"):
            block = []
            while (line := next(lines)) != "```":
                block.append(line)
            found.setdefault(heading, []).append("\n".join(block) + "\n")
    return found


def one(found, heading):
    [block] = found[heading]
    return block


def readme_parts(block):
    """The parts of the README's block, by the first word of the comment above each."""
    parts = re.split(r"^# (\w+).*$", block, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def run(command, place, env):
    """Runs a recipe, and returns the seconds that it took."""
    began = time.monotonic()
    done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode != 0:
        raise SystemExit(f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return time.monotonic() - began


def check_readme(place, packages, port, path):
    """"Five minutes to a green test", each part in an empty folder of a user who has the packages."""
    home = place / "home"
    shutil.copytree(packages, home / "Downloads")
    parts = readme_parts(one(blocks(folder.parent / "README.md"), "Five minutes to a green test"))
    assert tuple(parts) == README_PARTS, tuple(parts)
    for name, script in parts.items():
        empty = place / name
        empty.mkdir()
        env = {"PATH": path, "HOME": str(home), "SANDBOX_ADDR": f"127.0.0.1:{port}"}
        script = script.replace("localhost:3002", f"localhost:{port}")
        # Left alone, the program of a part that fails would go on.
        script = f"set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}"
        seconds = run(["bash", "-c", script], empty, env)
        print(f"README, {name}: green after {seconds:.1f} s", flush=True)


def check_node(place, version, port, path):
    """The recipes for Node, Cypress and Testcontainers, in a folder with the npm package installed."""
    found = blocks(folder.parent / "docs/testing.md")
    env = {"PATH": path, "HOME": str(place)}
    (place / "recipe.test.mjs").write_text(found["Node"][0], encoding="utf-8")
    run(["node", "--test", "recipe.test.mjs"], place, env)

    own_port = {"localhost:3002": f"localhost:{port}", "127.0.0.1:3002": f"127.0.0.1:{port}"}

    def with_own_port(text):
        for before, after in own_port.items():
            text = text.replace(before, after)
        return text

    (place / "cypress.config.js").write_text(with_own_port(one(found, "Cypress")), encoding="utf-8")
    (place / "cypress.mjs").write_text(with_own_port(CYPRESS), encoding="utf-8")
    run(["node", "cypress.mjs"], place, env)

    library = place / "node_modules/testcontainers"
    library.mkdir()
    (library / "index.js").write_text(TESTCONTAINERS, encoding="utf-8")
    recipe = textwrap.indent(one(found, "Testcontainers"), "  ")
    (place / "testcontainers.js").write_text(
        f"(async () => {{\n{recipe}"
        "  const answer = await fetch(`${apiUrl}/inquiries`, "
        "{ headers: { Authorization: 'Bearer persona_sandbox_x' } });\n"
        f"  require('node:assert/strict').equal(require('testcontainers').image, 'persona-sandbox:{version}');\n"
        "  require('node:assert/strict').equal(answer.status, 200);\n"
        "  await require('testcontainers').stop();\n})();\n",
        encoding="utf-8",
    )
    run(["node", "testcontainers.js"], place, env)
    print("docs/testing.md: the recipes for Node, Cypress and Testcontainers passed", flush=True)


def check_pytest(place, path):
    """The recipe for pytest, in a folder with the wheel and pytest installed."""
    recipe = place / "test_recipe.py"
    recipe.write_text(one(blocks(folder.parent / "docs/testing.md"), "pytest"), encoding="utf-8")
    run([str(place / "venv/bin/pytest"), "-q", str(recipe)], place, {"PATH": path, "HOME": str(place)})
    print("docs/testing.md: the recipe for pytest passed", flush=True)
