"""What is done again after a deadlock: every act that writes in one transaction, and nothing that would matter twice."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.code import Function, sources

DONE_ONCE = {
    "resolvers.attempts._is_familiar": "it reads",
    "resolvers.attempts.counted": "that a limit closed stands in a transaction of its own, and is tried again by the next attempt",
    "resolvers.exports._piece": "it reads",
    "resolvers.invitations.pending": "it reads",
    "resolvers.invitations.invite": "it counts an invitation; `_invite` is done again",
    "resolvers.links._request": "nobody waits for the letter, and it can be asked for again",
    "resolvers.links._reset": "its link is spent with it, and can be opened again",
    "resolvers.links.reset_password": "it reads, hashes and counts",
    "resolvers.links.verify_email": "it counts an attempt",
    "resolvers.sessions._compared": "it reads",
    "resolvers.sessions._login": "it counts an attempt and hashes",
    "resolvers.sessions.change_password": "it counts an attempt and hashes",
    "resolvers.sessions.reauthenticate": "it counts an attempt and hashes",
    "resolvers.sessions.refresh": "it counts an attempt",
    "resolvers.sessions.renew": "it counts an attempt",
    "resolvers.sessions.verify": "it reads",
    "resolvers.sessions.viewer": "it reads",
    "resolvers.signup._addressed": "it reads",
    "resolvers.signup.register": "it counts an attempt and hashes",
    "resolvers.tenants._operated": "an operator's door comes first, in a transaction of its own",
    "resolvers.tenants.by_slug": "it reads",
    "resolvers.tenants.create": "an operator's door comes first, in a transaction of its own",
    "resolvers.tenants.create_named": "it reads, and calls `create`",
    "resolvers.tenants.listed": "it reads",
    "resolvers.tenants.many": "it reads",
    "resolvers.tenants.statistics": "it reads",
    "resolvers.totp.confirm": "it counts an attempt",
    "resolvers.users._count_address": "it reads and counts",
    "resolvers.users._found": "it joins the door that is open",
    "resolvers.users.change_numbered": "it reads, and calls `change`",
}
"""The functions of resolvers whose transactions are not begun anew, each with its reason."""

NO_REQUEST = (
    "resolvers.console.",
    "resolvers.erasures.",
    "resolvers.moving.",
    "resolvers.person.",
    "resolvers.restoring.",
    "resolvers.seals.",
    "resolvers.transfer.",
    "resolvers.work.",
)
"""What nobody waits for: it is done by hand, or the queue does it again."""


def _retried(function: Function) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "retried" for one in function.decorator_list)


def _acts() -> dict[str, Function]:
    return {where: node for source in sources() if source.name.startswith("resolvers.") for where, node in source.functions()}


def _outermost(node: ast.AST) -> Iterator[ast.AsyncWith]:
    """What it opens, but for what is opened inside that: a door within a door of the same tenant is the same one."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.AsyncWith):
            yield child
        else:
            yield from _outermost(child)


def test_every_act_that_writes_is_done_again_or_says_why_not() -> None:
    writing = {
        where
        for source in sources()
        for where, call in source.calls("within")
        if where.startswith("resolvers.") and not where.startswith(NO_REQUEST) and "_READ" not in ast.unparse(call)
    }
    once = {where for where in writing if not _retried(_acts()[where])}
    assert len(writing - once) > 15
    assert once == {where for where in DONE_ONCE if where in writing}
    assert set(DONE_ONCE) <= set(_acts())


def test_what_is_done_again_has_one_door_and_counts_nothing() -> None:
    """Only what the transaction holds is undone with it: a second one, a throttle's count or a metric would stand twice."""
    for where, function in _acts().items():
        if _retried(function):
            names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
            attributes = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
            assert len(list(_outermost(function))) == 1, where
            assert "counted" not in names, where
            assert "metrics" not in attributes, where
