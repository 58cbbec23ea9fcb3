"""The catalogue of what the audit log tells is what the code writes, no more and no less, and docs/audit.md is printed from it."""

from __future__ import annotations

import ast
import os
import re

from models.actions import ACTIONS, target
from server.database import ROOT
from tests.house.code import sources

_NAME = re.compile(r"[a-z]+\.(?!json$|sig$)[a-z_]+")  # but for the files of a bundle
PAGE = ROOT / "docs" / "audit.md"
HEAD = """# What the audit log tells

Printed by `tests/models/test_actions.py` from `models/actions.py`. Each entry has the time, the action, who did it (nobody where
there is no session yet), the id of what it was done to, the request's id, as `X-Request-ID` answers and the server's log have it,
and the network it came from, a /24 of IPv4 or a /48 of IPv6; at the console there is no request. It is written in the transaction
of what it tells of, and where it tells of a refusal, in one that survives it. Details are counts, roles, reasons and names of
fields, and of who was erased a keyed digest (ADR 46): never a secret, a name, an address or a contact's data. `by` is `console`
where it was done at the machine, `operator` where by one of the whole service, whom the tenant is not shown.

Edits of contacts and labels are not on record, nor is reading, of the log itself too: each look would add to what is looked at. An
operator has no way to a tenant's data, and what they do with the tenant is here; so is what is found, handed over or erased at the
machine for a person who asks ([retention](retention.md)).

`auditLog` shows it to ADMIN and above. Within some minutes each entry is sealed into its tenant's chain of hashes, whose heads
stand in the server's log as `audit head`; `python -m server audit verify --heads LOG` walks the chains and compares. How: ADR 27.

| action | when | target | details |
|---|---|---|---|
"""


def _written() -> set[str]:
    """The names of actions in the code: what looks like one in a resolver, and whatever is appended anywhere."""
    found = set()
    for source in sources():
        for node in ast.walk(source.tree):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) == "AuditEntry.append"
                and isinstance(node.args[0], ast.Constant)
            ):
                found.add(str(node.args[0].value))
            if isinstance(node, ast.Constant) and source.name.startswith("resolvers.") and _NAME.fullmatch(str(node.value)):
                found.add(str(node.value))
    return found


def test_the_catalogue_is_what_the_code_writes() -> None:
    assert _written() == set(ACTIONS)
    assert list(ACTIONS) == sorted(ACTIONS)


def test_the_page_is_as_committed() -> None:
    """After a change of the catalogue: UPDATE=1 python -m pytest tests/models/test_actions.py, and look at the difference."""
    rows = [f"| `{name}` | {one.when} | {one.target or ''} | {one.details} |" for name, one in ACTIONS.items()]
    printed = HEAD + "\n".join(rows) + "\n"
    if os.environ.get("UPDATE") == "1":
        PAGE.write_text(printed, encoding="utf-8")
    assert printed.splitlines() == PAGE.read_text(encoding="utf-8").splitlines()


def test_a_target_has_the_kind_that_its_action_says() -> None:
    assert target({"action": "user.changed", "target_id": "ab"}) == "user_ab"
    assert target({"action": "login.succeeded", "target_id": "ab"}) == "session_ab"
    assert target({"action": "login.failed", "target_id": None}) is None
    assert target({"action": "contacts.deleted", "target_id": "ab"}) is None
    assert target({"action": "of.another.version", "target_id": "ab"}) is None
