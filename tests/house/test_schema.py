"""schema.graphql is the contract: what the code prints, described throughout, and one shape for every mutation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    Undefined,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
)
from graphql.language import print_ast

from gql.errors import CODES, STATUSES, UserErrorCode, user_error
from gql.schema import build
from server.database import ROOT
from tests.house.matrix import SCHEMA
from tests.house.test_refusals import KINDS, instance

PATCHES = ("ContactPatch", "UpdateLabelInput", "UpdateTenantInput", "UpdateUserInput")
"""Inputs in which omitting a field keeps its value and null clears it: a default would say that they are the same."""

OURS = {
    name: kind for name, kind in SCHEMA.type_map.items() if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
}


def test_the_committed_schema_is_what_the_code_prints() -> None:
    assert (ROOT / "schema.graphql").read_text(encoding="utf-8") == build().as_str() + "\n"


def test_everything_is_described() -> None:
    assert sorted(name for name, description in _described() if not (description or "").strip()) == []


def test_descriptions_are_sentences() -> None:
    wrong = [name for name, text in _described() if text and (text.strip() != text or text[-1] not in ".…)")]
    assert wrong == []


def _described() -> Iterator[tuple[str, str | None]]:
    """Everything with its description, but for `input`, of which its type says all that there is to say."""
    for directive in SCHEMA.directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", directive.description
    for name, kind in OURS.items():
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", one.description) for value, one in kind.values.items())
        elif isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{name}.{field}", one.description) for field, one in kind.fields.items())
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, each in kind.fields.items():
                yield f"{name}.{field}", each.description
                yield from (
                    (f"{name}.{field}({argument})", given.description)
                    for argument, given in each.args.items()
                    if argument != "input"
                )


@pytest.mark.parametrize("name", PATCHES)
def test_a_patch_tells_omitted_from_null(name: str) -> None:
    kind = OURS[name]
    assert isinstance(kind, GraphQLInputObjectType)
    for field, given in kind.fields.items():
        assert given.default_value is Undefined, f"{name}.{field}"
        assert not isinstance(given.type, GraphQLNonNull) or field == "id", f"{name}.{field}"
        assert given.ast_node is not None
        assert "= null" not in print_ast(given.ast_node), f"{name}.{field}"


def test_no_patch_is_left_out() -> None:
    assert {n for n in OURS if n.endswith("Patch") or (n.startswith("Update") and n.endswith("Input"))} == {
        *PATCHES,
        "UpdateContactInput",
    }


def test_a_mutation_takes_one_input_and_answers_with_a_payload() -> None:
    assert SCHEMA.mutation_type is not None
    for name, field in SCHEMA.mutation_type.fields.items():
        assert list(field.args) in ([], ["input"]), name
        if field.args:
            given = field.args["input"].type
            assert isinstance(given, GraphQLNonNull), name
            assert isinstance(given.of_type, GraphQLInputObjectType), name
        assert isinstance(field.type, GraphQLNonNull), name
        payload = field.type.of_type
        assert isinstance(payload, GraphQLObjectType), name
        assert payload.name.endswith("Payload"), name
        assert str(payload.fields["userErrors"].type) == "[UserError!]!", name


def test_an_object_with_an_id_is_a_node() -> None:
    exempt = {"Viewer"}  # its id is its session's
    for name, kind in OURS.items():
        if isinstance(kind, GraphQLObjectType) and "id" in kind.fields and name not in exempt:
            assert [one.name for one in kind.interfaces][-1:] == ["Node"], name


def test_names_are_in_the_usual_cases() -> None:
    for name, kind in OURS.items():
        assert name[0].isupper(), name
        if isinstance(kind, GraphQLEnumType):
            assert all(value == value.upper() for value in kind.values), name
        elif not isinstance(kind, GraphQLScalarType):
            fields = getattr(kind, "fields", {})
            assert all(field[0].islower() and "_" not in field for field in fields), name


def test_every_code_of_a_user_error_is_raised_by_some_refusal() -> None:
    told = {error.code for kind in KINDS if (error := user_error(instance(kind))) is not None}
    assert told == set(UserErrorCode)
    kind = OURS["UserErrorCode"]
    assert isinstance(kind, GraphQLEnumType)
    assert set(kind.values) == {code.value for code in UserErrorCode}


def test_no_code_means_two_things() -> None:
    assert {code.value for code in UserErrorCode}.isdisjoint(CODES)
    assert {kind.code for kind in STATUSES} <= set(CODES)
