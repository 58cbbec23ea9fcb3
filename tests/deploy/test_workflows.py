"""The workflows hold no program of their own, trust nothing that can be moved, and may do no more than each job needs."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.database import ROOT

FILES = {path.stem: path for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
FLOWS: dict[str, dict[Any, Any]] = {name: yaml.safe_load(path.read_text(encoding="utf-8")) for name, path in FILES.items()}
JOBS = [(flow, name, job) for flow, all_of_it in FLOWS.items() for name, job in all_of_it["jobs"].items()]
STEPS = [(flow, name, step) for flow, name, job in JOBS for step in job.get("steps", ())]
COMMANDS = sorted({step["run"].strip() for _, _, step in STEPS if "run" in step})
ON = True
"""YAML 1.1 takes the key `on` for a truth value."""

NOT_RUN_HERE = {
    "deploy/scripts/sign": "cosign is not to be had here, nor the forge's token by which it signs",
    "deploy/scripts/verify": "cosign looks the signature up in a public log; verify-by-policy is run in its place",
}
"""Scripts that run to their end in workflows alone, each with why; the others are run by CI, by `make full`, or by a test."""

WRITES = {
    ("release", "image"): {"packages", "id-token"},
    ("release", "dev"): {"id-token"},
    ("release", "stage"): {"id-token"},
    ("release", "prod"): {"id-token"},
    ("deploy", "deploy"): {"id-token"},
}
"""The jobs that may write something, and what; a job that calls a workflow passes on what the jobs there ask for."""

DEPLOY = ["verify", "promote", "restore-point", "migrate", "rollout", "smoke", "slo-watch", "rollback", "record"]


def test_there_are_five() -> None:
    assert list(FLOWS) == ["ci", "deploy", "drills", "release", "security"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_step_is_one_line_that_calls_a_script_of_ours(command: str) -> None:
    assert "\n" not in command
    assert "${{" not in command, "what comes from outside is passed by the environment, never written into a command"
    script, *arguments = command.split()
    assert [word for word in arguments if not re.fullmatch(r'[a-z0-9-]+|"([a-z-]*\$[A-Z_]+)"', word)] == []
    if script == "make":
        assert re.search(rf"^{arguments[0]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    else:
        assert os.access(ROOT / script, os.X_OK), script


@pytest.mark.parametrize("script", sorted({command.split()[0] for command in COMMANDS} - {"make", ".ci/run", ".ci/delivery"}))
def test_a_script_that_a_workflow_calls_is_run_here_or_says_why_not(script: str) -> None:
    proofs = {
        *(ROOT / "tests").rglob("*.py"),
        ROOT / ".ci/run",
        ROOT / ".ci/delivery",
        ROOT / "Makefile",
        ROOT / "deploy/scripts/image",
    } - {Path(__file__)}
    call = rf'"{script}"|run\("{script.rpartition("/")[2]}"|^\t?(?:\S+ )*{script}$'
    run = any(re.search(call, path.read_text(encoding="utf-8"), re.MULTILINE) for path in proofs)
    assert run != (script in NOT_RUN_HERE)


@pytest.mark.parametrize("name", FILES)
def test_an_action_is_pinned_to_a_commit_with_its_version_beside_it(name: str) -> None:
    lines = re.findall(r"^\s*(?:- )?uses: (.*)$", FILES[name].read_text(encoding="utf-8"), re.MULTILINE)
    assert lines
    for line in lines:
        own = re.fullmatch(r"\$/(\.github/workflows/[a-z]+\.yml)", line)
        assert (ROOT / own[1]).is_file() if own else re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_an_action_has_one_version_everywhere() -> None:
    used = {step["uses"] for _, _, step in STEPS if "uses" in step}
    assert len(used) == len({one.partition("@")[0] for one in used})


def test_an_image_is_pinned_to_its_digest() -> None:
    images = {job["container"]["image"] for _, _, job in JOBS if "container" in job}
    assert len(images) == 1
    assert re.fullmatch(r"[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}", images.pop())


@pytest.mark.parametrize("name", FILES)
def test_a_workflow_grants_nothing_by_itself_and_waits_for_itself(name: str) -> None:
    assert FLOWS[name]["permissions"] == {}
    assert FLOWS[name]["concurrency"]["group"]


@pytest.mark.parametrize(("flow", "name", "job"), JOBS, ids=[f"{flow}.{name}" for flow, name, _ in JOBS])
def test_a_job_may_do_what_it_needs_and_ends(flow: str, name: str, job: dict[str, Any]) -> None:
    assert {what for what, how in job["permissions"].items() if how == "write"} == WRITES.get((flow, name), set())
    assert job["permissions"].keys() <= {"contents", "packages", "id-token"}
    assert "uses" in job or 0 < job["timeout-minutes"] <= 360


def test_no_checkout_leaves_its_credentials_behind() -> None:
    kept = [step["with"].get("persist-credentials") for _, _, step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert len(kept) > 5
    assert set(kept) == {False}


def test_no_key_is_stored_and_no_stranger_runs_with_rights() -> None:
    for name, path in FILES.items():
        text = path.read_text(encoding="utf-8")
        assert "secrets." not in text, "jobs sign in by tokens of their own, which last for minutes"
        assert "secrets: inherit" not in text
        assert FLOWS[name][ON].keys() <= {"pull_request", "merge_group", "push", "schedule", "workflow_call", "workflow_dispatch"}


def test_what_a_stranger_can_start_reads_and_no_more() -> None:
    started = [name for name, flow in FLOWS.items() if "pull_request" in flow[ON]]
    assert started == ["ci"]
    assert {how for job in FLOWS["ci"]["jobs"].values() for how in job["permissions"].values()} == {"read"}
    assert {job["runs-on"] for job in FLOWS["ci"]["jobs"].values()} == {"ubuntu-24.04"}, (
        "no machine of ours runs a stranger's change"
    )


def test_main_is_proved_then_built_once_then_brought_to_one_environment_after_the_other() -> None:
    assert FLOWS["release"][ON]["push"]["branches"] == ["main"]
    jobs = FLOWS["release"]["jobs"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "ci": None,
        "image": "ci",
        "dev": "image",
        "stage": ["image", "dev"],
        "prod": ["image", "stage"],
    }
    for name in ("dev", "stage", "prod"):
        assert jobs[name]["uses"] == "$/.github/workflows/deploy.yml"
        assert jobs[name]["with"] == {"environment": name, "image": "${{ needs.image.outputs.image }}"}


def test_a_deploy_takes_its_steps_in_order_and_the_way_back_only_when_something_failed() -> None:
    job = FLOWS["deploy"]["jobs"]["deploy"]
    assert job["environment"] == "${{ inputs.environment }}", "who approves, and from which branch, is set on the environment"
    steps = [step for step in job["steps"] if "run" in step]
    assert [step["run"].split()[0].rpartition("/")[2] for step in steps] == DEPLOY
    assert [step.get("if") for step in steps] == [
        *(None, None, "inputs.environment != 'dev'", None, None, None, "inputs.environment != 'dev'"),
        "(failure() || cancelled()) && steps.rollout.conclusion != 'skipped'",
        None,
    ]
    assert not any("continue-on-error" in step for _, _, step in STEPS)
    assert list(FLOWS["deploy"]["jobs"]) == ["deploy"], "the record follows the way back: its failure takes nothing back"


def test_a_machine_of_ours_is_named_by_its_group_which_serves_one_file_of_main() -> None:
    """Any branch's workflow may name a label."""
    ours = {flow: job["runs-on"] for flow, _, job in JOBS if job.get("runs-on", "ubuntu-24.04") != "ubuntu-24.04"}
    assert ours == {
        "deploy": {"group": "address-book-${{ inputs.environment }}"},
        "drills": {"group": "address-book-drills"},
    }
    page = (ROOT / "docs" / "supply-chain.md").read_text(encoding="utf-8")
    assert all(f"`{flow}.yml@refs/heads/main`" in page for flow in ours)


