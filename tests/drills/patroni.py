"""Two nodes of Postgres under a real Patroni with the configuration that is deployed, and an etcd that knows who leads."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from server.binaries import Account, account_of_postgres, run, system_binaries
from server.database import ROOT
from tests.drills.haproxy import free_port
from tests.world import PASSWORD

BINARIES: Final = ("patroni", "etcd", "haproxy")
_BASIC = b64encode(f"drill:{PASSWORD}".encode()).decode()


class _Process:
    """A program that runs as the account of Postgres, in a session of its own, until it is stopped."""

    def __init__(self, account: Account, log: Path, *command: str, **environ: str) -> None:
        self._account, self.log, self._command = account, log, command
        self._environ = {"PATH": os.environ["PATH"], "HOME": str(log.parent)} | environ
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it, anew or for the first time."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.log.parent,
                env=self._environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
                user=self._account.pw_uid if self._account else None,
                group=self._account.pw_gid if self._account else None,
                extra_groups=[] if self._account else None,
            )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Signals it and waits for its end; who does not end is killed."""
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._process = None


class Node:
    """A Postgres and the Patroni that minds it."""

    def __init__(self, name: str, folder: Path, etcd: int, binaries: Path, account: Account) -> None:
        self.name, self._binaries, self._account = name, binaries, account
        self.port, self.api = free_port(), free_port()
        self.data = folder / name
        self._patroni = _Process(
            account,
            folder / f"{name}.log",
            "patroni",
            str(folder / "patroni.yml"),
            PATRONI_NAME=name,
            PATRONI_ETCD3_HOSTS=f"127.0.0.1:{etcd}",
            PATRONI_POSTGRESQL_LISTEN=f"127.0.0.1:{self.port}",
            PATRONI_POSTGRESQL_CONNECT_ADDRESS=f"127.0.0.1:{self.port}",
            PATRONI_POSTGRESQL_DATA_DIR=str(self.data),
            PATRONI_POSTGRESQL_BIN_DIR=str(binaries),
            PATRONI_POSTGRESQL_PGPASS=str(folder / f"{name}.pgpass"),
            PATRONI_RESTAPI_LISTEN=f"127.0.0.1:{self.api}",
            PATRONI_RESTAPI_CONNECT_ADDRESS=f"127.0.0.1:{self.api}",
            PATRONI_RESTAPI_USERNAME="drill",
            PATRONI_RESTAPI_PASSWORD=PASSWORD,
            PATRONI_SUPERUSER_USERNAME="postgres",
            PATRONI_SUPERUSER_PASSWORD=PASSWORD,
            PATRONI_REPLICATION_USERNAME="replicator",
            PATRONI_REPLICATION_PASSWORD=PASSWORD,
        )

    def start(self) -> None:
        """Starts the Patroni, which makes or starts the Postgres."""
        self._patroni.start()

    def kill(self) -> None:
        """Both are gone at once, as when a machine loses its power."""
        self._patroni.stop(signal.SIGKILL)
        with suppress(FileNotFoundError):
            postmaster = int((self.data / "postmaster.pid").read_text().partition("\n")[0])
            os.kill(postmaster, signal.SIGKILL)

    def stop(self) -> None:
        """In order; a Postgres that is left over is stopped as well."""
        self._patroni.stop()
        run(self._account, self._binaries / "pg_ctl", "stop", "-m", "immediate", "-w", "-D", self.data)

    def ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> tuple[int, str]:
        """The status and answer of its Patroni's REST API; 0 where there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.api, timeout=30)
        try:
            connection.request(method, path, body and json.dumps(body), {"Authorization": f"Basic {_BASIC}"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def refused(self) -> int:
        """How many writes its Postgres has refused because it does not lead (25006)."""
        return self._patroni.log.read_text(errors="replace").count("in a read-only transaction")

    def log(self) -> str:
        """The end of what its Patroni and its Postgres said."""
        return "\n".join(self._patroni.log.read_text(errors="replace").splitlines()[-40:])


class Cluster:
    """The two nodes, of which one leads and the other one has all that was acknowledged."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes

    @property
    def addresses(self) -> dict[str, str]:
        """Where the nodes are, by the variables of deploy/haproxy/postgres.cfg."""
        places = {f"POSTGRES_{node.name.upper()}": f"127.0.0.1:{node.port}" for node in self.nodes}
        return places | {f"PATRONI_{node.name.upper()}": str(node.api) for node in self.nodes}

    def members(self) -> dict[str, str]:
        """The role of each running node: leader, sync_standby or replica."""
        for node in self.nodes:
            status, body = node.ask("GET", "/cluster")
            if status == 200:
                members = json.loads(body)["members"]
                return {member["name"]: member["role"] for member in members if member["state"] in {"running", "streaming"}}
        return {}

    def leader(self) -> Node:
        """The node that says of itself that it leads; waited for."""
        found: list[Node] = []

        def one() -> bool:
            found[:] = [node for node in self.nodes if node.ask("GET", "/primary")[0] == 200]
            return len(found) == 1

        self._wait(one, "nobody leads")
        return found[0]

    def standby(self) -> Node:
        """The other one."""
        leader = self.leader()
        return next(node for node in self.nodes if node is not leader)

    def whole(self) -> None:
        """Waits until one leads and the other one is its synchronous standby."""
        self._wait(lambda: sorted(self.members().values()) == ["leader", "sync_standby"], "there is no synchronous standby")

    def follows(self, node: Node) -> None:
        """Waits until a node that led answers as a standby."""
        self._wait(lambda: node.ask("GET", "/replica")[0] == 200, f"{node.name} does not follow")

    def switchover(self) -> None:
        """The standby takes over, as somebody wishes."""
        leader, standby = self.leader(), self.standby()
        status, said = leader.ask("POST", "/switchover", {"leader": leader.name, "candidate": standby.name})
        assert status == 200, said

    def _wait(self, until: Callable[[], bool], otherwise: str) -> None:
        end = time.monotonic() + 90
        while not until():
            assert time.monotonic() < end, "\n".join([otherwise, *(node.log() for node in self.nodes)])
            time.sleep(0.2)


@contextmanager
def patroni() -> Iterator[Cluster]:
    """A whole cluster on the newest Postgres of the system, while the block lasts."""
    account = account_of_postgres()
    binaries = next(iter(system_binaries().values()))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="address-book-patroni-")))
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        shutil.copy(ROOT / "deploy/postgres/patroni.yml", folder)  # where that account can read it, wherever ROOT is
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        etcd = _Process(
            account,
            folder / "etcd.log",
            *("etcd", "--data-dir", str(folder / "etcd"), "--initial-cluster", f"default={peer}"),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
        )
        stack.callback(etcd.stop)
        etcd.start()
        nodes = [Node(name, folder, int(client.rpartition(":")[2]), binaries, account) for name in ("a", "b")]
        cluster = Cluster(nodes)
        for node in nodes:
            stack.callback(node.stop)
            node.start()
        cluster.whole()
        yield cluster


def missing() -> list[str]:
    """What of the programs is not here."""
    return [name for name in BINARIES if shutil.which(name) is None] + ([] if system_binaries() else ["postgresql"])
