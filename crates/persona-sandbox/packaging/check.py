"""Installs each package of the sandbox from its file into an empty place, starts it there, and uses it.

What uses it is the Flask server of Persona's tutorial, unchanged and with the address of Persona's API:
the name leads to the TLS port of the sandbox, as a line in /etc/hosts would make it.

`python3 check.py FOLDER VERSION`; `script/package --check` calls it. Ends with how many passed.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import recipes

packages = pathlib.Path(sys.argv[1]).resolve()
version = sys.argv[2]

# How long a start may take here, in seconds. The figure of a quiet machine is in the README.
START_TIMEOUT = 20


def run(*command, cwd, env=None):
    subprocess.run(command, cwd=cwd, check=True, env=env, stdout=subprocess.DEVNULL, timeout=300)


def from_npm(place):
    run("npm", "init", "--yes", cwd=place)
    files = [packages / f"persona-sandbox-linux-x64-{version}.tgz", packages / f"persona-sandbox-{version}.tgz"]
    run("npm", "install", "--no-audit", "--no-fund", "--offline", *map(str, files), cwd=place)
    return ["npx", "--no-install", "persona-sandbox"]


def from_pip(place):
    run(sys.executable, "-m", "venv", "venv", cwd=place)
    [wheel] = packages.glob(f"persona_sandbox-{version}-*.whl")
    pip = place / "venv/bin/pip"
    run(str(pip), "install", "--quiet", "--no-index", "--disable-pip-version-check", str(wheel), cwd=place)
    return [str(place / "venv/bin/persona-sandbox")]


def from_archive(place):
    [archive] = packages.glob(f"persona-sandbox-{version}-*.tar.gz")
    run("tar", "--extract", "--gzip", "--strip-components", "1", "--file", str(archive), cwd=place)
    return [str(place / "persona-sandbox")]


def from_image(place):
    buildah = ["buildah", "--storage-driver", "vfs", "--root", str(place / "storage"), "--runroot", str(place / "run")]
    image = packages / f"persona-sandbox-{version}-image.tar"
    started = subprocess.run(
        [*buildah, "from", "--quiet", f"oci-archive:{image}"], check=True, capture_output=True, text=True, timeout=300
    )
    container = started.stdout.strip().splitlines()[-1]
    # In a chroot the container has this machine's network.
    return [*buildah, "run", "--isolation", "chroot", container, "--", "/persona-sandbox"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def request(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    call = urllib.request.Request(url, method=method, data=data)
    call.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(call, timeout=10) as response:
        return json.load(response)


# What a line in /etc/hosts does, and the port of it, for one process.
RESOLVER = """
import os, socket
ask = socket.getaddrinfo
def getaddrinfo(host, port, *args, **kwargs):
    if host == "api.withpersona.com":
        host, port = "127.0.0.1", int(os.environ["PERSONA_TLS_PORT"])
    return ask(host, port, *args, **kwargs)
socket.getaddrinfo = getaddrinfo
"""


class FlaskApp:
    """The Flask server of Persona's tutorial in an environment of its own."""

    def __init__(self, place):
        self.python = place / "venv/bin/python"
        self.resolver = place / "resolver"
        run(sys.executable, "-m", "venv", str(place / "venv"), cwd=place)
        requirements = str(flask / "requirements.txt")
        pip = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, "--requirement", requirements, cwd=place)
        self.resolver.mkdir()
        (self.resolver / "sitecustomize.py").write_text(RESOLVER, encoding="utf-8")

    def start(self, place, tls_port, ca_file):
        port = free_port()
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.resolver),
            "REQUESTS_CA_BUNDLE": str(ca_file),
            "PERSONA_TLS_PORT": str(tls_port),
            "PERSONA_API_URL": "https://api.withpersona.com/api/v1",
            "PERSONA_API_KEY": "persona_sandbox_tutorial",
            "PERSONA_INQUIRY_TEMPLATE_ID": "itmpl_sandboxKYC",
        }
        command = [str(self.python), "-m", "flask", "--app", str(flask / "server.py"), "run", "--port", str(port)]
        process = subprocess.Popen(
            command, cwd=place, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
        deadline = time.monotonic() + START_TIMEOUT
        while not is_listening(port):
            if process.poll() is not None or time.monotonic() > deadline:
                kill_group(process)
                raise SystemExit(f"the Flask app did not start: {process.stderr.read()}")
            time.sleep(0.05)
        return process, port


def use(sandbox, app_port):
    """The four clicks of the tutorial: new, continued, resumed at the selfie, new again."""

    def click():
        answer = request("POST", f"http://127.0.0.1:{app_port}/api/inquiries/get-or-create")
        return answer["inquiry_id"], answer["session_token"]

    def finish(inquiry_id, how):
        return request("POST", f"{sandbox}/_sandbox/inquiries/{inquiry_id}/finish", how)["data"]

    first, token = click()
    assert first.startswith("inq_") and token is None, (first, token)
    assert click() == (first, None)
    assert finish(first, {"abandon_at": "selfie"})["attributes"]["status"] == "pending"
    same, token = click()
    assert same == first and token, (same, token)
    assert finish(first, {})["attributes"]["status"] == "completed"
    second, token = click()
    assert second != first and token is None, (second, token)
    made = request("GET", f"{sandbox}/_sandbox/inquiries?reference-id=usr_ABC123")["data"]
    assert [inquiry["id"] for inquiry in made] == [second, first], made


def kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), 0.1).close()
        return True
    except OSError:
        return False


