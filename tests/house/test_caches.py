"""What outlives a request and could carry one tenant's things to another: each cache by name, with what keeps the tenants apart."""

from __future__ import annotations

import ast
from typing import Final

from tests.house.code import sources

KINDS: Final = {"cache", "cached_property", "lru_cache", "DataLoader", "Heads", "LRUCache", "OrderedDict", "TTLCache"}

CACHES: Final = {
    "auth.keys: cached_property header": "of a key",
    "auth.keys: cached_property material": "of a key",
    "auth.keys: cached_property verifying": "of a key",
    "auth.throttle: OrderedDict": "keys are digests of the account with its tenant, or of the network; values are counters",
    "auth.tokens: LRUCache": "by the whole token, which is one tenant's; whether its session lives is asked of the database",
    "gql.budget: lru_cache _told": "of a moment",
    "gql.context: cached_property loaders": "of one request",
    "gql.context: cached_property turn": "of one request",
    "gql.cost: lru_cache prices": "of the schema",
    "gql.engine.engine: LRUCache": "documents by their text: parsed, weighed and compiled, without variables and without answers",
    "gql.loaders: DataLoader": "of one request",
    "gql.parameters: lru_cache _is_json": "of a header's text",
    "gql.protocol: lru_cache _chosen": "of a header's text",
    "gql.schema: cache build": "of the schema",
    "models.contact: lru_cache _add": "a statement, by its columns",
    "models.contact: lru_cache _one": "a statement, by its columns",
    "models.label: lru_cache _of_contacts": "a statement, by its columns",
    "models.viewer: lru_cache _statement": "a statement, by its columns",
    "observability.operation: lru_cache _called": "of an operation's name",
    "observability.otlp: lru_cache _attribute": "bytes of a span's attribute, by its key and value",
    "observability.otlp: lru_cache _named": "bytes of a span's name, of which there are as many as routes and statements",
    "observability.redaction: lru_cache sensitive": "of a key's name",
    "observability.statements: lru_cache described": "of a statement's text, which holds no values",
    "rest.routes: cache _described": "of the routes",
    "server.identity: lru_cache _prefix": "of an address",
    "server.identity: lru_cache _printable": "of a header's text",
    "server.pages: cache _account": "of a file",
    "server.pages: cache _graphiql": "of a file",
    "server.pages: cache _swagger": "of a file",
    "server.wire: Heads": "by the whole head, with its token; what a refusal depends on, and no answer",
}
"""Each with its reason. What else outlives a request are counters, by ids of users and of tenants."""


def _found() -> set[str]:
    found = set()
    for source in sources():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in node.decorator_list:
                    if (name := _last(decorator)) in KINDS:
                        found.add(f"{source.name}: {name} {node.name}")
            elif isinstance(node, ast.Call) and (name := _last(node)) in KINDS - {"cache", "lru_cache", "cached_property"}:
                found.add(f"{source.name}: {name}")
    return found


def _last(node: ast.expr) -> str:
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return ast.unparse(node).rpartition(".")[2]


def test_every_cache_is_known_with_what_keeps_the_tenants_apart() -> None:
    assert _found() == set(CACHES)
