"""What ours is measured beside: the programs of benches/peers."""

import os
import subprocess
import sys
from pathlib import Path

import harness
from harness import Program, say


class Express:
    """A peer of benches/peers/express; `sessions.js` has a database, `bare.js` none."""

    def __init__(self, script, folder, users):
        self.script = harness.PEERS / "express" / script
        self.folder = Path(folder)
        self.cookies = None
        install_packages(self.script.parent)
        if script == "sessions.js":
            self.cookies = self.folder / "express-cookies.txt"
            seed = ["node", self.script.parent / "seed.js", self.folder / "express.db"]
            seed += [harness.SESSION_SECRET, str(users), self.cookies]
            subprocess.run(seed, check=True)

    def start(self, port, upstream_port):
        env = {
            **peer_env(port, upstream_port),
            "NODE_ENV": "production",
            "DATABASE_FILE": str(self.folder / "express.db"),
            "SESSION_SECRET": harness.SESSION_SECRET,
        }
        command = ["node", self.script]
        server = Program(self.script.stem, command, harness.SERVER_CORE, self.folder, env)
        server.wait_until_it_answers(f"http://127.0.0.1:{port}/healthz")
        return server


class Flask:
    """The tutorial's algorithm, as it is usually started."""

    cookies = None

    def __init__(self, folder):
        self.folder = folder
        self.gunicorn = harness.RESULTS / "flask" / "bin" / "gunicorn"
        requirements = harness.PEERS / "flask" / "requirements.txt"
        if is_older(self.gunicorn, requirements):
            say("==> pip install -r benches/peers/flask/requirements.txt")
            venv = self.gunicorn.parent.parent
            subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
            subprocess.run([venv / "bin" / "pip", "install", "--quiet", "-r", requirements], check=True)

    def start(self, port, upstream_port):
        command = [self.gunicorn, "--workers", "2", "--bind", f"127.0.0.1:{port}", "server:app"]
        env, code = peer_env(port, upstream_port), harness.PEERS / "flask"
        server = Program("flask", command, harness.SERVER_CORE, self.folder, env, cwd=code)
        server.wait_until_it_answers(f"http://127.0.0.1:{port}/healthz")
        return server


def peer_env(port, upstream_port):
    return {
        "PORT": str(port),
        "APP_BASE_URL": f"http://localhost:{port}",
        "PERSONA_API_URL": f"http://127.0.0.1:{upstream_port}/api/v1",
        "PERSONA_API_KEY": "persona_sandbox_bench",
        "PERSONA_INQUIRY_TEMPLATE_ID": harness.TEMPLATE_ID,
    }


def is_older(made, source):
    return not made.exists() or made.stat().st_mtime < source.stat().st_mtime


def install_packages(folder):
    """`npm ci` where it is due. better-sqlite3 compiles itself where no prebuilt file can be fetched,
    with the headers of the system's Node."""
    made, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    if is_older(made, lock):
        say(f"==> npm ci in {folder.relative_to(harness.ROOT)}")
        env = {**os.environ}
        if Path("/usr/include/node").exists():
            env["npm_config_nodedir"] = "/usr"
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, env=env, check=True)
        made.touch()
