"""graphql-inspector and graphql-eslint have nothing to say against the sample operations, within the server's own limits."""

from __future__ import annotations

from pathlib import Path

from server.settings import Settings
from tests.frontend.tools import change, tool

_OPTIONS = {
    "--maxDepth": "graphql_max_depth",
    "--maxTokenCount": "graphql_max_tokens",
    "--maxAliasCount": "graphql_max_aliases",
    "--maxDirectiveCount": "graphql_max_directives",
}


def _inspected(frontend: Path) -> tuple[int, str]:
    limits = [text for option, name in _OPTIONS.items() for text in (option, str(Settings.model_fields[name].default))]
    return tool(frontend, "graphql-inspector", "validate", "operations/*.graphql", "../../schema.graphql", *limits)


def _linted(frontend: Path) -> tuple[int, str]:
    return tool(frontend, "eslint", "--max-warnings", "0", "operations")


def test_the_inspector_takes_the_samples(frontend: Path) -> None:
    status, said = _inspected(frontend)
    assert status == 0, said
    assert "All documents are valid" in said


def test_the_inspector_finds_what_the_schema_does_not_have(frontend: Path) -> None:
    change(frontend / "operations" / "labels.graphql", "contactCount ", "shoeSize ")
    status, said = _inspected(frontend)
    assert status == 1, said
    assert "Cannot query field shoeSize on type Label." in said


def test_the_recommended_rules_take_the_samples(frontend: Path) -> None:
    status, said = _linted(frontend)
    assert status == 0, said


def test_the_recommended_rules_want_the_id_of_what_is_cached(frontend: Path) -> None:
    change(frontend / "operations" / "sessions.graphql", "session { id current }", "session { current }")
    status, said = _linted(frontend)
    assert status == 1, said
    assert "@graphql-eslint/require-selections" in said
