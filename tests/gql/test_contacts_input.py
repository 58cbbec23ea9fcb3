"""Inputs on their way into the models: what is omitted is not named."""

from __future__ import annotations

from uuid import UUID

import strawberry
from strawberry.types.maybe import Some

from gql.contacts_input import (
    ContactDraft,
    ContactFilter,
    ContactOrder,
    ContactOrderField,
    ContactPatch,
    DateTimeFilter,
    IntFilter,
    LabelFilter,
    OrderDirection,
    StringFilter,
    columns,
)
from models.conditions import TextMatch, TimeMatch
from models.contact_search import ContactOrder as OrderValue
from models.contact_search import IntMatch, LabelMatch
from models.values import Gender, now

_LABEL = strawberry.ID("label_" + "0" * 31 + "7")
_PATCH = dict.fromkeys(
    "name given_name family_name nickname gender age email phone address organization job_title notes favorite label_ids".split()
)


def test_a_draft_names_every_column() -> None:
    values, label_ids = columns(ContactDraft(name="Zoë", label_ids=[_LABEL, strawberry.ID("x")]))
    assert values == _expected({"name": "Zoë", "favorite": False})
    assert label_ids == [UUID(int=7), None]
    assert columns(ContactDraft(name="Zoë"))[1] == []


def _expected(given: dict[str, object]) -> dict[str, object]:
    return {name: None for name in _PATCH if name != "label_ids"} | given


def test_a_patch_names_what_it_was_given() -> None:
    assert columns(ContactPatch(**_PATCH)) == ({}, None)
    given = {"name": Some("Zoë"), "age": Some(None), "label_ids": Some(None)}
    assert columns(ContactPatch(**(_PATCH | given))) == ({"name": "Zoë", "age": None}, [])
    assert columns(ContactPatch(**(_PATCH | {"label_ids": Some([_LABEL])}))) == ({}, [UUID(int=7)])


def test_a_filter_becomes_the_models_filter() -> None:
    moment = now()
    value = ContactFilter(
        every=[ContactFilter(favorite=True)],
        either=[ContactFilter(gender=Gender.OTHER)],
        negated=ContactFilter(age=IntFilter(eq=1, gte=2, lte=3, is_null=False)),
        name=StringFilter(eq="a", among=["b"], starts_with="c", contains="d", is_null=True),
        labels=LabelFilter(any=[_LABEL], none=[strawberry.ID("x")]),
        created_at=DateTimeFilter(gte=moment),
        updated_at=DateTimeFilter(lt=moment),
    ).value()
    assert value.texts == {"name": TextMatch("a", ["b"], "c", "d", is_null=True)}
    assert value.every[0].favorite is True
    assert value.either is not None
    assert value.either[0].gender is Gender.OTHER
    assert value.negated is not None
    assert value.negated.age == IntMatch(1, 2, 3, is_null=False)
    assert value.labels == LabelMatch(any=[UUID(int=7)], all=None, none=[UUID(int=0)])
    assert (value.created_at, value.updated_at) == (TimeMatch(gte=moment), TimeMatch(lt=moment))
    assert ContactFilter().value().either is None


def test_an_order_becomes_the_models_order() -> None:
    for field in ContactOrderField:
        assert ContactOrder(field=field).value() == (OrderValue(field.value), False)
        assert ContactOrder(field=field, direction=OrderDirection.DESC).value() == (OrderValue(field.value), True)
    assert {order.value for order in OrderValue} - {field.value for field in ContactOrderField} == {"NUMBER"}
