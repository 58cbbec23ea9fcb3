"""What the viewer proves who they are with, as GraphQL shows it: the password, an authenticator, recovery codes."""

from __future__ import annotations

import strawberry

from gql.context import Info
from gql.cost import CHANGES, HASHES, at_most, weighs
from gql.errors import Refusals, UserError, user_errors
from gql.payloads import OkPayload
from resolvers import sessions, totp


@strawberry.input(description="A new password, and the proof by the current one.")
class ChangePasswordInput:
    """Input of changePassword."""

    current_password: str = strawberry.field(description="The password until now.")
    new_password: str = strawberry.field(description="8 to 128 characters, and hard to guess.")


@strawberry.input(description="Who the viewer is, proved once more.")
class ReauthenticateInput:
    """Input of reauthenticate."""

    password: str = strawberry.field(description="The viewer's password.")
    totp: str | None = strawberry.field(
        default=None, description="A code of the authenticator, or a recovery code, where the viewer has one."
    )


@strawberry.input(description="The first code of a new authenticator.")
class ConfirmTotpInput:
    """Input of confirmTotp."""

    code: str = strawberry.field(description="Six digits, as the authenticator shows them.")


@strawberry.type(description="What an authenticator takes in. Shown once.")
class TotpEnrollmentPayload:
    """Answer of enrollTotp."""

    secret: str | None = strawberry.field(
        default=None, description="For typing in: 32 letters of base32. Null where it was refused."
    )
    otpauth_url: str | None = strawberry.field(
        default=None, description="For a QR code: otpauth://totp/… Null where it was refused."
    )
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="Codes for when the authenticator is lost, each good for one sign-in. Shown once.")
class RecoveryCodesPayload:
    """Answer of confirmTotp and regenerateRecoveryCodes."""

    recovery_codes: list[str] | None = strawberry.field(
        default=None,
        description="Ten, of 16 letters and digits; keep them apart from the authenticator. Null where it was refused.",
        directives=[at_most(10)],
    )
    user_errors: list[UserError] = user_errors()


@strawberry.type
class CredentialMutations:
    """Root fields that change or try the viewer's credentials."""

    @strawberry.mutation(
        description="Keeps a new password and ends the viewer's other sessions.",
        extensions=[Refusals()],
        directives=[weighs(HASHES)],
    )
    async def change_password(self, info: Info, input: ChangePasswordInput) -> OkPayload:
        """Whether it was done."""
        context = info.context
        await sessions.change_password(context.desk, context.caller, current=input.current_password, new=input.new_password)
        return OkPayload(ok=True)

    @strawberry.mutation(
        description="Proves again who the viewer is: for ten minutes the session may do what is dangerous, as after a sign-in. "
        "With a code the session has its second factor, too.",
        extensions=[Refusals()],
        directives=[weighs(HASHES)],
    )
    async def reauthenticate(self, info: Info, input: ReauthenticateInput) -> OkPayload:
        """Whether it was proved."""
        context = info.context
        await sessions.reauthenticate(context.desk, context.caller, password=input.password, totp=input.totp)
        return OkPayload(ok=True)

    @strawberry.mutation(
        description="Makes an authenticator for the viewer, which counts once confirmTotp has had its first code; until then a "
        "confirmed one does, whose place it takes. Wants a proof of the last ten minutes.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def enroll_totp(self, info: Info) -> TotpEnrollmentPayload:
        """Its secret."""
        made = await totp.enroll(info.context.desk, info.context.caller)
        return TotpEnrollmentPayload(secret=made.secret, otpauth_url=made.url)

    @strawberry.mutation(
        description="From now on signing in takes a code of the new authenticator. The session that confirms has its second "
        "factor; the viewer's other sessions end. Wants a proof of the last ten minutes.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def confirm_totp(self, info: Info, input: ConfirmTotpInput) -> RecoveryCodesPayload:
        """The recovery codes."""
        return RecoveryCodesPayload(recovery_codes=await totp.confirm(info.context.desk, info.context.caller, input.code))

    @strawberry.mutation(
        description="Makes new recovery codes; those before are of no use any more. Wants a proof of the last ten minutes.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def regenerate_recovery_codes(self, info: Info) -> RecoveryCodesPayload:
        """The recovery codes."""
        return RecoveryCodesPayload(recovery_codes=await totp.regenerate(info.context.caller))

    @strawberry.mutation(
        description="Removes the viewer's authenticator and recovery codes; refused while the tenant asks for a second factor. "
        "Wants a proof of the last ten minutes.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def disable_totp(self, info: Info) -> OkPayload:
        """Whether it was done."""
        await totp.disable(info.context.desk, info.context.caller)
        return OkPayload(ok=True)
