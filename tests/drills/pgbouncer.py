"""A real PgBouncer with the configuration that is deployed, its addresses filled in."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.processes import free_port, running
from server.binaries import account_of_postgres
from server.database import ROOT
from tests.conftest import APP, PASSWORDS

K8S: Final = ROOT / "deploy" / "k8s"
COMMAND: Final = shlex.split(os.environ.get("PGBOUNCER", "pgbouncer"))
"""PGBOUNCER is another one than that of the PATH, with its first words."""
SINCE: Final = (1, 21)
"""Since then it knows prepared statements in transaction mode."""


def version() -> tuple[int, ...]:
    """That of the PgBouncer which is here; empty where there is none."""
    if shutil.which(COMMAND[0]) is None:
        return ()
    said = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"PgBouncer (\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else ()


@dataclass(frozen=True)
class Pooler:
    """Where it listens, its process, and what it says."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> int:
        """As the preStop hook does it: transactions end, and it does; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@contextmanager
def pgbouncer(folder: Path, database: str, postgres: int, *, port: int = 0) -> Iterator[Pooler]:
    """The component's, with prod's databases.ini, in front of the Postgres at a port."""
    port, account = port or free_port(), account_of_postgres()
    users, databases, main, log = (folder / f"{port}-{name}" for name in ("userlist.txt", "databases.ini", "pgbouncer.ini", "log"))
    users.write_text(f'"{APP}" "{PASSWORDS[APP]}"\n', encoding="utf-8")
    line = (K8S / "overlays/prod/databases.ini").read_text(encoding="utf-8")
    line = re.sub(r"host=\S+ port=\d+", f"host=127.0.0.1 port={postgres} dbname={database}", line)
    databases.write_text(line, encoding="utf-8")
    config = (K8S / "components/pgbouncer/pgbouncer.ini").read_text(encoding="utf-8")
    for name, value in {
        "listen_addr": "127.0.0.1",
        "listen_port": port,
        "auth_file": users,
        "server_tls_sslmode": "disable",  # the Postgres of a test has no certificate
        "server_tls_ca_file": "",
    }.items():
        config, found = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", config)
        assert found == 1, name
    config, found = re.subn(r"(?m)^%include .*$", f"%include {databases}", config)
    assert found == 1
    main.write_text(config, encoding="utf-8")
    with log.open("ab") as out:
        who = account.pw_name if account else None
        process = subprocess.Popen([*COMMAND, str(main)], user=who, stdout=out, stderr=subprocess.STDOUT)
        with running(process, log, lambda: _listens(port)):
            yield Pooler(port, process, log)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
