"""What the schema says of credentials: who needs a fresh proof reads so, and what is shown once is null where it was refused."""

from __future__ import annotations

from typing import Any

import pytest

from gql import schema
from tests.authenticators import CONFIRM, ENROLL
from tests.world import World

_AGAIN = "mutation($i: ReauthenticateInput!) { reauthenticate(input: $i) { ok userErrors { __typename code message path } } }"


@pytest.mark.parametrize(
    "place",
    [
        "Mutation.enrollTotp",
        "Mutation.confirmTotp",
        "Mutation.regenerateRecoveryCodes",
        "Mutation.disableTotp",
        "Mutation.deleteUser",
        "UpdateUserInput.email",
        "UpdateUserInput.role",
        "UpdateTenantInput.requireTotp",
    ],
)
def test_what_wants_a_fresh_proof_says_so(place: str) -> None:
    kind, name = place.split(".")
    declared: Any = schema.build()._schema.type_map[kind]
    assert "proof of the last ten minutes" in declared.fields[name].description.replace("\n", " ")


async def test_a_refusal_shows_no_secret_and_no_code(world: World) -> None:
    wrong = await world.linus.gql(_AGAIN, i={"password": "wrong"})
    assert wrong.data["reauthenticate"] == {
        "ok": False,
        "userErrors": [
            {
                "__typename": "RefusedError",
                "code": "INVALID_CREDENTIALS",
                "message": "This is not your password.",
                "path": ["password"],
            }
        ],
    }
    answer = await world.linus.gql(CONFIRM, c="000000")
    assert answer.data["confirmTotp"] == {"recoveryCodes": None, "userErrors": [{"code": "NOT_FOUND", "path": ["code"]}]}


async def test_the_secret_and_its_url_are_of_one_enrolment(world: World) -> None:
    first, second = [(await world.linus.gql(ENROLL)).data["enrollTotp"] for _ in range(2)]
    assert first["secret"] != second["secret"]
    for made in (first, second):
        assert (len(made["secret"]), made["userErrors"]) == (32, [])
        assert f"secret={made['secret']}&" in made["otpauthUrl"]
