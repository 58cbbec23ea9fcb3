"""The schema as a whole: one instance, every type with an id reachable by it, every enum and field told of."""

from __future__ import annotations

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from gql import schema
from gql.jobs import KINDS
from gql.schema import NODES


def test_the_process_has_one_schema() -> None:
    assert schema.build() is schema.build()


def test_every_node_is_found_by_its_id() -> None:
    types = schema.build()._schema.type_map
    node = types["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    implementing = {one.name for one in schema.build()._schema.get_implementations(node).objects}
    assert implementing == {kind.__name__ for kind in (*KINDS.values(), *(node for node, _ in NODES.values()))}


def test_everything_is_described_and_named_alike() -> None:
    for name, one in schema.build()._schema.type_map.items():
        if name.startswith("__") or name in {"Int", "String", "Boolean", "ID", "Float"}:
            continue
        assert one.description, name
        if isinstance(one, GraphQLEnumType):
            assert all(value.description for value in one.values.values()), name
        if isinstance(one, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in one.fields.items():
                assert field.description, f"{name}.{field_name}"
                assert field_name[0].islower()
                assert "_" not in field_name


def test_every_mutation_answers_with_its_user_errors() -> None:
    mutation = schema.build()._schema.mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        assert "userErrors" in field.type.of_type.fields, name  # type: ignore[union-attr]  # a non-null payload
