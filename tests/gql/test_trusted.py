"""Trusted documents: a manifest that is right or stops the start, and documents by their digests, which nobody can add to."""

from __future__ import annotations

import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from gql.trusted import Trust, manifest
from server.pages import account_documents
from server.settings import BadSettings, Settings, load
from tests.conftest import JWT_KEYS, SECRET_KEYS, Serve
from tests.world import Person, World

_NAMES = "query Names($first: Int) { contacts(first: $first) { nodes { name } } }"
_TWO = "query A { a: __typename } query B { b: __typename }"
_LOGOUT = "mutation Out { logout { ok } }"
_WRONG = "{ nothing }"
_REFUSED = "{ contacts { totalCount } }"
_OTHER = "{ other: __typename }"
_RESPONSE = {"Accept": "application/graphql-response+json"}


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


DOCUMENTS = {_digest(text): text for text in (_NAMES, _TWO, _LOGOUT, _WRONG, _REFUSED)}


async def _trusting(serve: Serve, mode: Trust = Trust.OFF) -> Person:
    # A budget so small that what is left of it changes with every answer.
    return Person(await serve(trusted_documents=DOCUMENTS, trusted_documents_mode=mode, cost_per_minute_user=10_000))


async def _post(person: Person, **body: Any) -> tuple[int, Any]:
    response = await person.client.post("/graphql", json=body, headers=_RESPONSE | person._headers())
    return response.status, await response.json(content_type=None)


async def _get(person: Person, tag: str | None = None, **given: str) -> ClientResponse:
    headers = person._headers() | ({} if tag is None else {"If-None-Match": tag})
    return await person.client.get("/graphql", params=given, headers=headers)


def _as(person: Person, other: Person) -> Person:
    """The same person at another server."""
    return Person(other.client, person.tenant, person.username, person.user, person.token)


def test_manifests_of_codegen_and_of_relay_are_read() -> None:
    assert manifest(json.dumps({f"sha256:{digest}": text for digest, text in DOCUMENTS.items()})) == DOCUMENTS
    assert manifest(json.dumps(DOCUMENTS)) == DOCUMENTS


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "the manifest is no JSON"),
        ("[]", "the manifest must be an object of documents by their sha256"),
        ("{}", "the manifest must be an object of documents by their sha256"),
        ('{"5d41402abc4b2a76b9719d911017c592": "x"}', "'5d41402abc4b2a76b9719d911017c592' is no sha256 in lower-case hexadecimal"),
        (json.dumps({_digest("x").upper(): "x"}), f"'{_digest('x').upper()}' is no sha256 in lower-case hexadecimal"),
        (json.dumps({"sha512:" + _digest("x"): "x"}), f"'sha512:{_digest('x')}' is no sha256 in lower-case hexadecimal"),
        (json.dumps({_digest("x"): "x "}), f"'{_digest('x')}' is not the sha256 of its document"),
        (json.dumps({_digest("x"): {"body": "x"}}), f"'{_digest('x')}' must have a document's text"),
        (json.dumps({_digest(""): ""}), f"'{_digest('')}' must have a document's text"),
    ],
)
def test_another_manifest_stops_the_start_with_one_line(text: str, fault: str, tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadSettings) as refused:
        load(
            {
                "DATABASE_URL": "postgresql://x",
                "JWT_KEYS": JWT_KEYS,
                "SECRET_KEYS": SECRET_KEYS,
                "TRUSTED_DOCUMENTS_FILE": str(file),
            },
            Settings,
        )
    assert str(refused.value) == f"TRUSTED_DOCUMENTS: {fault}"


def test_a_mode_wants_a_manifest(tmp_path: Path) -> None:
    environ = {
        "DATABASE_URL": "postgresql://x",
        "JWT_KEYS": JWT_KEYS,
        "SECRET_KEYS": SECRET_KEYS,
        "TRUSTED_DOCUMENTS_MODE": "enforce",
    }
    with pytest.raises(BadSettings, match=r"^TRUSTED_DOCUMENTS_MODE: needs TRUSTED_DOCUMENTS_FILE, a manifest$"):
        load(environ, Settings)
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(DOCUMENTS), encoding="utf-8")
    settings = load(environ | {"TRUSTED_DOCUMENTS_FILE": str(file)}, Settings)
    assert (settings.trusted_documents, settings.trusted_documents_mode) == (DOCUMENTS, Trust.ENFORCE)
    assert "Names" not in repr(settings)


@pytest.mark.parametrize("mode", Trust)
async def test_a_document_is_named_by_its_digest(mode: Trust, serve: Serve, world: World) -> None:
    await world.grace.gql('mutation { createContact(input: {contact: {name: "Ada"}}) { userErrors { code } } }')
    there = _as(world.grace, await _trusting(serve, mode))
    digest, names = _digest(_NAMES), {"contacts": {"nodes": [{"name": "Ada"}]}}
    for name in (digest, f"sha256:{digest}"):
        assert (await _post(there, documentId=name, variables={"first": 1}))[1]["data"] == names
        assert (await (await _get(there, documentId=name, variables='{"first": 1}')).json())["data"] == names
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    assert (await _post(there, extensions=persisted))[1]["data"] == names
    assert (await (await _get(there, extensions=json.dumps(persisted))).json())["data"] == names
    assert (await _post(there, documentId=_digest(_TWO), operationName="B"))[1]["data"] == {"b": "Query"}
    assert (await _post(there, documentId=digest, query=_NAMES))[1]["data"] == names