def stop(name, process, port):
    """Ends the whole group, as a terminal or a supervisor does, and sees that nothing is left."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    deadline = time.monotonic() + 10
    while process.poll() is None or is_listening(port):
        if time.monotonic() > deadline:
            kill_group(process)
            raise SystemExit(f"{name}: did not stop within 10 s of SIGTERM")
        time.sleep(0.05)


def check(name, install, app):
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        command = install(place)
        port, tls_port = free_port(), free_port()
        # Nothing of this project is on the way: no variables but PATH and a home that is empty.
        env = {"PATH": os.environ["PATH"], "HOME": str(place)}
        began = time.monotonic()
        process = subprocess.Popen(
            [*command, "--addr", f"127.0.0.1:{port}", "--tls-addr", f"127.0.0.1:{tls_port}"],
            cwd=place,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            # A group of its own: npx starts the program as a grandchild.
            start_new_session=True,
        )
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 0.1).close()
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() - began > START_TIMEOUT:
                        kill_group(process)
                        raise SystemExit(f"{name}: did not start: {process.stderr.read()}") from None
                    time.sleep(0.001)
            ready = (time.monotonic() - began) * 1000
            sandbox = f"http://127.0.0.1:{port}"
            ca_file = place / "ca.pem"
            with urllib.request.urlopen(f"{sandbox}/_sandbox/ca.pem", timeout=10) as response:
                ca_file.write_bytes(response.read())
            client, app_port = app.start(place, tls_port, ca_file)
            try:
                use(sandbox, app_port)
            finally:
                stop("the Flask app", client, app_port)
        finally:
            stop(name, process, port)
    print(f"{name}: installed, ready {ready:.0f} ms after its start, used by the Flask app, stopped", flush=True)


def check_node_helpers():
    """The tests of the npm package, against the package as it is installed, and the recipes for Node."""
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        from_npm(place)
        shutil.copytree(folder / "npm/test", place / "test")
        tests = subprocess.run(
            ["node", "--test", "--test-reporter", "tap", "test/"],
            cwd=place,
            capture_output=True,
            text=True,
            timeout=300,
        )
        passed = re.search(r"^# pass (\d+)$", tests.stdout, re.MULTILINE)
        if tests.returncode != 0 or not passed or passed[1] == "0":
            raise SystemExit(f"npm: the tests of startSandbox() failed: {tests.stdout}")
        print(f"npm: startSandbox() and its control client passed {passed[1]} tests", flush=True)
        recipes.check_node(place, version, free_port(), os.environ["PATH"])


def check_pytest_plugin():
    """The tests of the wheel, which pytest finds the plugin of by itself, and the recipe for pytest."""
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        from_pip(place)
        pip = place / "venv/bin/pip"
        run(str(pip), "install", "--quiet", "--disable-pip-version-check", "pytest==8.4.2", cwd=place)
        shutil.copytree(folder / "python/tests", place / "tests")
        run(str(place / "venv/bin/python"), "-m", "pytest", "-q", "tests", cwd=place)
        print("pip: the pytest plugin passed its tests", flush=True)
        recipes.check_pytest(place, os.environ["PATH"])


def check_readme():
    with tempfile.TemporaryDirectory() as place:
        recipes.check_readme(pathlib.Path(place), packages, free_port(), os.environ["PATH"])


folder = pathlib.Path(__file__).parent
installers = {"archive": from_archive, "npm": from_npm, "pip": from_pip, "image": from_image}
flask = folder.parents[2] / "benches/peers/flask"
with tempfile.TemporaryDirectory() as place:
    app = FlaskApp(pathlib.Path(place))
    for name, install in installers.items():
        check(name, install, app)
check_node_helpers()
check_pytest_plugin()
check_readme()
print(f"{len(installers) + 3} passed, 0 failed")
