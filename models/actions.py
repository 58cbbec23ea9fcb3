"""What the audit log tells of: each action, when it is written, its target and its details. `docs/audit.md` is printed from it."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from models.values import Row

Target = Literal["invitation", "job", "label", "session", "tenant", "user"]


class Action(NamedTuple):
    """What an action means. `target` is the kind of the id that its entries name, None where they name none."""

    when: str
    target: Target | None = None
    details: str = ""


ACTIONS: Final[dict[str, Action]] = {
    "contacts.deleted": Action("Contacts were removed for good.", details="`count`"),
    "email.verification_requested": Action("Somebody asked for a link to verify a user's address; it was mailed.", "user"),
    "email.verified": Action("Somebody proved by a mailed link that the address is theirs.", "user"),
    "export.fetched": Action("Somebody began to fetch a bundle of all that the tenant has.", "job"),
    "export.finished": Action("A bundle of all that the tenant has was made.", "job", "`size` in bytes"),
    "export.started": Action("Somebody asked for a bundle of all that the tenant has.", "job", "`format`"),
    "import.finished": Action("All of an older service's database was moved in.", "tenant", "`users`, `contacts`, `logins`; `by`"),
    "import.started": Action("Moving in from an older service's database began.", "tenant", "`by`"),
    "invitation.accepted": Action("Somebody joined by an invitation.", "invitation", "`role`"),
    "invitation.revoked": Action("An invitation was taken back.", "invitation"),
    "invitation.sent": Action("Somebody was invited.", "invitation", "`role`; `by` at the console, or an operator"),
    "job.cancelled": Action("A job was cancelled before it ended.", "job", "`kind` of the job"),
    "label.deleted": Action("A label was removed, from all contacts too.", "label"),
    "limit.reached": Action("A limit on attempts closed; what it then refuses is not told.", details="`kind` of the limit"),
    "login.failed": Action(
        "A password or a code was wrong or missing, or the account may not sign in.",
        "user",
        "`why`, where the password was right; `factor`, where a code was not",
    ),
    "login.succeeded": Action("A session began.", "session"),
    "logout": Action("A session was signed out.", "session"),
    "operator.added": Action("A user became an operator of the whole service.", "user", "`by`"),
    "operator.removed": Action("A user is no operator any more.", "user", "`by`"),
    "password.changed": Action("A password was changed.", "user", "`sessions_ended`; `by` at the console"),
    "password.refused": Action("A change of the password was refused, since the current one was wrong.", "user"),
    "password.reset": Action("A forgotten password was replaced by a mailed link.", "user", "`sessions_ended`"),
    "password.reset_requested": Action("Somebody asked for a link to replace a user's password; it was mailed.", "user"),
    "person.erased": Action(
        "All that was kept of one person was removed at the machine, as they asked.",
        "tenant",
        "how many rows of each table; `mark`, a keyed digest by which it is done again after a restore, then with `before`; `by`",
    ),
    "person.exported": Action(
        "All that is kept of one person was handed over at the machine.", "tenant", "how many rows of each table; `by`"
    ),
    "person.found": Action("What is kept of one person was counted at the machine.", "tenant", "how many rows of each table; `by`"),
    "reauthenticated": Action("Who is signed in proved it again, before something dangerous.", "session"),
    "reauthentication.refused": Action(
        "Who is signed in did not prove it: the password or the code was wrong or missing.", "session", "`factor`, `why`"
    ),
    "recovery_code.used": Action("A recovery code stood in for the authenticator, and is gone.", "user", "`left`"),
    "recovery_codes.made": Action("New recovery codes took the place of the old ones.", "user", "`count`"),
    "refresh.renewed": Action("An old client took new tokens for its session.", "session"),
    "refresh.reused": Action("A refresh token was used a second time, so its session was ended.", "session"),
    "refresh.succeeded": Action("A refresh token was spent for the next one.", "session"),
    "restore.finished": Action(
        "Rows of the tenant were brought back from a backup.", "tenant", "`users`, `labels`, `contacts` that were written; `by`"
    ),
    "restore.started": Action("Rows of the tenant begin to be brought back from a backup.", "tenant", "`by`"),
    "retention.applied": Action(
        "What had been kept long enough was removed.",
        "tenant",
        "how many rows of each kind (docs/retention.md); `audit_through`, up to which link the beginning of this log was cut off",
    ),
    "session.revoked": Action("A user ended one of their sessions from another one.", "session", "`count`, 0 where it was over"),
    "sessions.revoked": Action("A user ended all of their sessions, or all others.", "user", "`count`"),
    "tenant.changed": Action(
        "The tenant's name or settings were changed.",
        "tenant",
        "`fields`; the new `require_totp`, `legal_hold`, `trash_days`, `audit_days` where they were set; `by` an operator",
    ),
    "tenant.closed": Action("An operator closed the tenant, as the old routes delete one.", "tenant", "`by`"),
    "tenant.created": Action("An operator made the tenant.", "tenant", "`by`"),
    "tenant.deletion_cancelled": Action("An owner took back that the tenant is to be deleted.", "tenant"),
    "tenant.deletion_requested": Action(
        "The tenant is to be deleted, which its owners may take back until then.", "tenant", "`until`; `by` at the console"
    ),
    "tenant.exported": Action("A bundle was made at the machine.", "tenant", "`passwords`, whether their hashes are in it; `by`"),
    "tenant.held": Action("The tenant was put under legal hold at the machine.", "tenant", "`by`"),
    "tenant.imported": Action("The tenant came out of a bundle.", "tenant", "`at`, the moment of the bundle; `by`"),
    "tenant.released": Action("The tenant's legal hold was lifted at the machine.", "tenant", "`by`"),
    "tenant.resumed": Action("An operator let the tenant's people sign in again.", "tenant", "`by`"),
    "tenant.suspended": Action("An operator ended the tenant's sessions and refuses its people.", "tenant", "`by`"),
    "totp.disabled": Action("The second factor was taken away.", "user"),
    "totp.enabled": Action("A first code confirmed an authenticator.", "user", "`sessions_ended`"),
    "totp.enrolled": Action("A secret for an authenticator was made; it waits for its first code.", "user"),
    "totp.reset": Action("A lost authenticator was taken away at the machine.", "user", "`sessions_ended`, `by`"),
    "user.activated": Action("A user may sign in again.", "user", "`by`"),
    "user.changed": Action("A user was changed.", "user", "`fields`; the new `role` and `active` where they changed"),
    "user.created": Action("A user was made.", "user", "`role`, `by`"),
    "user.deactivated": Action("A user's sessions were ended, and they are refused.", "user", "`sessions_ended`, `by`"),
    "user.deleted": Action("A user was removed, with their sessions.", "user", "`role` that they had"),
    "user.signed_up": Action("Somebody made an account for themselves.", "user"),
    "user.signed_up_again": Action("Somebody signed up with an address that has an account; they were told by letter.", "user"),
}
"""Each action by its name. `by` is `console` where it was done at the machine, `operator` where by one of the whole service."""


def target(entry: Row) -> str | None:
    """The typed id of what an entry's action was done to, from its columns `action` and `target_id`."""
    known = ACTIONS.get(entry["action"])
    if entry["target_id"] is None or known is None or known.target is None:
        return None
    return f"{known.target}_{entry['target_id']}"
