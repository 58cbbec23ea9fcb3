"""Accounts: how one comes to one, and what is done by a link that was mailed, as GraphQL shows it."""

from __future__ import annotations

import strawberry

from gql.context import Info
from gql.cost import CHANGES, HASHES, weighs
from gql.errors import Refusals
from gql.payloads import OkPayload
from gql.tokens import TokenPlace, TokensPayload, welcome
from models.values import MailPurpose
from resolvers import links, signup


@strawberry.input(description="A new account.")
class SignupInput:
    """Input of signup."""

    tenant: str | None = strawberry.field(
        default=None, description="The tenant's slug; may be omitted with an invitationToken, which names it."
    )
    username: str = strawberry.field(
        description="3 to 50 characters, unique in the tenant in every spelling; an @ only where it is the e-mail address."
    )
    email: str | None = strawberry.field(
        default=None,
        description="Unique in the tenant in every spelling; at most 254 characters. May be omitted with an invitationToken: then "
        "it is the invited one. Another one is verified as usual.",
    )
    password: str = strawberry.field(description="8 to 128 characters, and hard to guess.")
    invitation_token: str | None = strawberry.field(
        default=None, description="From the letter: it gives the role, and opens a tenant that takes nobody else."
    )
    refresh_token_in: TokenPlace = strawberry.field(default=TokenPlace.BODY, description="Where the refresh token goes.")


@strawberry.input(description="To whom a letter is to go.")
class MailRequestInput:
    """Input of requestPasswordReset and resendVerification."""

    tenant: str = strawberry.field(description="The tenant's slug.")
    email: str = strawberry.field(description="The account's address, in any spelling.")


@strawberry.input(description="A new password, and the proof from the letter.")
class ResetPasswordInput:
    """Input of resetPassword."""

    token: str = strawberry.field(description="From the letter: what follows # in its link. Good once, for an hour.")
    new_password: str = strawberry.field(description="8 to 128 characters, and hard to guess.")


@strawberry.input(description="The proof that an address is one's own.")
class VerifyEmailInput:
    """Input of verifyEmail."""

    token: str = strawberry.field(description="From the letter: what follows # in its link. Good once, for a day.")


@strawberry.type
class AccountMutations:
    """Root fields for those who have no session yet. They ignore a token sent along."""

    @strawberry.mutation(
        description="Makes an account in a tenant that is open for it, or by an invitation, and signs it in. Where mail is sent "
        "the address is verified first: the answer is the same for an address that has an account, whose owner is told by letter. "
        "Ignores a token sent along.",
        extensions=[Refusals()],
        directives=[weighs(HASHES)],
    )
    async def signup(self, info: Info, input: SignupInput) -> TokensPayload:
        """A new EDITOR, or what the invitation says."""
        context = info.context
        signed_in = await signup.signup(
            context.desk,
            context.origin,
            tenant=input.tenant,
            username=input.username,
            email=input.email,
            password=input.password,
            invitation=input.invitation_token,
        )
        return welcome(info, signed_in, input.refresh_token_in)

    @strawberry.mutation(
        description="Proves an address by the link of a letter, once. Ignores a token sent along.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def verify_email(self, info: Info, input: VerifyEmailInput) -> OkPayload:
        """Whether it was done."""
        await links.verify_email(info.context.desk, info.context.origin, input.token)
        return OkPayload(ok=True)

    @strawberry.mutation(
        description="Mails a fresh link to an address that has still to be verified, once a minute at the most. Answers alike "
        "whoever has it, or nobody. Ignores a token sent along.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def resend_verification(self, info: Info, input: MailRequestInput) -> OkPayload:
        """True in any case."""
        return await _request(info, MailPurpose.VERIFY_EMAIL, input)

    @strawberry.mutation(
        description="Mails a link for a new password to the account of an address, once a minute at the most. Answers alike where "
        "there is none. Ignores a token sent along.",
        extensions=[Refusals()],
        directives=[weighs(CHANGES)],
    )
    async def request_password_reset(self, info: Info, input: MailRequestInput) -> OkPayload:
        """True in any case."""
        return await _request(info, MailPurpose.RESET_PASSWORD, input)

    @strawberry.mutation(
        description="Keeps a new password by the link of a letter, once, and ends all of the user's sessions; the address is "
        "proved by it, too. Ignores a token sent along.",
        extensions=[Refusals()],
        directives=[weighs(HASHES)],
    )
    async def reset_password(self, info: Info, input: ResetPasswordInput) -> OkPayload:
        """Whether it was done."""
        await links.reset_password(info.context.desk, info.context.origin, token=input.token, new=input.new_password)
        return OkPayload(ok=True)


async def _request(info: Info, purpose: MailPurpose, to: MailRequestInput) -> OkPayload:
    await links.request(info.context.desk, info.context.origin, purpose, tenant=to.tenant, email=to.email)
    return OkPayload(ok=True)