def test_overlays_are_read_and_written_on_main_with_all_that_they_named() -> None:
    """What called the workflow is older than what was recorded of the environment before."""
    for job in FLOWS["deploy"]["jobs"].values():
        checkout = job["steps"][0]["with"]
        assert (checkout["ref"], checkout["fetch-depth"]) == ("main", 0)


def test_what_asks_whether_it_serves_is_told_as_whom() -> None:
    environment = FLOWS["deploy"]["jobs"]["deploy"]["env"]
    assert {name for name in environment if name.startswith("SMOKE_")} == {"SMOKE_TENANT", "SMOKE_USER", "SMOKE_PASSWORD_FILE"}
    assert all(value == f"${{{{ vars.{name} }}}}" for name, value in environment.items() if name.startswith("SMOKE_"))


def test_there_is_a_night_and_a_week() -> None:
    assert re.fullmatch(r"\d+ \d+ \* \* \*", FLOWS["security"][ON]["schedule"][0]["cron"])
    assert re.fullmatch(r"\d+ \d+ \* \* \d", FLOWS["drills"][ON]["schedule"][0]["cron"])


def test_dependabot_looks_at_every_place_that_names_a_dependency() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    looked = {(one["package-ecosystem"], place) for one in updates for place in one.get("directories", [one.get("directory")])}
    node = {("npm", f"/{path.parent.relative_to(ROOT)}") for path in ROOT.glob("*/*/package-lock.json")}
    assert len(node) == 3
    assert looked == node | {("pip", "/"), ("pip", "/bench"), ("docker", "/deploy/docker"), ("github-actions", "/")}
    assert all(one["cooldown"]["default-days"] >= 7 for one in updates)
