"""A report tells what was lost, how long it was away and how it failed; and a drill that shows nothing, or too much, fails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import inf
from uuid import UUID

import pytest

from tests.drills.report import ACKNOWLEDGED, FOUND, Asked, Fault, Report, judged

AWAY = "503 UNAVAILABLE"


def _written(*outcomes: str, seconds: float = 0.1) -> list[Asked]:
    """One write after another, each of so many seconds, the first from second 0 on."""
    return [
        Asked(f"a {n}", "http://a", n * seconds, (n + 1) * seconds, outcome, UUID(int=n) if outcome == ACKNOWLEDGED else None)
        for n, outcome in enumerate(outcomes)
    ]


def _kept(asked: Iterable[Asked]) -> list[tuple[str, UUID]]:
    return [(one.name, one.contact) for one in asked if one.contact]


def _report(asked: list[Asked], *faults: Fault) -> Report:
    return Report(asked, faults, _kept(asked))


GOOD = _written(*[ACKNOWLEDGED] * 1_000)


def _said(report: Report, **bounds: float) -> str:
    """What a verdict says is amiss; nothing where it is good."""
    try:
        judged(report, lambda *_: None, "a drill", **bounds)
    except AssertionError as error:
        return str(error).partition("\n")[2].partition("\nassert")[0]
    return ""


def test_what_was_acknowledged_and_is_not_there_is_lost() -> None:
    asked = _written(ACKNOWLEDGED, ACKNOWLEDGED, AWAY, AWAY)
    report = Report(asked, (), [("a 0", UUID(int=0)), ("a 1", UUID(int=77)), ("a 3", UUID(int=3)), ("a 3", UUID(int=4))])
    assert report.lost == ["a 1"]  # one of its name is there, and it is not what the client was told of
    assert report.duplicated == ["a 3"]
    assert report.ambiguous == ["a 3"]


def test_a_gap_lasts_from_one_acknowledgement_to_the_next_or_to_the_end() -> None:
    assert _report(_written(ACKNOWLEDGED, AWAY, AWAY, ACKNOWLEDGED, seconds=1)).gap == 3
    assert _report(_written(ACKNOWLEDGED, AWAY, AWAY, AWAY, AWAY, seconds=1)).gap == 4
    assert _report(_written(AWAY, AWAY, ACKNOWLEDGED, seconds=1)).gap == 3
    assert _report([]).gap == inf


def test_recovery_counts_from_the_mending_and_steadily() -> None:
    report = _report(_written(ACKNOWLEDGED, AWAY, AWAY, ACKNOWLEDGED, AWAY, ACKNOWLEDGED, ACKNOWLEDGED, seconds=1), Fault(1, 2.5))
    fault = report.faults[0]
    assert (report.recovery(fault), report.recovery(fault, 2), report.recovery(fault, 3)) == (1.5, 4.5, inf)


def test_a_read_is_no_write() -> None:
    report = _report([*_written(ACKNOWLEDGED), Asked("", "http://a", 5, 11, FOUND, UUID(int=0)), Asked("", "http://a", 5, 6, AWAY)])
    assert (len(report.writes), report.gap, report.slowest, report.errors) == (1, 0.1, 6, {AWAY: 1})


def test_a_good_drill_passes_with_its_figures_taken_down() -> None:
    rows: list[tuple[str, str, str]] = []
    judged(_report(GOOD, Fault(1.0, 1.5)), lambda *row: rows.append(row), "a drill", gap=1, recovery=2)
    assert rows == [
        ("a drill: acknowledged", "1,000 of 1,000", "1,000"),
        ("a drill: lost", "0", "0"),
        ("a drill: duplicated", "0", "0"),
        ("a drill: kept, not acknowledged", "0", "none"),
        ("a drill: slowest request", "0.10 s", "5 s"),
        ("a drill: longest gap", "0.10 s", "1 s"),
        ("a drill: recovery 1", "first 0.00 s, steady 0.90 s, after 0.50 s", "2 s"),
        ("a drill: the machine", "late by 0.00 s", ""),
    ]


def test_fewer_than_a_thousand_acknowledged_writes_show_nothing() -> None:
    assert _said(_report(GOOD[:999])) == "acknowledged: 999 of 999, and not 1,000"


def test_one_lost_of_a_thousand_fails() -> None:
    assert _said(Report(GOOD, (), _kept(GOOD[1:]))) == "lost: 1: a 0, and not 0"


def test_what_is_there_twice_fails() -> None:
    assert _said(Report(GOOD, (), [*_kept(GOOD), ("a 7", UUID(int=7_777))])) == "duplicated: 1: a 7, and not 0"


def test_a_request_that_takes_too_long_fails_but_for_what_the_machine_was_late() -> None:
    slow = [*GOOD, replace(GOOD[0], name="", ended=5.5)]
    assert _said(_report(slow)) == "slowest request: 5.50 s, and not 5 s"
    assert _said(_report(slow), late=0.5) == ""


def test_a_pause_that_is_too_long_fails() -> None:
    late = [*GOOD, replace(GOOD[0], name="a late one", began=104.9, ended=105.0)]
    report = Report(late, [Fault(99, 100)], [*_kept(late)])
    assert _said(report, gap=4) == "longest gap: 5.00 s, and not 4 s"
    assert _said(report, recovery=9) == "recovery 1: first 0.00 s, steady inf s, after 1.00 s, and not 9 s"


@pytest.mark.parametrize("outcome", ["500 INTERNAL", "503 UNAVAILABLE without Retry-After", "connection ServerDisconnectedError"])
def test_only_a_503_that_says_when_to_come_again_is_told(outcome: str) -> None:
    failed = replace(GOOD[0], name="another", outcome=outcome, contact=None)
    assert _said(Report([*GOOD, failed], (), _kept(GOOD))).startswith(f"{outcome}: 1, and not ")
    told = replace(failed, outcome="503 TIMEOUT")
    assert _said(Report([*GOOD, told], (), _kept(GOOD))) == ""
