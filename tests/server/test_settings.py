"""Settings: read once, from the environment or from files, and refused all at once with no value shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from server import settings_page
from server.__main__ import cli
from server.database import ROOT
from server.settings import BadSettings, Common, Console, Migration, Settings, load

SECRET = "vT3q9LxZ0pWm6RsK2uYd8NfGh4JcBa7E"
KEYS = json.dumps([{"kid": "one", "key": SECRET, "active": True}])
LEAST = {"DATABASE_URL": "postgresql://app:hush@db/book", "JWT_KEYS": KEYS, "SECRET_KEYS": "mX4vB8nQ2wE6rT0yU3iO7pA1sD5fG9hJ"}
PRODUCTION = LEAST | {"ENVIRONMENT": "production", "METRICS_PORT": "9000", "MAIL": "off"}


def faults(environ: dict[str, str], kind: type[Common] = Settings) -> list[str]:
    """The lines with which these settings are refused."""
    with pytest.raises(BadSettings) as refused:
        load(environ, kind)
    # The cause would carry the values along.
    assert refused.value.__context__ is None or refused.value.__suppress_context__
    return str(refused.value).split("\n")


def test_three_are_enough_in_development() -> None:
    settings = load(LEAST, Settings)
    assert (settings.host, settings.port, settings.environment.value) == ("127.0.0.1", 8000, "development")
    assert (settings.bcrypt_cost, settings.metrics_port) == (12, None)
    assert (settings.open_to_developers, settings.introspectable) == (True, True)


def test_each_command_takes_its_own_alone() -> None:
    assert faults({}, Migration) == ["SECRET_KEYS: Field required", "MIGRATION_DATABASE_URL: Field required"]
    assert faults({}, Console) == ["SECRET_KEYS: Field required", "DATABASE_URL: Field required"]
    assert faults({}, Settings) == [
        "SECRET_KEYS: Field required",
        "DATABASE_URL: Field required",
        "JWT_KEYS: Field required",
    ]
    wrong = {"PORT": "x", "JWT_KEYS": "x", "BCRYPT_COST": "x", "SECRET_KEYS": LEAST["SECRET_KEYS"]}
    owner = "postgresql://owner:hush@db/book"
    assert load(wrong | {"MIGRATION_DATABASE_URL": owner}, Migration).migration_database_url.get_secret_value() == owner
    assert faults(wrong | {"DATABASE_URL": owner, "ENVIRONMENT": "production", "BCRYPT_COST": "4"}, Console) == [
        "BCRYPT_COST: must be at least 12 in production"
    ]


def test_every_fault_is_told_at_once_and_no_value() -> None:
    hush = "hush-hush-value"
    told = faults(
        {
            "ENVIRONMENT": hush,
            "PORT": hush,
            "LOG_LEVEL": hush,
            "BCRYPT_COST": "99",
            "JWT_KEYS": json.dumps([{"kid": "one", "key": "hush-hush-value", "active": False}, 3]),
            "SECRET_KEYS": hush,
            "REDIS_URL": f"redis://default:{hush}/x@localhost:6379",
            "CORS_ALLOWED_ORIGINS": "*",
            "TRUSTED_PROXIES": f"10.0.0.0/8,{hush}",
            "HOST_FILE": f"/nowhere/{hush}",
        }
    )
    assert told == [
        "HOST_FILE: cannot be read",
        "ENVIRONMENT: Input should be 'development', 'stage' or 'production'",
        "LOG_LEVEL: String should match pattern '^(DEBUG|INFO|WARNING|ERROR)$'",
        "SECRET_KEYS: secret 1 is shorter than 32 bytes",
        "DATABASE_URL: Field required",
        "BCRYPT_COST: Input should be less than or equal to 16",
        "PORT: Input should be a valid integer, unable to parse string as an integer",
        "JWT_KEYS: key 1 is shorter than 32 bytes; key 2 is not an object; exactly one key must be active",
        "REDIS_URL: must look like rediss://user:password@host:port/0; percent-encode what is special in a password",
        "CORS_ALLOWED_ORIGINS: names origins, never *",
        "TRUSTED_PROXIES: Input is not a valid IPv4 network",
        "TRUSTED_PROXIES: Input is not a valid IPv6 network",
    ]
    assert hush not in "\n".join(told)


def test_production_refuses_what_development_allows() -> None:
    weak = LEAST | {"BCRYPT_COST": "11"}
    assert load(weak, Settings).bcrypt_cost == 11
    assert faults(weak | {"ENVIRONMENT": "production"}) == [
        "BCRYPT_COST: must be at least 12 in production",
        "MAIL: give SMTP_URL, or say MAIL=off",
        "METRICS_PORT: required in production, so that /metrics is not public",
    ]
    assert load(PRODUCTION, Settings).metrics_port == 9000


def test_production_hides_what_is_for_developers_unless_told_otherwise() -> None:
    hidden = load(PRODUCTION, Settings)
    assert (hidden.open_to_developers, hidden.introspectable) == (False, False)
    shown = load(PRODUCTION | {"GRAPHIQL": "true", "INTROSPECTION": "true"}, Settings)
    assert (shown.open_to_developers, shown.introspectable) == (True, True)


def test_a_drain_takes_five_seconds_in_production_and_none_elsewhere_unless_told_otherwise() -> None:
    assert [load(given, Settings).draining_seconds for given in (LEAST, PRODUCTION)] == [0.0, 5.0]
    assert load(PRODUCTION | {"DRAIN_SECONDS": "0"}, Settings).draining_seconds == 0.0
    assert load(LEAST | {"DRAIN_SECONDS": "2.5"}, Settings).draining_seconds == 2.5


@pytest.mark.parametrize(
    "url", ["redis://localhost", "rediss://throttle:p%40ss@redis.internal:6380/3", "redis+cluster://u:p@a:7000,b:7001"]
)
def test_the_address_of_a_redis_is_a_url(url: str) -> None:
    kept = load(LEAST | {"REDIS_URL": url}, Settings).redis_url
    assert kept is not None
    assert kept.get_secret_value() == url


@pytest.mark.parametrize("url", ["http://localhost:6379", "redis://", "redis://localhost:x", "redis://[::1", "localhost:6379"])
def test_another_address_is_no_redis(url: str) -> None:
    assert [told.partition(":")[0] for told in faults(LEAST | {"REDIS_URL": url})] == ["REDIS_URL"]


@pytest.mark.parametrize("key", ["changeme", "x" * 40, "-----BEGIN PRIVATE KEY----- of something"])
def test_a_weak_key_is_refused_everywhere(key: str) -> None:
    told = faults(LEAST | {"JWT_KEYS": json.dumps([{"kid": "one", "key": key, "active": True}])})
    assert len(told) == 1
    assert told[0].startswith("JWT_KEYS: key 1 ")
    assert key not in told[0]


def test_each_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{KEYS}\n")
    (tmp_path / "dsn").write_text("postgresql://app:from-a-file@db/book\n")
    (tmp_path / "port").write_text("8100\n")
    settings = load(
        {f"{name}_FILE": str(tmp_path / file) for name, file in (("JWT_KEYS", "keys"), ("DATABASE_URL", "dsn"), ("PORT", "port"))}
        | {"SECRET_KEYS": LEAST["SECRET_KEYS"]},
        Settings,
    )
    assert settings.database_url.get_secret_value() == "postgresql://app:from-a-file@db/book"
    assert settings.jwt_keys.get_secret_value() == KEYS
    assert settings.port == 8100


def test_a_value_stands_before_its_file_and_an_empty_one_is_none(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("8100")
    assert load(LEAST | {"PORT": "8200", "PORT_FILE": str(file)}, Settings).port == 8200
    assert load(LEAST | {"PORT": "", "PORT_FILE": str(file)}, Settings).port == 8100
    assert load(LEAST | {"PORT": "", "PORT_FILE": ""}, Settings).port == 8000


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_bytes(b"\xff\xfe")
    assert faults(LEAST | {"PORT_FILE": str(file)}) == ["PORT_FILE: cannot be read"]


def test_lists_are_separated_by_commas() -> None:
    settings = load(
        LEAST | {"CORS_ALLOWED_ORIGINS": "https://a.example, https://b.example,", "TRUSTED_PROXIES": "10.0.0.0/8,fd00::/8"},
        Settings,
    )
    assert settings.cors_allowed_origins == ["https://a.example", "https://b.example"]
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "fd00::/8"]


@pytest.mark.parametrize("password", ["change-me", "postgres", "Password", "p%6fstgres"])
@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "SMTP_URL"])
def test_a_password_that_everybody_tries_first_is_for_development_alone(name: str, password: str) -> None:
    scheme = {"DATABASE_URL": "postgresql", "REDIS_URL": "rediss", "SMTP_URL": "smtps"}[name]
    given = PRODUCTION | {name: f"{scheme}://app:{password}@host.example", "MAIL_FROM": "a@b.example"}
    assert load(given | {"ENVIRONMENT": "development"}, Settings)
    for environment in ("stage", "production"):
        told = faults(given | {"ENVIRONMENT": environment})
        assert f"{name}: has a published or default password" in told


def test_the_template_s_values_start_no_server() -> None:
    text = (ROOT / "deploy/secrets/secrets.env.example").read_text(encoding="utf-8")
    given = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    fields = Settings.model_fields | Migration.model_fields
    assert sorted(given) == sorted(name.upper() for name, field in fields.items() if "SecretStr" in str(field.annotation))
    more = {
        "ENVIRONMENT": "production",
        "METRICS_PORT": "9000",
        "MAIL": "off",
        "MAIL_FROM": "a@b.example",
        "PUBLIC_URL": "https://b.example",
    }
    assert {line.partition(":")[0] for line in faults(given | more)} == {
        "DATABASE_URL",
        "JWT_KEYS",
        "SECRET_KEYS",
        "REDIS_URL",
        "SMTP_URL",
    }
    owner = {name: given[name] for name in ("MIGRATION_DATABASE_URL", "SECRET_KEYS")} | {"ENVIRONMENT": "production"}
    assert {line.partition(":")[0] for line in faults(owner, Migration)} == {"MIGRATION_DATABASE_URL", "SECRET_KEYS"}


def test_secrets_do_not_stand_in_a_printed_form() -> None:
    printed = repr(load(LEAST, Settings)) + str(load(LEAST, Settings))
    assert "hush" not in printed
    assert SECRET not in printed


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load(LEAST, Settings).port = 1  # type: ignore[misc]


def test_the_page_of_settings_is_fresh_and_explains_each() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page.page(), "run `make settings`"
    fields = Settings.model_fields | Migration.model_fields
    assert all(field.description and field.description.endswith(".") for field in fields.values())
    assert sorted(line.split("`")[1].lower() for line in page.splitlines() if line.startswith("| `")) == sorted(fields)
    secret = [line.split("`")[1] for line in page.splitlines() if "` 🔒 |" in line]
    shared = ["SECRET_KEYS", "MIGRATION_DATABASE_URL", "DATABASE_URL"]
    assert secret == [*shared, "JWT_KEYS", "REDIS_URL", "SMTP_URL", "OTLP_HEADERS"]


def test_the_page_of_settings_names_the_commands_that_there_are() -> None:
    titles = " ".join(line for line in settings_page.page().splitlines() if line.startswith("## "))
    named = {words.removeprefix("python -m server ") for words in re.findall(r"`([^`]+)`", titles)}
    groups = {group.name for group in cli.registered_groups}
    commands = {command.name or getattr(command.callback, "__name__", "") for command in cli.registered_commands}
    assert named == groups | commands - {"dev", "schema", "settings"}
