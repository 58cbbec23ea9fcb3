"""The demo tenant: a person for each role, an operator, and believable contacts. For development alone."""

from __future__ import annotations

import random
import unicodedata
from typing import Final

from auth.passwords import Hasher
from models.contact import Contact
from models.label import ContactLabel, Label
from models.tenancy import lobby, within
from models.tenant import Tenant
from models.user import User
from models.values import Gender, Role, SignupPolicy, new_id
from server.settings import Console

SLUG: Final = "demo"
PASSWORD: Final = "address-book-demo"  # noqa: S105 - printed at every start
CONTACTS: Final = 200

PEOPLE: Final = {
    "olga": (Role.OWNER, False),
    "adam": (Role.ADMIN, False),
    "ada": (Role.EDITOR, False),
    "vera": (Role.VIEWER, False),
    "oskar": (Role.VIEWER, True),
}
"""Each with their role, and whether they operate the whole service."""

_GIVEN: Final = {
    Gender.FEMALE: "Zoë Aisha Birgit Chiara Daniela Elif Freya Grace Hana Ingrid Joana Katarzyna Léa Mei Noor Olivia Priya".split(),
    Gender.MALE: "Ángel Bao Carlos Dmitri Émile Farid Gustaf Hiro Ivan João Kwame Lars Mateo Nikola Omar Piotr Søren".split(),
}
_FAMILY: Final = (
    "Almeida Andersson Bianchi Çelik Dubois Eriksen Fernández Grünwald Haddad Ibrahim Jansen Kowalski Larsen Mbeki Müller "
    "Nakamura Novák Okafor Papadopoulos Quispe Rossi Sato Schröder Tanaka Ueda Vasquez Wójcik Xu Yılmaz Zimmermann"
).split()
_UNACCENTED: Final = str.maketrans("øı", "oi")
_STREETS: Final = "Oak Street,Rue de Rivoli,Hauptstraße,Via Garibaldi,Calle Mayor,Storgatan,Kirchweg,High Street,Gran Vía".split(
    ","
)
_CITIES: Final = "Lisbon,Paris,Berlin,Milan,Madrid,Uppsala,Vienna,Leeds,Kraków,Osaka".split(",")
_COMPANIES: Final = (
    "Northwind Traders,Blue Yonder,Contoso,Fabrikam,Tailspin Toys,Wingtip,Litware,Proseware,Lucerne Publishing".split(",")
)
_TITLES: Final = "Accountant,Architect,Buyer,Designer,Engineer,Head of Sales,Nurse,Photographer,Project Manager,Teacher".split(",")
_LABELS: Final = {"Customers": "#1f77b4", "Family": "#d62728", "Friends": "#2ca02c", "Suppliers": "#9467bd"}


async def plant(settings: Console) -> None:
    """Makes the demo tenant where it is missing, whole or not at all; what people did with it stays."""
    async with lobby():
        if await Tenant.maybe_by_slug(SLUG) is not None:
            return
    hasher = Hasher(settings.bcrypt_cost, 1)
    password_hash = await hasher.hash(PASSWORD)
    hasher.close()
    async with within(new_id()) as tenant:
        await Tenant.add(SLUG, "Demo", SignupPolicy.OPEN, id=tenant)
        for username, (role, operator) in PEOPLE.items():
            user = await User.add(username, f"{username}@demo.example", password_hash, role)
            if operator:
                await User.mark_operator(user["id"], operator=True)
        labels = [(await Label.add(name, color))["id"] for name, color in _LABELS.items()]
        dice = random.Random(1)  # noqa: S311 - the same people on every machine
        for _ in range(CONTACTS):
            contact = await Contact.add(_person(dice))
            await ContactLabel.put(contact["id"], dice.sample(labels, dice.choice((0, 0, 1, 1, 2))), "labelIds")


def _person(dice: random.Random) -> dict[str, object]:
    gender = dice.choice([Gender.FEMALE, Gender.MALE])
    given, family = dice.choice(_GIVEN[gender]), dice.choice(_FAMILY)
    company = dice.choice(_COMPANIES)
    return {
        "name": f"{given} {family}",
        "given_name": given,
        "family_name": family,
        "gender": dice.choice([gender, gender, gender, None]),
        "age": dice.choice([None, dice.randint(19, 88)]),
        "email": f"{_plain(given)}.{_plain(family)}@{company.split()[0].lower()}.example",
        "phone": f"+{dice.choice((1, 33, 44, 49))} {dice.randint(20, 99)} {dice.randint(100, 999)} {dice.randint(1000, 9999)}",
        "address": f"{dice.choice(_STREETS)} {dice.randint(1, 180)}, {dice.choice(_CITIES)}",
        "organization": dice.choice([company, None]),
        "job_title": dice.choice([dice.choice(_TITLES), None]),
        "notes": dice.choice([None, None, "Prefers to be called in the morning.", "Met at the trade fair."]),
        "favorite": dice.random() < 0.1,
    }


def _plain(name: str) -> str:
    """A name as it stands in an e-mail address: without accents, and no letter lost."""
    return unicodedata.normalize("NFKD", name.lower()).translate(_UNACCENTED).encode("ascii", "ignore").decode()
