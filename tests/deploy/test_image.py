"""The image as it runs: as nobody, with nothing to write, started as its page says. It drains, and holds what is locked and no
more."""

from __future__ import annotations

import re
import subprocess
import threading
import time
import urllib.request
from copy import deepcopy
from pathlib import Path
from urllib.error import HTTPError

import pytest
import yaml

from server.database import ROOT
from tests.deploy.conftest import BASE, IMAGE, Machine, inspected, podman
from tests.deploy.rendered import of, one

pytestmark = pytest.mark.image
SERVING = "address-book-prod"
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[\S*\])?==([^\s;\\]+)", re.MULTILINE)


def inside(code: str) -> str:
    """What Python in the container prints."""
    return podman("exec", SERVING, "python", "-c", code).strip()


def status(url: str) -> int:
    """What a GET is answered; 0 is no answer."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - of our own container
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except OSError:
        return 0


def pinned(lines: str) -> dict[str, str]:
    """The version of each package, by its name as PyPI compares them."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in LOCKED.findall(lines)}


def test_the_first_start_goes_as_the_page_says(machine: Machine) -> None:
    assert machine.walked.returncode == 0, machine.walked.stdout[-6_000:]
    assert "signing out, which bites at once" in machine.walked.stdout


def test_it_runs_as_nobody_with_no_capability_and_nothing_to_write(machine: Machine) -> None:
    assert inside("import os; print(os.getuid(), os.getgid())") == "10001 10001"
    status_of_it = inside("print(open('/proc/1/status').read())")
    assert {line.split()[1] for line in status_of_it.splitlines() if line.startswith("Cap")} == {"0" * 16}
    assert re.search(r"NoNewPrivs:\s+1", status_of_it)
    limits = inspected(SERVING)["HostConfig"]
    assert limits["Memory"] == 512 * 2**20
    assert limits["RestartPolicy"]["Name"] == "always"  # the one that podman-restart starts after a reboot
    for folder in ("/app", "/venv", "/tmp", "/run/secrets", "/etc"):  # noqa: S108
        tried = f"import errno\ntry:\n open('{folder}/x', 'w')\nexcept OSError as e:\n print(errno.errorcode[e.errno])"
        assert inside(tried) in {"EROFS", "EACCES"}, folder


def test_what_serves_has_its_own_secrets_as_files_and_never_the_owners(machine: Machine) -> None:
    assert inside("import os; print(*sorted(os.listdir('/run/secrets')))") == "DATABASE_URL JWT_KEYS SECRET_KEYS"
    told = podman("inspect", SERVING) + podman("logs", SERVING)
    for file in (machine.config / "prod").glob("*/*"):
        assert file.read_text(encoding="utf-8").strip() not in told, file.name


def test_the_public_port_tells_no_metrics(machine: Machine) -> None:
    assert status(f"{BASE}/metrics") == 404
    assert status("http://127.0.0.1:9000/metrics") == 200
    assert status("http://127.0.0.1:9000/graphql") == 404


def test_it_holds_what_is_locked_and_nothing_that_installs(machine: Machine) -> None:
    found = inside("import importlib.metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()), sep='\\n')")
    installed, locked = pinned(found), pinned((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert installed.items() <= locked.items()
    assert len(installed) > 60
    tools = "import shutil; print([x for x in ('pip', 'pip3', 'gcc', 'cc', 'postgres', 'initdb', 'curl') if shutil.which(x)])"
    assert inside(tools) == "[]"
    wheels = "import glob; print(*(x for top in ('/usr', '/venv') for x in glob.glob(f'{top}/**/*pip*', recursive=True)))"
    assert [path for path in inside(wheels).split() if re.search(r"/(ensure)?pip(-[^/]*)?$", path)] == []
    assert inside("import os; print(*sorted(os.listdir('/app')))") == (
        "auth gql migrations models observability requirements.txt resolvers rest server"
    )


def test_it_says_what_it_was_built_from(machine: Machine) -> None:
    config = inspected(IMAGE, "image")["Config"]
    revision = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert config["Labels"]["org.opencontainers.image.revision"] == revision
    assert config["User"] == "10001:10001"
    assert podman("healthcheck", "run", SERVING) == ""


def test_a_wrong_setting_ends_it_with_a_line_and_no_value(machine: Machine) -> None:
    wrong = machine.run("podman", "run", "--rm", "--no-healthcheck", "--env", "SECRET_KEYS=short-and-secret", IMAGE, "migrate")
    assert wrong.returncode == 1
    assert "SECRET_KEYS" in wrong.stdout
    assert "short-and-secret" not in wrong.stdout
    assert "Traceback" not in wrong.stdout


def test_sigterm_drains_it_and_it_ends_by_itself(machine: Machine) -> None:
    seen: list[tuple[int, int]] = []
    began, stopping = time.monotonic(), threading.Thread(target=podman, args=("stop", SERVING))
    stopping.start()
    while stopping.is_alive():
        seen.append((status("http://127.0.0.1:9000/readyz"), status(f"{BASE}/healthz")))
        time.sleep(0.1)
    took = time.monotonic() - began
    state = inspected(SERVING)["State"]
    assert (state["ExitCode"], state["OOMKilled"]) == (0, False)
    assert 5 <= took < 29  # DRAIN_SECONDS of production, and what an end may take; it would be killed after 45
    drained = [public for ready, public in seen if ready == 503]
    assert len(drained) >= 10
    assert set(drained[:10]) == {200}  # not ready, and it answers all the same
    log = podman("logs", SERVING)
    assert '"event":"draining"' in log
    assert '"event":"stopped"' in log


def test_the_deployment_runs_as_it_is_rendered(machine: Machine, tmp_path: Path) -> None:
    """By podman, which asks no readiness: its pod has the network of this machine, and so no ports of its own."""
    deployment = deepcopy(one("dev", "Deployment", "api"))
    pod = deployment["spec"]["template"]["spec"]
    pod["containers"][0] |= {"image": IMAGE, "ports": []}
    # podman 4.3 mounts a Secret's values as they are encoded, so the files of the page are there in its place.
    assert pod["volumes"][0]["secret"]["secretName"] == "address-book"
    pod["volumes"][0] = {"name": "secrets", "hostPath": {"path": str(machine.config / "prod/serve")}}
    played = tmp_path / "played.yaml"
    played.write_text(yaml.safe_dump_all([*of("dev", "ConfigMap"), deployment]), encoding="utf-8")
    podman("kube", "play", "--network", "host", str(played))
    try:
        until = time.monotonic() + 60
        while status("http://127.0.0.1:9000/readyz") != 200:
            assert time.monotonic() < until, podman("logs", "api-pod-0-api")
            time.sleep(0.5)
        asked = machine.run("deploy/scripts/smoke", BASE)
        assert asked.returncode == 0, asked.stdout
    finally:
        podman("kube", "down", str(played))
    assert status("http://127.0.0.1:9000/readyz") == 0
