"""Migrations newer than the last release disturb nobody, and what the last release left becomes what is committed (RE-14)."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from server import migrations
from server.database import known_migrations, migrate
from server.migrations import FOLDER, Migration, number, read
from tests.conftest import VAULT, Database
from tests.house.catalogue import dump
from tests.house.migrations import Release, faults, releases
from tests.house.test_catalogue import COMMITTED

LAST = releases()[-1]
NEWER = [name for name in known_migrations() if number(name) > number(LAST.migration)]
BEFORE = [Release("1.0", "v1.0", "3_a.py"), Release("1.1", "v1.1", "4_b.py")]


def test_releases_name_migrations_that_are_there_in_their_order() -> None:
    named = [release.migration for release in releases()]
    assert [name for name in known_migrations() if name in named] == list(dict.fromkeys(named))
    assert len({release.name for release in releases()}) == len(releases())


def test_numbers_of_migrations_have_no_gap() -> None:
    """Two that were written at once would have the same, and be applied in no order."""
    assert [number(name) for name in known_migrations()] == list(range(len(known_migrations())))


def test_every_migration_newer_than_the_last_release_keeps_the_rules() -> None:
    assert {name: found for name in NEWER if (found := faults(asyncio.run(read(FOLDER / name)), releases()))} == {}


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("ALTER TABLE contacts DROP COLUMN nickname;", "ban-drop-column"),
        ("DROP TABLE labels;", "ban-drop-table"),
        ("DROP FUNCTION fold(text);", "ban-drop-function"),
        ("ALTER TABLE contacts DROP CONSTRAINT contacts_number_key;", "ban-drop-constraint"),
        ("ALTER TABLE contacts RENAME COLUMN phone TO telephone;", "renaming-column"),
        ("ALTER TABLE contacts RENAME TO people;", "renaming-table"),
        ("ALTER TABLE contacts ALTER COLUMN phone SET NOT NULL;", "adding-not-nullable-field"),
        ("ALTER TABLE contacts ADD COLUMN pronouns text NOT NULL;", "adding-required-field"),
        ("ALTER TABLE contacts ADD COLUMN seen timestamptz DEFAULT clock_timestamp();", "adding-field-with-default"),
        ("ALTER TABLE contacts ALTER COLUMN age TYPE bigint;", "changing-column-type"),
        ("ALTER TABLE contacts ADD CONSTRAINT adult CHECK (age > 17);", "constraint-missing-not-valid"),
        (
            "ALTER TABLE contacts ADD CONSTRAINT adult CHECK (age > 0) NOT VALID;\nALTER TABLE contacts VALIDATE CONSTRAINT adult;",
            "constraint-missing-not-valid",
        ),
        (
            "ALTER TABLE contacts ADD CONSTRAINT made FOREIGN KEY (tenant_id, maker) REFERENCES users (tenant_id, id);",
            "adding-foreign-key-constraint",
        ),
        ("CREATE INDEX contacts_title ON contacts (tenant_id, job_title);", "require-concurrent-index-creation"),
        ("DROP INDEX contacts_name;", "require-concurrent-index-deletion"),
        ("UPDATE contacts SET favorite = false;", "rows-belong-to-backfills"),
        ("-- more\nINSERT INTO labels SELECT * FROM labels;", "rows-belong-to-backfills"),
        ("DO $$ BEGIN UPDATE contacts SET favorite = false; END $$;", "rows-belong-to-backfills"),
    ],
)
def test_what_would_disturb_is_found(sql: str, rule: str) -> None:
    assert rule in faults(_expand(sql), BEFORE)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE contacts ADD COLUMN pronouns text;",
        "ALTER TABLE contacts ADD COLUMN pronouns text NOT NULL DEFAULT 'they';",
        "ALTER TABLE contacts ADD CONSTRAINT adult CHECK (age > 17) NOT VALID;",
        "ALTER TABLE contacts VALIDATE CONSTRAINT adult;",
        "CREATE TABLE notes (tenant_id uuid NOT NULL REFERENCES tenants (id), id uuid NOT NULL, PRIMARY KEY (tenant_id, id));",
        "CREATE TABLE notes (id uuid PRIMARY KEY, at timestamptz NOT NULL);\nCREATE INDEX notes_at ON notes (at);",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON contacts TO address_book_app;",
        "CREATE FUNCTION one() RETURNS void LANGUAGE sql AS $$ UPDATE contacts SET favorite = false $$;",
    ],
)
def test_what_disturbs_nobody_is_let_through(sql: str) -> None:
    assert faults(_expand(sql), BEFORE) == set()


def test_an_index_beside_the_service_is_let_through() -> None:
    sql = "CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_title ON contacts (tenant_id, job_title)"
    assert faults(Migration("5_later.py", sql, "", None, "contacts_title"), BEFORE) == set()


@pytest.mark.parametrize(
    ("after", "found"),
    [(None, {"ban-drop-column"}), ("1.0", set()), ("1.1", set()), ("1.2", {"contract-before-release"})],
)
def test_what_a_release_needs_is_taken_away_after_the_next_one_alone(after: str | None, found: set[str]) -> None:
    drop = Migration("5_drop.py", "ALTER TABLE contacts DROP COLUMN nickname;", "", after, None)
    assert faults(drop, BEFORE) == found


def test_a_contract_renames_nothing() -> None:
    rename = Migration("5_rename.py", "ALTER TABLE contacts RENAME COLUMN phone TO telephone;", "", "1.1", None)
    assert faults(rename, BEFORE) == {"renaming-column"}


async def test_the_schema_of_the_last_release_becomes_what_is_committed(fresh: Database) -> None:
    owner = await asyncpg.connect(fresh.owner)
    for name in known_migrations():
        if number(name) <= number(LAST.migration):
            await migrations.apply(owner, await read(FOLDER / name), lambda _: None)
    assert await migrate(fresh.owner, VAULT) == NEWER
    assert (await dump(owner)).splitlines() == COMMITTED.read_text(encoding="utf-8").splitlines()
    await owner.close()


def _expand(sql: str) -> Migration:
    return Migration("5_later.py", sql, "", None, None)
