import asyncio
import io
import json
import logging as stdlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from observability import logging as log

PRIVATE = {
    "password": "canary-password",
    "token": "canary-token",
    "email": "canary@example.org",
    "phone": "canary-phone",
    "notes": "canary-notes",
    "variables": {"input": {"givenName": "canary-name"}},
}


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = stdlib.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.configure("debug", stream=stream)
    stdlib.getLogger("asyncio").setLevel(stdlib.INFO)  # at DEBUG it tells each new loop
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    stdlib.getLogger("asyncio").setLevel(stdlib.NOTSET)
    log.output.__init__()  # type: ignore[misc]


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_object_with_time_level_event_and_what_is_bound(stream: io.StringIO) -> None:
    before = datetime.now(UTC)
    with log.bound(request_id="r1", tenant="t1", user="u1", trace_id="0" * 32, operation="contacts"):
        log.logger("server").info("request", status=200)
    (line,) = lines(stream)
    written = line.pop("time")
    assert written.endswith("Z")
    assert before <= datetime.fromisoformat(written) <= datetime.now(UTC)
    assert line == {
        "logger": "server",
        "level": "info",
        "event": "request",
        "status": 200,
        "request_id": "r1",
        "tenant": "t1",
        "user": "u1",
        "trace_id": "0" * 32,
        "operation": "contacts",
    }


def test_what_is_bound_ends_with_its_block(stream: io.StringIO) -> None:
    with log.bound(tenant="a"):
        with log.bound(tenant="b"):
            log.logger("x").info("inner")
        log.logger("x").info("outer")
    log.logger("x").info("none")
    assert [line.get("tenant") for line in lines(stream)] == ["b", "a", None]


async def test_what_one_task_binds_no_other_sees(stream: io.StringIO) -> None:
    async def request(tenant: str) -> None:
        with log.bound(tenant=tenant):
            await asyncio.sleep(0)
            log.logger("x").info("request", of=tenant)

    await asyncio.gather(*(request(f"t{n}") for n in range(20)))
    assert [(line["tenant"], line["of"]) for line in lines(stream)] == [(f"t{n}", f"t{n}") for n in range(20)]


def test_no_canary_reaches_a_line(stream: io.StringIO) -> None:
    logger = log.logger("x")
    with log.bound(**PRIVATE):
        logger.info("bound")
    logger.info("given", **PRIVATE)
    logger.info("nested", request=[{"deep": PRIVATE}])
    logger.info("mail to canary@example.org with Bearer canary-token")
    stdlib.getLogger("aiohttp.server").error("for %s", "canary@example.org")
    assert [line["event"] for line in lines(stream)][:3] == ["bound", "given", "nested"]
    assert len(lines(stream)) == 5
    assert "canary" not in stream.getvalue()


def test_an_exceptions_row_values_and_locals_stay_out(stream: io.StringIO) -> None:
    class IntegrityError(Exception):
        sqlstate = "23505"

    canary = "canary-local"
    try:
        raise IntegrityError(f"duplicate key\nDETAIL:  Key (email)=(ada@example.org) exists.{canary[:0]}")
    except IntegrityError:
        log.logger("x").exception("save failed")
        stdlib.getLogger("y").exception("save failed too")
    first, second = lines(stream)
    for line in (first, second):
        assert line["level"] == "error"
        assert line["error"]["message"] == "duplicate key"
        assert line["error"]["sqlstate"] == "23505"
        (frame,) = line["error"]["frames"]
        assert frame.startswith("tests/observability/test_logging.py:")
        assert frame.endswith(" test_an_exceptions_row_values_and_locals_stay_out")
    assert "ada@" not in stream.getvalue()
    assert "canary" not in stream.getvalue()


@pytest.mark.parametrize("poison", ['x\n{"event": "forged"}', 'x", "event": "forged', "x\r\n{", "x\u2028{", "x\u0085{"])
def test_nobody_forges_a_line(stream: io.StringIO, poison: str) -> None:
    log.logger("x").info(poison, value=poison)
    stdlib.getLogger("y").info("%s", poison)
    first, second = lines(stream)
    assert (first["event"], first["value"]) == (poison, poison)
    assert second["event"] == poison.partition("\n")[0]


