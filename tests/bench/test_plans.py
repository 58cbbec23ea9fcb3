"""What Postgres' log tells of plans is read, and put in a few words."""

from __future__ import annotations

import json
from typing import Any

from bench.plans import statements
from observability.statements import digest


def _logged(sql: str, plan: dict[str, Any]) -> str:
    told = json.dumps({"Query Text": sql, "Plan": plan}, indent=2).replace("\n", "\n\t")
    return f"2026-11-30 12:00:00.000 UTC [17] LOG:  duration: 1.250 ms  plan:\n\t{told}\n2026-11-30 12:00:01 UTC [17] LOG:  other\n"


def test_a_plan_is_told_by_what_it_reads_and_what_in_vain() -> None:
    scan = {"Node Type": "Index Scan", "Index Name": "contacts_name", "Rows Removed by Filter": 9, "Actual Loops": 2}
    sort = {"Node Type": "Sort", "Actual Rows": 51.0, "Actual Loops": 1, "Plans": [scan]}
    plan = {"Node Type": "Limit", "Shared Hit Blocks": 3, "Shared Read Blocks": 4, "Actual Loops": 1, "Plans": [sort]}
    (one,) = statements(_logged("SELECT 1", plan))
    assert str(one) == f"1.2 | 7 | `{digest('SELECT 1')}` | Index Scan `contacts_name`, 18 rows in vain, sorts 51 |"


def test_one_that_reads_no_table_says_so() -> None:
    found = statements(_logged("SELECT 1", {"Node Type": "Result"}) + _logged("SELECT 2", {"Node Type": "Result"}))
    assert [(one.digest, one.essence()) for one in found] == [(digest(f"SELECT {n}"), "no table") for n in (1, 2)]
