"""A Postgres of the system with the archive and the encrypted repository that are deployed, for a drill to destroy and restore."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.processes import free_port
from server.binaries import account_of_postgres, system_binaries
from server.database import ROOT
from tests.conftest import Database, _as_each
from tests.postgres import NAME
from tests.world import PASSWORD

CIPHER_PASS: Final = PASSWORD * 2
RUNBOOK: Final = ROOT / "docs" / "disaster-recovery.md"


def missing() -> list[str]:
    """What of the programs is not here. pgBackRest knows the Postgres of its own time alone: the system's, and not the wheel's."""
    return ([] if shutil.which("pgbackrest") else ["pgbackrest"]) + ([] if system_binaries() else ["postgresql"])


def steps(section: str) -> list[str]:
    """The ```sh blocks below a heading of the runbook, as they stand."""
    found = re.search(rf"^## {re.escape(section)}$(.*?)(?=^## |\Z)", RUNBOOK.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None, section
    return re.findall(r"^```sh\n(.*?)^```$", found[1], re.DOTALL | re.MULTILINE)


class Machine:
    """The machine of Postgres: what is run on it runs as its account, with the environment that the runbook speaks of."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.data, self.repository, self.metrics = folder / "data", folder / "repository", folder / "backup.prom"
        self._account = account_of_postgres()
        self.user = self._account.pw_name if self._account else getpass.getuser()
        self.environ = {
            "PATH": f"{next(iter(system_binaries().values()))}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "PGDATA": str(self.data),
            "PGLOG": str(folder / "postgres.log"),
            "PGHOST": str(folder),
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGDATABASE": "postgres",
            "PGBACKREST_CONFIG": str(folder / "deploy/postgres/pgbackrest.conf"),
            "PGBACKREST_CONFIG_INCLUDE_PATH": str(folder / "conf.d"),
            "BACKUP_METRICS": str(self.metrics),
            "SCRIPTS": str(folder / "deploy/scripts"),
        }

    @property
    def database(self) -> Database:
        """The service's database, as each role sees it."""
        return _as_each(self.admin, NAME)

    @property
    def admin(self) -> str:
        """The superuser's DSN of the cluster."""
        return f"postgresql://{self.user}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def run(self, *blocks: str, good: bool = True, **environ: str) -> str:
        """What blocks of bash say, which end well (or not `good`). Blocking."""
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
            cwd=self.folder,
            env=self.environ | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            umask=0o077,
            user=self._account.pw_uid if self._account else None,
            group=self._account.pw_gid if self._account else None,
            extra_groups=[] if self._account else None,
            check=False,
        )
        assert (ran.returncode == 0) is good, ran.stdout + self._end_of_log()
        return ran.stdout

    def make(self) -> None:
        """The cluster, with what is deployed, and the first full backup."""
        self.folder.chmod(0o711)
        if self._account:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
        shutil.copytree(ROOT / "deploy", self.folder / "deploy")  # where that account can read it, wherever ROOT is
        self.run(
            f"""
            mkdir conf.d spool locks repository
            printf '[global]\\nrepo1-cipher-pass=%s\\n' '{CIPHER_PASS}' >conf.d/secret.conf
            printf '[global]\\nrepo1-path=%s\\nspool-path=%s\\nlock-path=%s\\n' \\
              "$PWD/repository" "$PWD/spool" "$PWD/locks" >conf.d/place.conf
            printf '[address-book]\\npg1-path=%s\\npg1-port=%s\\npg1-socket-path=%s\\npg1-user=%s\\n' \\
              "$PGDATA" "$PGPORT" "$PWD" "$PGUSER" >conf.d/stanza.conf
            initdb -D "$PGDATA" --username="$PGUSER" --pwfile=<(echo '{PASSWORD}') --encoding=UTF8 --locale=C.UTF-8 \\
              --auth-host=scram-sha-256 --auth-local=peer --data-checksums >/dev/null
            cat >>"$PGDATA/postgresql.conf" <<EOF
listen_addresses = '127.0.0.1'
port = $PGPORT
unix_socket_directories = '$PWD'
max_wal_size = 4GB
EOF
            cat deploy/postgres/archive.conf >>"$PGDATA/postgresql.conf"
            pg_ctl start -D "$PGDATA" -l "$PGLOG" -w
            """
        )

    def stop(self) -> None:
        """The cluster is stopped, if it runs."""
        self.run('if pg_ctl status -D "$PGDATA"; then pg_ctl stop -D "$PGDATA" -m immediate; fi')

    def destroy(self) -> None:
        """The machine is gone: its Postgres at once, its data and what waited to be archived with it."""
        self.run('kill -9 "$(head -1 "$PGDATA/postmaster.pid")"; rm -rf "$PGDATA" spool/* locks/*')

    def _end_of_log(self) -> str:
        log = Path(self.environ["PGLOG"])
        return log.read_text(errors="replace")[-3_000:] if log.exists() else ""


@contextmanager
def backed_up() -> Iterator[Machine]:
    """A machine, while the block lasts. Blocking."""
    with tempfile.TemporaryDirectory(prefix="address-book-backups-", dir=os.environ.get("DRILL_FOLDER")) as name:
        machine = Machine(Path(name))
        machine.make()
        try:
            yield machine
        finally:
            machine.stop()
