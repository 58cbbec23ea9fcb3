"""The house keeps its floors, its doors and its names (docs: the house; the floors are written in pyproject.toml)."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from auth.permissions import GRANTS, Permission
from models.values import ENROLLING, LEAVING, OPERATOR, Role
from server.database import ROOT
from tests.house.code import ROOMS, Source, sources

JUNK_DRAWERS = {"base", "common", "core", "helpers", "misc", "services", "utils"}
LONGEST = 300
LONG_FOR_A_REASON: dict[str, str] = {}
"""Files above the length that we want, each with why it is not two."""

WITHOUT_A_PASS = {
    "resolvers.attempts.counted": "nobody has a session yet, and that a limit closed goes on record",
    "resolvers.attempts._is_familiar": "nobody has a session yet",
    "resolvers.moving._batch": "at the machine itself: moving in from the old service",
    "resolvers.moving._compare": "at the machine itself: whether the owner was moved before",
    "resolvers.moving._finish": "at the machine itself: that all was moved goes on record",
    "resolvers.restoring._audited": "at the machine itself: that rows were brought back goes on record",
    "resolvers.restoring._batch": "at the machine itself: bringing rows back from a backup",
    "resolvers.restoring._extra": "at the machine itself: what came since a backup is counted",
    "resolvers.restoring._prepared": "at the machine itself: what a backup is compared with",
    "resolvers.person.erase": "at the machine itself: what a person asks for",
    "resolvers.person.erase_again": "at the machine itself: what a person asked for before a restore",
    "resolvers.person.export": "at the machine itself: what a person asks for",
    "resolvers.person.find": "at the machine itself: what a person asks for",
    "resolvers.seals._extend": "maintenance: seals are added, and nothing is shown to anybody",
    "resolvers.seals._unsealed": "at the machine itself: ids and times of entries are told",
    "resolvers.seals._verdict": "at the machine itself: ids and times of entries are told",
    "resolvers.seals._walked": "at the machine itself: ids and times of entries are told",
    "resolvers.links._request": "nobody has a session; what is found is told to its owner's mailbox alone",
    "resolvers.links._reset": "the mailed token is the proof",
    "resolvers.links.reset_password": "the mailed token is the proof",
    "resolvers.links.verify_email": "the mailed token is the proof",
    "resolvers.sessions._compared": "nobody has a session yet",
    "resolvers.sessions._login": "nobody has a session yet",
    "resolvers.sessions.refresh": "the refresh token is the proof",
    "resolvers.signup._addressed": "nobody has a session yet; the mailed token of an invitation is the proof",
    "resolvers.signup._enrolled": "nobody has a session yet",
    "resolvers.work.door": "jobs and periodic work have no session",
    "resolvers.signup.register": "nobody has a session yet",
    "resolvers.tenants.statistics": "an operator, whom the door of their own tenant has checked; counts alone come back",
    "resolvers.tenants._operated": "an operator, whom the door of their own tenant has checked",
    "resolvers.tenants.create": "an operator, whom the door of their own tenant has checked",
    "server.demo.plant": "the demo tenant of development",
}
"""The functions that enter a tenant without a session, each with its reason. CONSOLE is for the machine itself."""

LOBBY = {
    "resolvers.attempts.keyed",
    "resolvers.attempts.named",
    "resolvers.backfills._step",
    "resolvers.backfills.every",
    "resolvers.backfills.pause",
    "resolvers.backfills.start",
    "resolvers.deletion.erase",
    "resolvers.deletion.erase_one",
    "resolvers.deletion.stubs",
    "resolvers.sweeping.sweep",
    "resolvers.seals.seal",
    "resolvers.seals.verify",
    "resolvers.tenants.requests_per_minute",
    "server.demo.plant",
}
"""The functions that read rows of no tenant; and the catalogue, and the console."""

CONSOLE = ("resolvers.console.", "resolvers.erasures.", "resolvers.transfer.")

WITHOUT_A_SECOND_FACTOR = {
    *(f"resolvers.sessions.{deed}" for deed in "change_password logout mine reauthenticate renew revoke revoke_all".split()),
    *(f"resolvers.sessions.{deed}" for deed in "verify viewer".split()),
    *(f"resolvers.totp.{deed}" for deed in "confirm disable enabled enroll regenerate".split()),
}
"""What a session may that lacks the second factor its tenant asks for: nothing here reads or changes what is not the caller's."""


def test_imports_go_down_only() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_ours_and_not_a_namesake(room: str) -> None:
    module = importlib.import_module(room)
    assert module.__file__ == str(ROOT / room / "__init__.py")


