"""Every operation of both transports under schemathesis, with a seed: right values and wrong ones, by whoever may do most."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from server.database import ROOT
from tests.abuse.server import Server
from tests.world import Person, World

_SEED = "20260214"
_CONFORMS = (
    "kept_inside,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,"
    "negative_data_rejection,ignored_auth,use_after_free"
)
"""Not among them: what fits the description may be refused for a rule, and the old service answered 404 for other methods."""
_ENDS_THE_SESSION = "(?i)logout|revoke"


async def _fuzzed(server: Server, person: Person, folder: Path, schema: str, *options: str, checks: str = "kept_inside") -> str:
    """What schemathesis says. Fails the test where it found something, or tried nothing."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        *("run", schema, "--url", f"http://127.0.0.1:{server.port}" + ("/graphql" if schema.endswith(".graphql") else "")),
        *("--header", f"Authorization: Bearer {person.token}", "--checks", checks, "--continue-on-failure"),
        *("--seed", _SEED, "--mode", "all", "--request-timeout", "5", "--max-response-time", "4", "--warnings", "off"),
        *("--suppress-health-check", "all", *options),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "SCHEMATHESIS_HOOKS": str(ROOT / "tests" / "abuse" / "checks.py"), "NO_COLOR": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told = (await process.communicate())[0].decode()
    assert process.returncode == 0, told
    assert server.complaints() == []
    return told


def _cases(told: str) -> int:
    """How many requests it made."""
    made = re.search(r"([\d,]+) generated", told)
    assert made, told
    return int(made[1].replace(",", ""))


def _few_and_many(few: int, many: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("cases", [few, pytest.param(many, marks=pytest.mark.long)])


@_few_and_many(6, 300)
async def test_graphql_keeps_its_insides_whatever_it_is_asked(cases: int, server: Server, people: World, tmp_path: Path) -> None:
    schema, most = str(ROOT / "schema.graphql"), ("--max-examples", str(cases))
    told = await _fuzzed(server, people.ada, tmp_path, schema, "--exclude-name-regex", _ENDS_THE_SESSION, *most)
    assert _cases(told) >= 25 * cases
    assert (await people.ada.gql("{ viewer { id } }")).data["viewer"]
    told = await _fuzzed(server, people.oskar, tmp_path, schema, "--include-name-regex", f"{_ENDS_THE_SESSION}|tenant", *most)
    assert _cases(told) >= 4 * cases


@_few_and_many(4, 500)
async def test_rest_keeps_its_insides_whatever_it_is_asked(cases: int, server: Server, people: World, tmp_path: Path) -> None:
    schema, most = f"http://127.0.0.1:{server.port}/openapi.json", ("--max-examples", str(cases))
    told = await _fuzzed(server, people.ada, tmp_path, schema, "--exclude-path-regex", "logout|tenant", *most, checks=_CONFORMS)
    assert _cases(told) > 500 + 20 * cases
    assert (await people.ada.rest("GET", "/api/auth/me")).status == 200
    told = await _fuzzed(server, people.oskar, tmp_path, schema, "--include-path-regex", "logout|tenant", *most, checks=_CONFORMS)
    assert _cases(told) > 300 + 5 * cases
