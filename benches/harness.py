"""What the benches share: programs on pinned cores, databases, wrk, and tables. Python 3.11, Linux.

The server under test has core 0 for itself; what loads it and what it calls share core 1.
"""

import contextlib
import json
import os
import platform
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
RESULTS = TARGET / "bench"
TOOLS = TARGET / "release" / "bench-tools"
PEERS = ROOT / "benches" / "peers"

SERVER_CORE, LOAD_CORE = "0", "1"
DATA_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
SESSION_SECRET = "a-secret-for-a-bench-of-32-letters"
WEBHOOK_SECRET = "wbhsec_bench"
TEMPLATE_ID = "itmpl_sandboxKYC"


def say(text):
    print(text, file=sys.stderr, flush=True)


def fail(text):
    sys.exit(f"error: {text}")


# --- Programs ---


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def build_tools():
    """Builds benches/tools, which is quick when nothing has changed."""
    subprocess.run(
        ["cargo", "build", "--quiet", "--release", "--locked", "--package", "bench-tools"],
        cwd=ROOT,
        check=True,
    )


class Program:
    """A program on one core, with its output in a file. A context that stops it."""

    def __init__(self, name, command, core, folder, env=None, cwd=None):
        self.log = Path(folder) / f"{name}.log"
        self.name = name
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["taskset", "--cpu-list", core, *map(str, command)],
                env={**os.environ, **(env or {})},
                cwd=cwd or folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def wait_until_it_answers(self, url, limit=60):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=2).close()
                return
            time.sleep(0.02)
        fail(f"{self.name} does not come up:\n{self.log.read_text()[-2000:]}")

    def pids(self):
        """The process and its descendants."""
        found = [self.process.pid]
        for pid in found:
            with contextlib.suppress(FileNotFoundError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    found += map(int, (task / "children").read_text().split())
        return found

    def memory_mb(self, field="VmRSS"):
        """Resident memory of all processes; `VmHWM` is each one's peak."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                    if line.startswith(f"{field}:"):
                        total += int(line.split()[1])
        return total / 1024

    def cpu_seconds(self):
        """The processor time of all processes, with that of children that have ended."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += sum(map(int, stat[11:15]))
        return total / os.sysconf("SC_CLK_TCK")


def start_upstream(folder, port, *options):
    """Starts Persona's stand-in: the options are those of `bench-tools upstream`."""
    command = [TOOLS, "upstream", "--port", port, *options]
    upstream = Program("upstream", command, LOAD_CORE, folder)
    upstream.wait_until_it_answers(f"http://127.0.0.1:{port}/api/v1/_calls")
    return upstream


def upstream_calls(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/_calls", timeout=5) as answer:
        return sum(json.load(answer).values())


# --- Ours ---


class Ours:
    """The app on a database of its own, filled with users."""

    def __init__(self, program, folder, users, signed_in=None, database_url=None, fill=()):
        self.program = Path(program).resolve()
        if not self.program.exists():
            fail(f"{self.program} is missing: see benches/README.md for how to build it")
        self.folder = Path(folder)
        self.cookies = self.folder / "cookies.txt"
        self.database_url = database_url or f"sqlite://{self.folder}/app.db"
        site = self.folder / "site" / "pkg"
        site.mkdir(parents=True, exist_ok=True)
        # Pages name these files; the benches ask for none of them.
        for name in ("js", "wasm", "css"):
            (site / f"persona-onboarding.{name}").touch()
        self.run("migrate")
        begun = time.monotonic()
        subprocess.run(
            [
                TOOLS, "fill", "--database", self.database_url, "--data-key", DATA_KEY,
                "--session-secret", SESSION_SECRET, "--users", str(users),
                "--signed-in", str(signed_in or users), "--cookies", self.cookies, *fill,
            ],
            check=True,
        )  # fmt: skip
        self.fill_seconds = time.monotonic() - begun

    def env(self, port=9, upstream_port=9):
        return {
            "LEPTOS_SITE_ADDR": f"127.0.0.1:{port}",
            "LEPTOS_SITE_ROOT": str(self.folder / "site"),
            "LEPTOS_HASH_FILES": "off",
            "APP_ENV": "development",
            "APP_BASE_URL": f"http://localhost:{port}",
            "DATABASE_URL": self.database_url,
            "PERSONA_API_KEY": "persona_sandbox_bench",
            "PERSONA_API_URL": f"http://127.0.0.1:{upstream_port}/api/v1",
            "PERSONA_INQUIRY_TEMPLATE_ID": TEMPLATE_ID,
            "PERSONA_ENVIRONMENT_ID": "env_bench",
            "PERSONA_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "SESSION_SECRET": SESSION_SECRET,
            "DATA_KEYS": DATA_KEY,
            "DRAIN_SECONDS": "0",
            "RATE_LIMIT_PER_MINUTE": "off",
            "RATE_LIMIT_WEBHOOKS_PER_MINUTE": "off",
            "RUST_LOG": os.environ.get("RUST_LOG", "info"),
        }

    def run(self, *arguments):
        env = {**os.environ, **self.env()}
        done = subprocess.run(
            [self.program, *arguments], env=env, cwd=self.folder, capture_output=True, text=True
        )
        if done.returncode != 0:
            fail(f"{self.program.name} {' '.join(arguments)}: {done.stdout}{done.stderr}")

    def start(self, port, upstream_port, cores=SERVER_CORE, **env):
        env = {**self.env(port, upstream_port), **env}
        app = Program("ours", [self.program], cores, self.folder, env)
        app.wait_until_it_answers(f"http://127.0.0.1:{port}/healthz")
        return app


@contextlib.contextmanager
def postgres(folder):
    """The URL of an empty database on a Postgres of the bench's own."""
    with postgres_program(folder) as (url, _):
        yield url


@contextlib.contextmanager
def postgres_program(folder):
    """A Postgres of the bench's own, durable as in production, on the core of the load: the URL of an
    empty database, and the program. It refuses to run as root: then it runs as `postgres` or `nobody`."""
    bin_dir = Path(
        subprocess.run(
            ["pg_config", "--bindir"], capture_output=True, text=True
        ).stdout.strip() if shutil.which("pg_config")
        else max(Path("/usr/lib/postgresql").glob("*/bin"), default="")
    )  # fmt: skip
    if not (bin_dir / "initdb").exists():
        fail("Postgres is not installed: script/setup test")
    home = Path(tempfile.mkdtemp(prefix="bench-postgres-", dir=folder))
    os.chmod(folder, 0o755)
    as_user = []
    if os.getuid() == 0:
        users = [line.split(":")[0] for line in Path("/etc/passwd").read_text().splitlines()]
        user = next(user for user in ("postgres", "nobody") if user in users)
        shutil.chown(home, user)
        as_user = ["/usr/sbin/runuser", "-u", user, "--"]
    port = free_port()
    initdb = [
        bin_dir / "initdb", f"--pgdata={home}/data", "--username=postgres", "--auth=trust",
        "--encoding=UTF8", "--no-locale", "--no-sync",
    ]  # fmt: skip
    subprocess.run([*as_user, *initdb], check=True, cwd="/", stdout=subprocess.DEVNULL)
    server = [
        bin_dir / "postgres", "-D", f"{home}/data", "-p", port, "-k", home,
        "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=512MB", "-c", "max_wal_size=8GB",
    ]  # fmt: skip
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    program = Program("postgres", [*as_user, *server], LOAD_CORE, folder, cwd="/")
    with program:
        for _ in range(300):
            asked = subprocess.run(["psql", url, "-c", "SELECT 1"], capture_output=True)
            if asked.returncode == 0:
                break
            time.sleep(0.1)
        else:
            fail(f"Postgres does not come up:\n{program.log.read_text()[-2000:]}")
        yield url, program
        # runuser passes no signal on: stop the server itself, fast.
        pid = (home / "data" / "postmaster.pid").read_text().split()[0]
        os.kill(int(pid), signal.SIGINT)
        program.process.wait(60)
    shutil.rmtree(home)


# --- Load ---


def wrk(url, cookies, method, path, connections, seconds, core=LOAD_CORE, origin=None, form=""):
    """Loads a server as fast as it answers: requests a second, latencies in ms, errors."""
    script = ROOT / "benches" / "request.lua"
    done = subprocess.run(
        [
            "taskset", "--cpu-list", core, "wrk", "--threads", "1", "--connections",
            str(connections), "--duration", f"{seconds}s", "--timeout", "20s", "--script", script,
            url, "--", str(cookies or ""), method, path, origin or "", form,
        ],
        capture_output=True,
        text=True,
    )  # fmt: skip
    if done.returncode != 0:
        fail(f"wrk: {done.stdout}{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def tool(*arguments, core=LOAD_CORE):
    """Runs a subcommand of bench-tools; gives what it printed as JSON."""
    command = ["taskset", "--cpu-list", core, TOOLS, *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        fail(f"bench-tools {arguments[0]} failed")
    return json.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def workspace():
    """A folder for the databases and logs of a run."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        # Postgres runs as another user.
        os.chmod(folder, 0o755)
        yield Path(folder)


def ask(url, method="GET", cookie=None, origin=None):
    """One request: its status and body."""
    request = urllib.request.Request(url, method=method, data=b"" if method == "POST" else None)
    for name, value in (("Cookie", cookie), ("Origin", origin)):
        if value:
            request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


# --- Results ---


def machine():
    cpu = next(
        line.split(":")[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({cpu}), {memory:.0f} GiB, {platform.system()} {platform.release()}"


def commit():
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
    )
    return asked.stdout.strip()


def median(values):
    return statistics.median(values)


def keep(name, rows, **about):
    """Keeps results for `benches/report`, with the command that made them."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    about = {
        "command": shlex.join([os.path.relpath(sys.argv[0], ROOT), *sys.argv[1:]]),
        "at": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(),
        "machine": machine(),
        "load": os.getloadavg()[2],
        **about,
    }
    (RESULTS / f"{name}.json").write_text(json.dumps({"about": about, "rows": rows}, indent=1))


def table(rows):
    """Rows of equal keys as a table in Markdown."""
    names = list(rows[0])
    lines = [names, *[[str(row[name]) for name in names] for row in rows]]
    widths = [max(len(line[place]) for line in lines) for place in range(len(names))]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)
