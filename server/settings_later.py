"""The settings of what is done later: letters, and the jobs that deliver them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from auth.desk import Exports, Mail
from server.mailer import Relay, sender


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _developing(info: ValidationInfo) -> bool:
    return bool(info.data.get("environment", "development") == "development")  # a wrong one is a fault of its own


class Later(BaseModel):
    """A part of the settings of `serve` and `work`, which have `environment` before it."""

    smtp_url: SecretStr | None = Field(
        None,
        description="The mail server, smtp://user:password@host:port or smtps://…; over smtp it must offer STARTTLS, unless it is "
        "this machine or ?tls=off is said.",
    )
    smtp_seconds: float = Field(10, ge=0.2, le=120, description="How long each answer of the mail server may take.")
    mail_from: str | None = Field(
        None, description="From whom letters are, such as Address Book <no-reply@example.org>; required with SMTP_URL."
    )
    mail: Annotated[Mail | None, BeforeValidator(_upper)] = Field(
        None,
        description="smtp, log (letters are shown in the log, in development alone) or off; by default smtp where SMTP_URL is "
        "given, and log in development. Elsewhere a server without SMTP_URL wants it said that mail is off.",
    )
    public_url: str | None = Field(
        None,
        description="Where the public reaches this server, https://host; links of letters begin with it. Required where letters "
        "are sent outside of development.",
    )
    jobs_in_serve: bool = Field(True, description="Whether `serve` runs jobs, too; off where `work` does it.")
    jobs_at_once: int = Field(
        4,
        ge=2,
        le=50,
        description="Places for jobs in each process, beside those of periodic work. Exports take at most one less, in all "
        "processes together, so that a place is left for letters.",
    )
    jobs_attempts: int = Field(10, ge=1, le=50, description="How often a job is tried before it fails.")
    jobs_retry_seconds: float = Field(
        5, ge=0.1, le=600, description="How long after the first attempt the second is made; then three times longer each time."
    )
    jobs_end_seconds: float = Field(
        10, ge=0, le=25, description="How long jobs may go on once the process is told to stop; then they are handed back."
    )
    jobs_stale_seconds: float = Field(
        30, ge=1, le=600, description="After so long without a sign of life from its process, a job is another's to run."
    )

    export_days: int = Field(7, ge=1, le=30, description="How long a bundle of all that a tenant has can be fetched.")
    export_max_mb: int = Field(
        2_000, ge=1, le=100_000, description="How large such a bundle may be, in millions of bytes; three of a tenant are kept."
    )

    def exports(self) -> Exports:
        """How bundles are kept."""
        return Exports(timedelta(days=self.export_days), self.export_max_mb * 1_000_000)

    @field_validator("smtp_url")
    @classmethod
    def _relay(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            Relay.parse(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def _from(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None:
            sender(value)
        elif info.data.get("smtp_url") is not None:
            raise ValueError("required with SMTP_URL")
        return value

    @field_validator("mail")
    @classmethod
    def _mailed(cls, value: Mail | None, info: ValidationInfo) -> Mail:
        development, smtp = _developing(info), info.data.get("smtp_url") is not None
        if value is None and (smtp or development):
            return Mail.SMTP if smtp else Mail.LOG
        if value is None:
            raise ValueError("give SMTP_URL, or say MAIL=off")
        if value is Mail.SMTP and not smtp:
            raise ValueError("smtp needs SMTP_URL")
        if value is Mail.LOG and not development:
            raise ValueError("log is for development alone: letters hold what signs people in")
        return value

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str | None, info: ValidationInfo) -> str | None:
        development = _developing(info)
        if value is None:
            if info.data.get("mail") is Mail.SMTP and not development:
                raise ValueError("required where letters are sent, since their links begin with it")
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
            raise ValueError("must be https://host")
        if parts.scheme == "http" and not development:
            raise ValueError("must be https outside of development")
        return value.rstrip("/")
