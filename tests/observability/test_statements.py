"""A statement is called by its verb and its table, and its text is told by nothing but a digest."""

from __future__ import annotations

import hashlib

import pytest

from models.tenancy import behind
from observability.statements import described


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("BEGIN;", "BEGIN"),
        ("COMMIT;", "COMMIT"),
        ("SELECT enter($1, $2, $3)", "SELECT enter"),
        (behind("SELECT c.id FROM contacts AS c LIMIT 1"), "SELECT contacts"),
        ('INSERT INTO "contacts" ("id") VALUES ($1)', "INSERT contacts"),
        ("INSERT INTO users SELECT 1 ON CONFLICT DO UPDATE SET x = 1", "INSERT users"),
        ('update "users" set "a" = $1', "UPDATE users"),
        ("WITH gone AS (DELETE FROM contact_labels RETURNING id) SELECT count(*) FROM gone", "DELETE contact_labels"),
        ('SELECT "id" FROM "labels" WHERE "tenant_id" = $1 FOR UPDATE', "SELECT labels"),
        ("SELECT * FROM queue.pgqueuer FOR NO KEY UPDATE SKIP LOCKED", "SELECT pgqueuer"),
        ("SELECT a FROM unnest($1) AS u JOIN sessions s ON true", "SELECT sessions"),
        ("WITH d AS (SELECT 1) SELECT 2", "SELECT"),
        ("", "OTHER"),
    ],
)
def test_it_is_called_by_its_verb_and_its_table(sql: str, name: str) -> None:
    assert described(sql)[0] == name


def test_its_attributes_are_those_of_the_conventions_and_a_digest() -> None:
    sql = "SELECT name FROM labels WHERE name = 'canary'"
    name, told = described(sql)
    assert name == "SELECT labels"
    assert told == {
        "db.system.name": "postgresql",
        "db.operation.name": "SELECT",
        "db.collection.name": "labels",
        "db.query.summary": "SELECT labels",
        "db.query.hash": hashlib.sha256(sql.encode()).hexdigest()[:16],
    }
    assert described("COMMIT;")[1].keys() == told.keys() - {"db.collection.name"}
