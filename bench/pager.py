"""Where alerts arrive: a webhook of Alertmanager's, on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from email.message import Message
from typing import Any

from bench.sink import listening

Hear = Callable[[str, dict[str, Any]], None]
"""Is told the receiver, and an alert as Alertmanager sends it: status, labels, annotations."""


def paged(hear: Hear) -> AbstractContextManager[str]:
    """The webhook's address, as long as the block lasts; `hear` is called in other threads."""

    def take(path: str, _: Message, body: bytes) -> int:
        for alert in json.loads(body)["alerts"]:
            hear(path.strip("/"), alert)
        return 200

    return listening(take)
