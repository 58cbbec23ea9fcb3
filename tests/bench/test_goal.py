"""The goal and the gate are judged by figures."""

from __future__ import annotations

import pytest

from bench import gate
from bench.goal import judged, lines
from bench.load import Round
from bench.rounds import Runner
from bench.servers import LIMIT, OURS

COSTS = {"ours": 220.0, "ours-quiet": 200.0, "limit-door": 170.0, "mercurius": 190.0, "yoga": 500.0, "mercurius-seen": 260.0}


def test_what_ran_is_judged_and_the_best_peer_is_found() -> None:
    assert judged("Q2", COSTS) == [
        ("to the limit with the door", 0.85, 0.80),
        ("all on, to ourselves", 200 / 220, 0.90),
        ("to the best peer (mercurius)", 0.95, 1.0),
        ("all on, to mercurius all on", 260 / 220, 1.0),
    ]


def test_in_q1_nobody_need_be_ahead_and_what_did_not_run_is_not_judged() -> None:
    assert [title for title, *_ in judged("Q1", COSTS)] == ["to the limit with the door", "all on, to ourselves"]
    assert judged("Q2", {"ours": 1.0}) == []
    assert judged("Q3/10", COSTS) == []


def test_a_goal_that_is_missed_stands_out() -> None:
    verdicts = {line[1]: line[-1] for line in lines({"Q2": COSTS}, ["Q2"])}
    assert verdicts["to the limit with the door"] == "yes"
    assert verdicts["to the best peer (mercurius)"] == "**no**"


def runner(server, *cpu: float) -> Runner:
    """One that was seen to use so much."""
    rounds = [Round(rate=1 / one, cpu=one, postgres=1.0, p50=1.0, p99=1.0) for one in cpu]
    return Runner(server, [], {"Q2": rounds, "Q3": rounds})


def test_ratios_are_of_the_same_round_and_the_middle_one_counts() -> None:
    ours, limit = runner(OURS, 100, 400, 300), runner(LIMIT, 50, 100, 300)
    assert ours.share("Q2", limit, "cpu") == 0.5
    assert ours.share("Q2", limit, "rate") == pytest.approx(0.5)


def test_the_gate_holds_or_tells_what_fell_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "GATE", {"Q2": 0.5, "Q3": 0.6})
    ours, limit = runner(OURS, 200), runner(LIMIT, 100)
    assert gate.failures([ours, limit]) == ["Q3: 0.50 of the limit, and the gate is 0.60"]
