"""What a stranger may ask about an address is timed by a drill, or told to those who may know it."""

from __future__ import annotations

from graphql import GraphQLInputObjectType, get_named_type

from tests.drills.oracles import OPERATIONS, TOLD
from tests.house.matrix import SCHEMA

TELLING = {"email", "usernameOrEmail", "token"}
"""Fields by which an input names an account."""


def test_every_mutation_that_names_an_account_is_timed_or_told() -> None:
    assert SCHEMA.mutation_type is not None
    naming = set()
    for name, field in SCHEMA.mutation_type.fields.items():
        inputs = [get_named_type(argument.type) for argument in field.args.values()]
        if any(isinstance(given, GraphQLInputObjectType) and TELLING & given.fields.keys() for given in inputs):
            naming.add(name)
    assert naming == {operation.mutation for operation in OPERATIONS.values()} | TOLD.keys()