@pytest.mark.parametrize("value", ["\ud800", 2**70])
def test_what_orjson_cannot_write_is_written_all_the_same(stream: io.StringIO, value: Any) -> None:
    log.logger("x").info("odd", value=value)
    assert lines(stream)[0]["value"] == value


def test_the_standard_librarys_records_join_in(stream: io.StringIO) -> None:
    with log.bound(request_id="r1"):
        stdlib.getLogger("aiohttp.access").warning("slow %d", 3)
    (line,) = lines(stream)
    del line["time"]
    assert line == {"logger": "aiohttp.access", "level": "warning", "event": "slow 3", "request_id": "r1"}


def test_a_record_whose_arguments_do_not_fit_is_not_lost(stream: io.StringIO) -> None:
    (routed,) = (handler for handler in stdlib.getLogger().handlers if type(handler) is log._Routed)
    routed.handle(stdlib.makeLogRecord({"name": "x", "msg": "%d of", "args": ("canary",), "levelno": stdlib.WARNING}))
    assert lines(stream)[0]["event"] == "%d of"
    assert "canary" not in stream.getvalue()


async def test_asyncios_reprs_of_results_stay_out(stream: io.StringIO) -> None:
    asyncio.get_running_loop().call_exception_handler({"message": "never retrieved", "future": "canary"})
    assert [line["event"] for line in lines(stream)] == ["never retrieved"]
    assert "canary" not in stream.getvalue()


@pytest.mark.parametrize("name", ["tortoise", "tortoise.db_client", "asyncpg", "asyncpg.pool"])
def test_sql_with_its_values_is_never_logged(stream: io.StringIO, name: str) -> None:
    logger = stdlib.getLogger(name)
    logger.debug("INSERT %s", "canary")
    logger.setLevel(stdlib.DEBUG)
    try:
        logger.debug("INSERT %s", "canary")
        logger.info("INSERT %s", "canary")
        logger.warning("lost")
    finally:
        logger.setLevel(stdlib.NOTSET)
    assert [line["event"] for line in lines(stream)] == ["lost"]


def test_the_level_changes_while_running(stream: io.StringIO) -> None:
    logger = log.logger("x")
    for level in ("error", "WARNING", "info", "debug"):
        log.set_level(level)
        for method in ("debug", "info", "warning", "error"):
            getattr(logger, method)(f"{method} at {level}")
        stdlib.getLogger("y").info(f"routed at {level}")
    assert [line["event"] for line in lines(stream)] == [
        "error at error",
        "warning at WARNING",
        "error at WARNING",
        "info at info",
        "warning at info",
        "error at info",
        "routed at info",
        "debug at debug",
        "info at debug",
        "warning at debug",
        "error at debug",
        "routed at debug",
    ]
    log.set_level("error")
    assert stdlib.getLogger("tortoise").level == stdlib.ERROR


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown log level, expected one of debug, info, warning, error, critical"):
        log.set_level("loud")


@pytest.mark.parametrize("failure", [OSError(28, "No space left"), BrokenPipeError(), ValueError("closed")])
def test_a_failing_stream_fails_no_request(stream: io.StringIO, failure: Exception) -> None:
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise failure

    log.configure("info", stream=Full())
    log.logger("x").info("lost")
    stdlib.getLogger("y").error("lost too")
    assert log.output.lost == 2
    log.configure("info", stream=stream)
    log.logger("x").info("back")
    assert [line["event"] for line in lines(stream)] == ["back"]


def test_configuring_twice_writes_each_line_once(stream: io.StringIO) -> None:
    log.configure("info", stream=stream)
    stdlib.getLogger("y").info("once")
    assert [line["event"] for line in lines(stream)] == ["once"]


def test_stdout_is_the_default(stream: io.StringIO, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log.configure("info")
    log.logger("x").info("blåbær")
    assert json.loads(capfdbinary.readouterr().out)["event"] == "blåbær"
    assert stream.getvalue() == ""


def test_a_person_reads_plain_text_without_secrets(stream: io.StringIO) -> None:
    log.configure("info", stream=stream, json=False)
    try:
        raise ValueError("boom")
    except ValueError:
        log.logger("x").exception("failed", password="canary")
    assert "[error    ] failed" in stream.getvalue()
    assert "boom" in stream.getvalue()
    assert "canary" not in stream.getvalue()