@pytest.mark.parametrize("mode", Trust)
async def test_a_digest_that_is_not_in_the_manifest_names_nothing(mode: Trust, serve: Serve) -> None:
    there = await _trusting(serve, mode)
    known, unknown = _digest(_NAMES), _digest(_OTHER)
    names = (
        unknown,
        f"sha256:{unknown}",
        known.upper(),
        f"SHA256:{known}",
        f"sha256:sha256:{known}",
        known[:-1],
        f"{known} ",
        "",
        "x-a:b",
    )
    for name in names:
        error = {"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}
        assert await _post(there, documentId=name) == (400, {"errors": [error]}), name
    old = await there.client.post("/graphql", json={"documentId": unknown})
    assert (old.status, (await old.json())["errors"][0]["message"]) == (200, "PersistedQueryNotFound")


async def test_no_client_adds_to_the_manifest(serve: Serve) -> None:
    there = await _trusting(serve)
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": _digest(_OTHER)}}
    assert (await _post(there, query=_OTHER, extensions=persisted))[1]["data"] == {"other": "Query"}
    assert (await _post(there, extensions=persisted))[1]["errors"][0]["message"] == "PersistedQueryNotFound"
    for document in (_digest(_NAMES), "sha256:", "x"):  # the text counts, as where a client's digest is of another spelling
        assert (await _post(there, query=_OTHER, documentId=document))[1]["data"] == {"other": "Query"}
        assert (await _post(there, documentId=_digest(_OTHER)))[1]["errors"][0]["message"] == "PersistedQueryNotFound"


async def test_without_a_manifest_clients_learn_to_send_the_text(world: World) -> None:
    error = {"message": "PersistedQueryNotSupported", "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}}
    assert await _post(world.ada, documentId=_digest(_NAMES)) == (400, {"errors": [error]})


async def test_a_warning_names_the_other_document_by_its_digest_alone(serve: Serve, logged: io.StringIO) -> None:
    there = await _trusting(serve, Trust.WARN)
    others = [_OTHER, f"{_OTHER} "]
    for query in others:
        assert (await _post(there, query=query))[0] == 200
    await _post(there, query=_TWO, operationName="A")
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    told = [line for line in lines if line["event"] == "document not trusted"]
    assert [line["digest"] for line in told] == [_digest(query)[:16] for query in others]
    assert "__typename" not in logged.getvalue()


async def test_another_document_is_refused_whoever_sends_it(serve: Serve, world: World) -> None:
    there = await _trusting(serve, Trust.ENFORCE)
    error = {
        "message": "Only the documents of this server's manifest are executed.",
        "extensions": {"code": "DOCUMENT_NOT_TRUSTED"},
    }
    for person in (there, _as(world.ada, there)):
        for query in (_OTHER, "{ __schema { queryType { name } } }", f"{_NAMES} ", _NAMES.replace("first: $first", "first: 1")):
            assert await _post(person, query=query) == (403, {"errors": [error]})
            assert (await _get(person, query=query)).status == 403
            old = await person.client.post("/graphql", json={"query": query})
            assert (old.status, await old.json()) == (403, {"errors": [error]})
    assert (await _post(_as(world.ada, there), query=_NAMES))[1]["data"] == {"contacts": {"nodes": []}}


async def test_the_pages_of_letters_work_where_documents_must_be_trusted(serve: Serve) -> None:
    person = await _trusting(serve, Trust.ENFORCE)
    told = "Only the documents of this server's manifest are executed."
    for document in account_documents():
        assert told not in (await person.gql(document)).text
        assert told in (await person.gql(f"{document} ")).text


async def test_a_trusted_query_by_get_may_be_kept_by_its_caller(serve: Serve, world: World) -> None:
    create = 'mutation { createContact(input: {contact: {name: "Ada"}}) { userErrors { code } } }'
    await world.ada.gql(create)
    there = await _trusting(serve)
    ada, mallory = _as(world.ada, there), _as(world.mallory, there)
    first = await _get(ada, documentId=_digest(_NAMES))
    tag = first.headers["ETag"]
    assert (first.status, first.headers["Cache-Control"]) == (200, "private, no-cache")
    assert {"Accept", "Authorization"} <= {name.strip() for line in first.headers.getall("Vary") for name in line.split(",")}
    for sent in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        again = await _get(ada, sent, documentId=_digest(_NAMES))
        assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", tag), sent
        assert again.headers["Cache-Control"] == "private, no-cache"
    foreign = await _get(mallory, tag, documentId=_digest(_NAMES))
    assert (foreign.status, (await foreign.json())["data"]) == (200, {"contacts": {"nodes": []}})
    await world.ada.gql(create)
    changed = await _get(ada, tag, documentId=_digest(_NAMES))
    assert (changed.status, len((await changed.json())["data"]["contacts"]["nodes"])) == (200, 2)
    assert changed.headers["ETag"] != tag


async def test_nothing_else_is_kept(serve: Serve, world: World) -> None:
    there = _as(world.ada, await _trusting(serve))
    answers = [
        await _get(there, "*", query=_NAMES),
        await _get(there, "*", documentId=_digest(_WRONG)),
        await _get(there, "*", documentId=_digest(_OTHER)),
        await _get(Person(there.client), "*", documentId=_digest(_REFUSED)),
        await there.client.post(
            "/graphql", json={"documentId": _digest(_NAMES)}, headers=there._headers() | {"If-None-Match": "*"}
        ),
        await _get(there, "*", documentId=_digest(_LOGOUT)),
    ]
    assert [answer.status for answer in answers] == [200, 200, 200, 401, 200, 405]
    assert [(answer.headers["Cache-Control"], answer.headers.get("ETag")) for answer in answers] == [("no-store", None)] * 6
    assert (await world.ada.gql("{ viewer { id } }")).data["viewer"] is not None
