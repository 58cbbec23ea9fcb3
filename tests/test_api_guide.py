"""The API guide tells the truth: documents are of the schema, answers a server's, codes all there are, settings those that run."""

from __future__ import annotations

import re
from importlib.machinery import SourceFileLoader
from itertools import pairwise
from types import ModuleType
from typing import Any, Final

import pytest
from graphql import build_schema, parse, validate

from gql.errors import CODES, UserErrorCode
from gql.protocol import NO_MANIFEST, UNKNOWN_DOCUMENT, UNTRUSTED
from server.database import ROOT
from tests.world import Person, World

GUIDE: Final = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
DOCUMENTS: Final = [text for kind, text in BLOCKS if kind == "graphql"]
RECIPES: Final = [(text, shown) for (kind, text), (after, shown) in pairwise(BLOCKS) if (kind, after) == ("graphql", "json")]


def walk() -> ModuleType:
    """scripts/walk, which knows when an answer is what a page shows."""
    loader = SourceFileLoader("walk", str(ROOT / "scripts" / "walk"))
    module = ModuleType(loader.name)
    module.__file__ = loader.path
    loader.exec_module(module)
    return module


def filled(document: str, known: dict[str, str]) -> str:
    """The document with what answers told before in place of each `…`, by its field's name; ids by type, the last one made."""

    def value(found: re.Match[str]) -> str:
        name, begins = found[1], found[2]
        return f'{name}: "{known[begins or {"after": "endCursor"}.get(name, name)]}"'

    document = re.sub(r'(\w+): "(\w*_?)…"', value, document)
    return re.sub(r'"(\w+_)…"', lambda found: f'"{known[found[1]]}"', document)


def told(answer: Any, known: dict[str, str]) -> None:
    """Remembers every text of an answer by its field's name, and ids by their type, too."""
    for name, value in answer.items() if isinstance(answer, dict) else enumerate(answer):
        if isinstance(value, dict | list):
            told(value, known)
        elif isinstance(value, str):
            known[str(name)] = value
            if name == "id":
                known[value.partition("_")[0] + "_"] = value


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda text: re.search(r"\w+ (\w+)", text)[1])  # type: ignore[index]  # all have names
def test_a_document_is_of_the_schema(document: str) -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    assert validate(schema, parse(document)) == []


async def test_the_recipes_are_answered_as_it_shows(world: World) -> None:
    assert len(RECIPES) > 15
    client, known, matches = Person(world.client), dict[str, str](), walk().matches
    for document, shown in RECIPES:
        client.token = known.get("accessToken")
        answer = await client.gql(filled(document, known))
        said = re.sub(r',"extensions":\{"cost".*', "}", answer.text)
        assert matches(shown, said), f"{document}\n{said}"
        told(answer.data, known)


def test_it_has_every_code_that_there_is() -> None:
    tables = re.findall(r"^\| code .*?\n\n", GUIDE, re.MULTILINE | re.DOTALL)
    mendable, others = (re.findall(r"`([A-Z_]+)`", "".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))) for table in tables)
    assert sorted(mendable) == sorted(code.value for code in UserErrorCode)
    assert sorted(others) == sorted({*CODES, NO_MANIFEST.code, UNKNOWN_DOCUMENT.code, UNTRUSTED.code})


def test_the_settings_of_clients_are_those_that_run() -> None:
    frontend = ROOT / "tests" / "frontend"
    sources = [*frontend.glob("apollo/*.ts"), *frontend.glob("relay/*.ts"), frontend / "relay.config.json"]
    lines = {line for source in sources for line in source.read_text(encoding="utf-8").splitlines()}
    shown = [line for kind, text in BLOCKS if kind in {"ts", "json5"} for line in text.splitlines()]
    assert len(shown) > 12
    assert [line for line in shown if line not in lines] == []
