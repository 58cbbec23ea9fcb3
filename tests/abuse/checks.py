"""What schemathesis holds each answer against: it loads this file by SCHEMATHESIS_HOOKS, in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import schemathesis

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.watched import INSIDES


@schemathesis.check
def kept_inside(ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case) -> None:
    """No 5xx but 503, nothing that nobody expected, and nothing of our insides."""
    assert response.status_code < 500 or response.status_code == 503, f"a {response.status_code}"
    text = response.content.decode("utf-8", "replace")
    assert '"INTERNAL"' not in text, f"unexpected: {text}"
    told = INSIDES.search(text)
    assert told is None, f"tells {told and told[0]}: {text}"
