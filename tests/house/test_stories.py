"""Stories run through both transports, or their module says why it cannot."""

from __future__ import annotations

import ast
from pathlib import Path

STORIES = Path(__file__).resolve().parent.parent / "stories"

ONE_SIDED = {
    "test_audit_log": "each act of the list by the ways that have it, and the log itself, which the old routes have not",
    "test_browser": "GraphiQL and Swagger UI in a browser",
    "test_contacts": "the three states of a patch, labels and the trash, which the old routes have not",
    "test_database_faults": "what is true below both, while Postgres fails",
    "test_ended_sessions": "why a session ended, which the old clients are not told",
    "test_exports": "exports, which the old routes have not",
    "test_finding": "cursors, filters and orders of the connection",
    "test_first_day": "the first slice, kept as the shortest example",
    "test_idempotency": "both, by ways of their own that tell the whole answer",
    "test_invitations": "invitations, which the old routes have not",
    "test_labels": "labels, which the old routes have not",
    "test_leaving": "leaving and legal hold, which the old routes have not; that they too change nothing is told here",
    "test_letters": "what is mailed, below both",
    "test_links": "the links of letters, and sign-up by letter, which the old routes have not",
    "test_link_pages": "the pages of the links in a browser",
    "test_legacy_postman": "the exact shapes of the old service",
    "test_legacy_ui": "the exact shapes of the old UI",
    "test_moving_in": "one move over the command line, which people then find by both transports",
    "test_people": "roles, which the old routes cannot give",
    "test_bad_luck": "what becomes of connections, below both",
    "test_robustness": "what goes wrong below both",
    "test_caches": "what is kept, by either way in turn",
    "test_second_factors": "enrolling and proving, which the old routes have not; that they never go past it is told here",
    "test_secrets_hidden": "what a process shows, below both",
    "test_secrets_rotate": "what holds below both while secrets change",
    "test_sessions_unreadable": "it asks both, while Postgres is away",
    "test_shared_throttle": "what holds below both, in every process",
    "test_signing_in": "the cookie, the list of sessions and the reuse of tokens in detail",
    "test_tenants": "settings and summaries, which the old routes have not",
    "test_told_to_operators": "what the log and the metrics tell of a day in which both are used",
    "test_traces": "what stands in a trace, below both",
    "test_two_processes": "what holds below both, in every process",
}
"""The modules of one transport, each with its reason."""

ACROSS = {"test_what_one_way_writes_the_other_reads", "test_a_session_of_one_way_is_ended_by_the_other"}
"""The stories that go from one transport to the other, and so take both."""


def test_a_story_takes_the_transport_or_its_module_says_why_not() -> None:
    for path in STORIES.glob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        stories = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")]
        both = {story.name for story in stories if "transport" in {argument.arg for argument in story.args.args}}
        if path.stem not in ONE_SIDED:
            assert {story.name for story in stories} - both == ACROSS, path.name
    assert {path.stem for path in STORIES.glob("test_*.py")} == ONE_SIDED.keys() | {"test_both"}


def test_mallory_is_in_every_story_of_both_transports() -> None:
    tree = ast.parse((STORIES / "test_both.py").read_text(encoding="utf-8"))
    stories = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")]
    assert len(stories) == 13
    assert [story.name for story in stories if "mallory" not in ast.dump(story)] == []
