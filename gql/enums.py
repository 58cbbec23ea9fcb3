"""Enums with a description for each of their values."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import strawberry

from models.values import ExportFormat, Gender, JobStatus, Role, SessionEndReason, SignupPolicy, TenantStatus

__all__ = ["ExportFormat", "Gender", "JobStatus", "Role", "SessionEndReason", "SignupPolicy", "TenantStatus", "described"]

E = TypeVar("E", bound=Enum)


def described(description: str, **meanings: str) -> Callable[[type[E]], type[E]]:
    """Makes an enum one of the schema's; each of its values wants a meaning."""

    def decorate(enum: type[E]) -> type[E]:
        known = strawberry.enum(enum, description=description)
        for value in known.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by the line above
            value.description = meanings[value.name]
        return enum

    return decorate


described(
    "What is made of all that a tenant has.",
    TENANT_BUNDLE="A ZIP file with a signed manifest, which another service takes in; without passwords and other secrets.",
)(ExportFormat)

described(
    "As a contact gave it.",
    FEMALE="Female; false in the old routes.",
    MALE="Male; true in the old routes.",
    OTHER="Neither; null in the old routes.",
)(Gender)

described(
    "What a user may do in their tenant, strongest first; each may do what the next one may.",
    OWNER="Manages admins and owners, too.",
    ADMIN="Manages users below ADMIN and the tenant's settings, and deletes for good.",
    EDITOR="Writes contacts and labels, and uses the trash.",
    VIEWER="Reads.",
)(Role)

described(
    "Whether a tenant serves its people.",
    ACTIVE="It does.",
    SUSPENDED="It refuses them, until an operator resumes it.",
    DELETING="It waits for its deletion: its people may read, and an owner may cancel. Closed ones have no date, and refuse them.",
)(TenantStatus)

described("Who may make an account in a tenant.", OPEN="Everybody, as an EDITOR.", INVITATION="Nobody without being invited.")(
    SignupPolicy
)

described(
    "Why a session is over.",
    LOGGED_OUT="Its user logged out.",
    REVOKED="Its user ended it from another session, or their second factor changed.",
    EXPIRED="It was not refreshed in time.",
    PASSWORD_CHANGED="The password was changed elsewhere: in another session, by a mailed link, or at the machine.",
    TOKEN_REUSED="A refresh token of it was used a second time: somebody has a copy.",
    USER_DEACTIVATED="An administrator deactivated its user.",
    TENANT_SUSPENDED="An operator suspended its tenant.",
)(SessionEndReason)

described(
    "Where a job stands.",
    QUEUED="It waits for its turn, or for another attempt.",
    RUNNING="It is being done.",
    SUCCEEDED="It was done.",
    FAILED="It was given up; failure tells why.",
    CANCELLED="It was cancelled.",
)(JobStatus)
