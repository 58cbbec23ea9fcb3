"""The settings of traces, and what is refused of them."""

from __future__ import annotations

import pytest

from server.settings import BadSettings, Settings, load
from tests.server.test_settings import LEAST


@pytest.mark.parametrize(
    "url", ["collector:4318", "ftp://collector/v1/traces", "http://", "http://user:hush@collector/v1/traces", "http://[x"]
)
def test_an_endpoint_that_is_none_is_refused_without_its_value(url: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load(LEAST | {"OTLP_ENDPOINT": url}, Settings)
    assert str(refused.value) == "OTLP_ENDPOINT: must be http://host:port/v1/traces; a key belongs into OTLP_HEADERS"


def test_headers_that_are_none_are_refused_without_their_value() -> None:
    with pytest.raises(BadSettings) as refused:
        load(LEAST | {"OTLP_HEADERS": "x-api-key: hush"}, Settings)
    text = "OTLP_HEADERS: must be name=value, separated by commas; percent-encode what is special in a value"
    assert str(refused.value) == text


def test_the_headers_are_a_secret() -> None:
    settings = load(LEAST | {"OTLP_ENDPOINT": "https://collector.example/v1/traces", "OTLP_HEADERS": "x-api-key=hush"}, Settings)
    assert settings.otlp_headers is not None
    assert settings.otlp_headers.get_secret_value() == "x-api-key=hush"
    assert "hush" not in repr(settings)