def test_a_room_opens_with_a_line_and_nothing_else() -> None:
    opened = {source.name: source for source in sources() if source.path.name == "__init__.py"}
    assert sorted(opened) == sorted([*ROOMS, "gql.engine"])
    for name, source in opened.items():
        assert len(source.tree.body) == 1, name
        assert ast.get_docstring(source.tree), name


def test_there_are_no_junk_drawers() -> None:
    assert {source.name for source in sources() if set(source.name.split(".")) & JUNK_DRAWERS} == set()


def test_files_are_short() -> None:
    long = {source.name for source in sources() if source.text.count("\n") > LONGEST}
    assert long == set(LONG_FOR_A_REASON)


def test_transactions_are_opened_by_the_door_alone() -> None:
    opening = {source.name for source in sources() if re.search(r"\bin_transaction|atomic\(|\._in_transaction", source.text)}
    assert opening == {"models.transaction"}
    entering = {source.name for source in sources() if re.search(r"\benter\(|\bhold\(\$|set_config", source.text)}
    assert entering == {"models.past", "models.tenancy"}  # the first is at the door of a restored database


def test_the_door_is_opened_by_resolvers_alone() -> None:
    opening = {where for source in sources() for where, _ in source.calls("within") if source.name != "models.tenancy"}
    assert {where for where in opening if not where.startswith("resolvers.")} == {"server.demo.plant"}
    waiting = {where for source in sources() for where, _ in source.calls("lobby") if not where.startswith("models.catalogue.")}
    assert {where for where in waiting if not where.startswith(CONSOLE)} == LOBBY


def test_nobody_else_enters_without_a_session() -> None:
    assert {where for where in _without_a_pass() if not where.startswith(CONSOLE)} == set(WITHOUT_A_PASS)


def test_nothing_else_is_open_to_who_lacks_a_second_factor() -> None:
    doors = [one for source in sources() for door in ("within", "through") for one in source.calls(door)]
    assert {where for where, call in doors if "ACCOUNT_USE" in ast.unparse(call)} == WITHOUT_A_SECOND_FACTOR
    assert GRANTS[ENROLLING] == {Permission.ACCOUNT_USE}


def test_no_transport_reaches_the_console() -> None:
    for source in sources():
        if source.name.partition(".")[0] in {"gql", "rest"}:
            assert "console" not in source.text, source.name


def test_every_permission_is_asked_for_by_a_resolver() -> None:
    text = "".join(source.text for source in sources() if source.name.startswith("resolvers."))
    assert set(re.findall(r"Permission\.(\w+)", text)) == {permission.name for permission in Permission}


def test_what_is_public_says_what_it_is() -> None:
    silent = []
    for source in sources():
        if not ast.get_docstring(source.tree):
            silent.append(source.name)
        silent += [name for name, node in _public(source) if not ast.get_docstring(node)]
    assert silent == []


def test_every_file_says_why_a_lint_is_off() -> None:
    pattern = re.compile(r"# noqa(?!: [A-Z]+\d+(, [A-Z]+\d+)* - \w)|# type: ignore(?!\[)")
    bare = [f"{source.name}: {line.strip()}" for source in sources() for line in source.text.splitlines() if pattern.search(line)]
    assert bare == []


def test_exceptions_are_named_as_facts() -> None:
    named = [
        node.name
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        and {ast.unparse(base).rpartition(".")[2] for base in node.bases} & {"Exception", "Refusal"}
    ]
    assert len(named) > 10
    assert [name for name in named if re.search(r"(Error|Exception)$", name)] == []


def test_permissions_are_one_table_in_order() -> None:
    assert [str(permission) for permission in Permission] == sorted(str(permission) for permission in Permission)
    for permission in Permission:
        assert re.fullmatch(r"[a-z]+:[a-z]+", permission)
        assert permission.name == permission.value.replace(":", "_").upper()
    assert list(GRANTS) == [*Role, OPERATOR, ENROLLING, LEAVING]
    for stronger, weaker in zip(list(Role), list(Role)[1:], strict=False):
        assert GRANTS[stronger] >= GRANTS[weaker]
    assert GRANTS[OPERATOR].isdisjoint(GRANTS[Role.OWNER])


def _is_pass(call: ast.Call) -> bool:
    passed = call.args[0]
    return isinstance(passed, ast.Call) and ast.unparse(passed.func) == "caller.to"


def _without_a_pass() -> set[str]:
    calls = {where for source in sources() for where, call in source.calls("within") if not _is_pass(call)}
    return calls - {"models.tenancy.through.__aenter__", "models.tenancy.through.__aexit__"}  # which takes a pass alone


def _public(source: Source) -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    classes = [(f"{source.name}.{node.name}", node) for node in source.tree.body if isinstance(node, ast.ClassDef)]
    return [(name, node) for name, node in [*source.functions(), *classes] if not re.search(r"\._|\.Meta$", name)]
