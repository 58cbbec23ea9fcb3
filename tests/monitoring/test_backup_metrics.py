"""What `deploy/scripts/backup-metrics` makes of what pgBackRest says; a real one speaks in tests/drills/test_point_in_time.py."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

from server.database import ROOT
from tests.monitoring.conftest import needs_tools

TOOL = ROOT / "deploy" / "scripts" / "backup-metrics"


def backup(kind: str, stop: int, *, error: bool = False) -> dict[str, Any]:
    """One backup, as `info` tells of it."""
    return {"type": kind, "error": error, "timestamp": {"start": stop - 60, "stop": stop}, "info": {"size": stop * 10}}


def written(folder: Path, *backups: dict[str, Any]) -> str:
    """The page for a stanza with these backups, over one that is there."""
    file = folder / "backup.prom"
    file.write_text("before\n")
    said = json.dumps([{"name": "address-book", "status": {"code": 0}, "backup": list(backups)}])
    subprocess.run([TOOL, file], input=said, text=True, check=True)
    assert [path.name for path in folder.iterdir()] == ["backup.prom"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    return file.read_text()


@needs_tools
def test_the_last_good_backup_of_each_type_is_told(tmp_path: Path) -> None:
    page = written(tmp_path, backup("full", 100), backup("full", 200), backup("diff", 300), backup("diff", 400, error=True))
    assert [line for line in page.splitlines() if not line.startswith("#")] == [
        'addressbook_backup_completed_timestamp_seconds{type="diff"} 300',
        'addressbook_backup_completed_timestamp_seconds{type="full"} 200',
        'addressbook_backup_bytes{type="diff"} 3000',
        'addressbook_backup_bytes{type="full"} 2000',
    ]
    subprocess.run(["promtool", "check", "metrics"], input=page, text=True, check=True)


def test_where_there_is_no_good_backup_nothing_is_told_so_that_the_alert_fires(tmp_path: Path) -> None:
    for backups in ([], [backup("full", 100, error=True)]):
        assert [line for line in written(tmp_path, *backups).splitlines() if not line.startswith("#")] == []


def test_what_cannot_be_read_leaves_what_was_told_before(tmp_path: Path) -> None:
    file = tmp_path / "backup.prom"
    file.write_text("before\n")
    assert subprocess.run([TOOL, file], input="", text=True, capture_output=True, check=False).returncode == 1
    assert file.read_text() == "before\n"
