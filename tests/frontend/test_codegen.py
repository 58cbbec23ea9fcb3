"""graphql-codegen and tsc --strict accept schema.graphql and a sample of each operation, and refuse what is not in it."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from graphql import FieldNode, OperationDefinitionNode, build_schema, parse, validate

from server.database import ROOT
from tests.frontend.tools import HERE, change, check, generate

SAMPLES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((HERE / "operations").glob("*.graphql")))


def test_every_root_field_has_a_sample() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    sampled = {
        (node.operation.value, field.name.value)
        for node in parse(SAMPLES).definitions
        if isinstance(node, OperationDefinitionNode)
        for field in node.selection_set.selections
        if isinstance(field, FieldNode)
    }
    assert schema.query_type
    assert schema.mutation_type
    roots = (("query", schema.query_type), ("mutation", schema.mutation_type))
    assert sampled == {(kind, name) for kind, root in roots for name in root.fields}


def test_the_samples_are_valid() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    assert [error.message for error in validate(schema, parse(SAMPLES))] == []


def test_the_strict_compiler_accepts_what_is_generated_and_the_programs(built: Path) -> None:
    status, said = check(built)
    assert status == 0, said


def test_the_manifest_names_each_operation_by_the_digest_of_its_text(built: Path) -> None:
    manifest = json.loads((built / "generated" / "persisted-documents.json").read_text(encoding="utf-8"))
    assert list(manifest) == [f"sha256:{sha256(text.encode()).hexdigest()}" for text in manifest.values()]
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    documents = [parse(text) for text in manifest.values()]
    assert [error.message for document in documents for error in validate(schema, document)] == []
    wanted = [node.name.value for node in parse(SAMPLES).definitions if isinstance(node, OperationDefinitionNode) and node.name]
    named = [
        node.name.value for one in documents for node in one.definitions if isinstance(node, OperationDefinitionNode) and node.name
    ]
    assert sorted(named) == sorted([*wanted, "WhoAmI"])


def test_codegen_refuses_a_field_that_the_schema_does_not_have(frontend: Path) -> None:
    change(frontend / "operations" / "contacts.graphql", "    ageRecordedAt\n", "    shoeSize\n")
    status, said = generate(frontend)
    assert status == 1, said
    assert 'Cannot query field "shoeSize" on type "Contact".' in said


def test_the_compiler_refuses_what_was_not_asked_for(frontend: Path) -> None:
    change(frontend / "operations" / "contacts.graphql", "  phone\n", "")
    change(frontend / "app.ts", "ContactCardFragmentDoc, node).name", "ContactCardFragmentDoc, node).phone")
    assert generate(frontend)[0] == 0
    status, said = check(frontend)
    assert status != 0, said
    assert "Property 'phone' does not exist on type" in said


def test_the_packages_are_pinned_and_the_lock_names_no_registry() -> None:
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    locked = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    named = [name for name in locked if name]
    assert [name for name in named if "integrity" not in locked[name]] == []
    assert [name for name in named if "resolved" in locked[name]] == []
