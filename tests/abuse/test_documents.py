"""Documents that are too much, each in the exact shape of its row in docs/bar.md, sent by somebody who is not signed in."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.abuse.server import Server, endured
from tests.abuse.told import Told, posted, request, sent

_ACCEPT = "Accept: application/graphql-response+json"


def _many(text: str, count: int) -> str:
    return " ".join(text.replace("#", str(n)) for n in range(count))


def _nested(opening: str, inner: str, closing: str, depth: int) -> str:
    return opening * depth + inner + closing * depth


_CIRCLE = "__schema { types { " + "fields { type { " * 12 + "name" + " } }" * 12 + " } }"
_BOMB = "query { ...F0 } " + _many("fragment F# on Query { ...N# ...N# }", 22)
for _n in range(22):
    _BOMB = _BOMB.replace(f"...N{_n} ", f"...F{_n + 1} ").replace(f"...N{_n} }}", f"...F{_n + 1} }}")
_BOMB += " fragment F22 on Query { __typename }"

LIMITED = {
    "GQ-06": (
        f"{{ {_many('a#: __typename', 1_000)} }}",
        f"{{ {_many('a#: viewer { ...F }', 14)} }} fragment F on Viewer {{ {_many('b#: id', 14)} }}",
    ),
    "GQ-07": (
        "{ __typename" + " @skip(if: false)" * 1_000 + " }",
        "{ __typename" + " @nothing" * 1_000 + " }",
        "{ __typename" + " @include(if: true) @a" * 500 + " }",
        f"{{ {_many('a#: __typename @skip(if: false)', 500)} }}",
    ),
    "GQ-08": (
        "{ " + "__typename " * 3_000 + "}",
        "{ " + "__typename " * 15_000 + "}",
        "{ " + "viewer { id } " * 3_000 + "}",
        f"{{ {_many('...F# viewer { id }', 150)} }} {_many('fragment F# on Query { viewer { id } }', 150)}",
    ),
    "GQ-09": (
        "{ " + "a " * 100_000 + "}",
        "{ viewer(" + "a: 1 " * 40_000 + ") }",
        _many("query Q# { a }", 8_000),
        "query(" + _many("$a#: Int", 10_000) + ") { a }",
    ),
    "GQ-10": (
        _nested("{ a ", "", "} ", 5_000),
        "{ a(b: " + _nested("[", "", "]", 5_000) + ") }",
        "{ a(b: " + _nested("{c: ", "1", "}", 5_000) + ") }",
        "query($a: " + _nested("[", "Int", "]", 5_000) + ") { a }",
        "{ " + _nested("... { ", "a", " }", 5_000) + " }",
        "{ " + _nested("... { ", "a", " }", 200) + " }",
        "{ " + _CIRCLE + " }",
    ),
    "GQ-11": (_BOMB,),
    "GQ-30": tuple("{ " + _nested("contacts { nodes { labels { ", "id", " } } }", depth // 3) + " }" for depth in (15, 60, 400)),
}
"""What a limit refuses, by row. GQ-30 is one of 12, 60 and 400 levels; 12 are allowed, so it begins above them."""

CIRCULAR = (
    "{ ...A } fragment A on Query { ...A }",
    "{ ...A } fragment A on Query { viewer { id } ...B } fragment B on Query { ...A }",
    "{ viewer { ...A } } fragment A on Viewer { user { ...B } } fragment B on User { id ...C } fragment C on User { ...B }",
)

INTROSPECTION = (
    "{ __schema { types { name } } }",
    '{ __type(name: "User") { fields { name } } }',
    "query { s: __schema { queryType { name } } }",
    "{ ...F } fragment F on Query { __schema { types { name } } }",
    "{ ... on Query { ... { __schema { directives { name } } } } }",
)


REFUSED = [pytest.param(document, id=f"{row}.{n}") for row, documents in LIMITED.items() for n, document in enumerate(documents)]


@pytest.mark.parametrize("document", REFUSED)
async def test_a_document_that_is_too_much_is_refused_while_the_server_lives(document: str, server: Server) -> None:
    async def abuse() -> list[Told]:
        return [await sent(server.port, posted(document, _ACCEPT)) for _ in range(3)]

    for told in await endured(server, abuse):
        assert (told.status, told.codes) == (400, ["LIMIT_EXCEEDED"]), told.raw
        assert "data" not in told.json


@pytest.mark.parametrize("document", CIRCULAR)
async def test_fragments_in_a_circle_are_refused_while_the_server_lives(document: str, server: Server) -> None:
    async def abuse() -> list[Told]:
        return [await sent(server.port, posted(document, _ACCEPT)) for _ in range(3)]

    for told in await endured(server, abuse):
        assert (told.status, set(told.codes)) == (400, {"BAD_REQUEST"}), told.raw
        assert "data" not in told.json


async def test_strangers_learn_nothing_of_the_schema_by_introspection(server: Server) -> None:
    async def abuse() -> list[Told]:
        asked = [posted(document, _ACCEPT) for document in INTROSPECTION]
        asked += [request("GET", f"/graphql?query={quote(document)}", _ACCEPT) for document in INTROSPECTION]
        return [await sent(server.port, one) for one in asked]

    for told in await endured(server, abuse):
        assert (told.status, set(told.codes)) == (400, {"BAD_REQUEST"}), told.raw
        assert "data" not in told.json


async def test_no_near_miss_is_answered_by_the_right_name(server: Server) -> None:
    misses = [f"{{ {name} {{ id }} }}" for name in ("contact5", "contcts", "vewer", "viewr", "lables", "label", "tenant", "noode")]
    misses += [f"{{ contacts {{ nodes {{ {name} }} }} }}" for name in ("nme", "emial", "fone", "phon", "adress", "note", "ids")]
    misses += [f"{{ viewer {{ {name} }} }}" for name in ("usr", "usre", "tenat", "sesion", "session_", "idd", "users")]
    misses += [f"mutation {{ {name} {{ ok }} }}" for name in ("logn", "log_in", "singup", "logut", "createContacts")]
    misses += ["{ contacts(frst: 1) { totalCount } }", "{ contacts(orderBy: [{feld: NAME}]) { totalCount } }"]
    misses += ["{ contacts(orderBy: [{field: NAMES}]) { totalCount } }", "{ contacts { nodes { ... on Contct { id } } } }"]
    misses += ["query($c: ContactDrft) { viewer { id } }", "{ viewer @skp(if: true) { id } }", "{ viewer { ...Viewr } }"]

    order = "query($o: ContactOrder!) { contacts(orderBy: [$o]) { totalCount } }"
    values = ({"field": "NAMES"}, {"feld": "NAME"}, {"field": "NAME", "direction": "ASK"})

    async def abuse() -> list[Told]:
        asked = [posted(document, _ACCEPT) for document in misses]
        asked += [posted(order, _ACCEPT, variables={"o": value}) for value in values]
        return [await sent(server.port, one) for one in asked]

    answers = await endured(server, abuse)
    assert len(answers) > 30
    for told in answers:
        assert told.status == 400, told.raw
        assert "did you mean" not in told.body.lower(), told.body
