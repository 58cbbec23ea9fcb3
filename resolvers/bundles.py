"""A bundle: all that a tenant has, as one ZIP file of a line of JSON for each row, and a signed manifest; see docs/export.md.

`written` makes one inside an open door, piece by piece; `Bundle` opens one and trusts nothing in it before all of it was checked.
"""

from __future__ import annotations

import asyncio
import hashlib
import zipfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from auth import signing
from auth.vault import Vault
from models import bundle
from models.errors import InvalidInput
from models.values import Row

KIND: Final = "address-book tenant bundle"
FORMAT: Final = 1
"""Grows where a reader of an earlier release would misunderstand what is written."""

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
PIECE: Final = 1_048_576
"""Bytes of a piece, but for the last one."""

_MANIFEST_LIMIT: Final = 262_144
_LINE_LIMIT: Final = 1_048_576
_BATCH_BYTES: Final = 4_194_304
_DAMAGED: Final = "This is no bundle, or it is damaged"
_CHANGED: Final = "{name} is not what the manifest says: it was changed or cut off."

Tell = Callable[[int, int], Awaitable[None]]
"""Told how many rows are written, and of how many."""


class _Out:
    """Where the ZIP file is written: it cannot be sought in, and what is there is taken away again."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def write(self, data: bytes) -> int:
        self.bytes += data
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def taken(self) -> Iterator[bytes]:
        """The pieces that are whole."""
        while len(self.bytes) >= PIECE:
            yield bytes(self.bytes[:PIECE])
            del self.bytes[:PIECE]


async def written(tenant: Row, vault: Vault, tell: Tell, *, passwords: bool = False) -> AsyncIterator[bytes]:
    """The pieces of a bundle of the held tenant, behind a door that sees one moment of it; with hashes of `passwords` or not."""
    at, schema = await bundle.begin()
    rows, total, moment = 0, await bundle.count(), at.timetuple()[:6]
    files: dict[str, Any] = {}
    out = _Out()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in bundle.TABLES.items():
            columns = [*table.columns, *([bundle.PASSWORDS] if passwords and name == "users" else [])]
            digest, count, size = hashlib.sha256(), 0, 0
            with archive.open(_info(f"{name}.jsonl", moment), "w", force_zip64=True) as member:
                async for lines in bundle.read(name, columns):
                    data = "".join(f"{line}\n" for line in lines).encode()
                    count, size, rows = count + len(lines), size + len(data), rows + len(lines)
                    digest.update(data)
                    await asyncio.to_thread(member.write, data)  # to compress takes longer than a request may wait
                    for piece in out.taken():
                        yield piece
                    await tell(rows, total)
            files[f"{name}.jsonl"] = {"columns": columns, "rows": count, "bytes": size, "sha256": digest.hexdigest()}
        manifest = {
            "kind": KIND,
            "format": FORMAT,
            "schema": schema,
            "at": at.isoformat(timespec="microseconds"),
            "tenant": {"id": str(tenant["id"]), "slug": tenant["slug"], "name": tenant["name"]},
            "passwords": passwords,
            "files": files,
        }
        signed = orjson.dumps(manifest, option=orjson.OPT_INDENT_2)
        for name, data in ((MANIFEST, signed), (SIGNATURE, signing.sign(vault, signed))):
            archive.writestr(_info(name, moment), data)
    for piece in out.taken():
        yield piece
    yield bytes(out.bytes)


def _info(name: str, moment: Any) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, moment)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


class Bundle:
    """One that was opened by `opened`: its manifest is signed by a known key, and every file is as the manifest says."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> None:
        self._archive = archive
        self.tenant: Mapping[str, str] = manifest["tenant"]
        self.at: str = manifest["at"]
        self.passwords: bool = manifest["passwords"]
        self.counts: dict[str, int] = {name: manifest["files"][f"{name}.jsonl"]["rows"] for name in bundle.TABLES}
        self._digests: dict[str, str] = {name: manifest["files"][f"{name}.jsonl"]["sha256"] for name in bundle.TABLES}
        self._columns: dict[str, list[str]] = {name: manifest["files"][f"{name}.jsonl"]["columns"] for name in bundle.TABLES}

    def columns(self, name: str) -> Sequence[str]:
        """Those that the rows of a table have."""
        return self._columns[name]

    def batches(self, name: str) -> Iterator[list[str]]:
        """The lines of a table, some at a time. In the end it refuses with InvalidInput what was changed since it was checked."""
        with _told(), self._archive.open(f"{name}.jsonl") as member:
            lines, size, digest = [], 0, hashlib.sha256()
            while line := member.readline(_LINE_LIMIT):
                digest.update(line)
                lines.append(line.decode())
                size += len(line)
                if len(lines) == bundle.BATCH or size >= _BATCH_BYTES:
                    yield lines
                    lines, size = [], 0
            if lines:
                yield lines
        if digest.hexdigest() != self._digests[name]:
            raise InvalidInput(_CHANGED.format(name=f"{name}.jsonl"))


@contextmanager
def opened(path: Path, keys: Sequence[Ed25519PublicKey]) -> Iterator[Bundle]:
    """The bundle in a file, after all of it was checked. Refuses with InvalidInput what is none, is altered, or not known here."""
    try:
        file = path.open("rb")
    except OSError:
        raise InvalidInput(f"{path} cannot be read.") from None
    with file:
        with _told():
            archive = zipfile.ZipFile(file)
        with archive:
            with _told():
                manifest = _manifest(archive, keys)
                for name, told in manifest["files"].items():
                    _check(archive, name, told)
            yield Bundle(archive, manifest)


def _manifest(archive: zipfile.ZipFile, keys: Sequence[Ed25519PublicKey]) -> dict[str, Any]:
    with archive.open(MANIFEST) as member:
        signed = member.read(_MANIFEST_LIMIT)
    with archive.open(SIGNATURE) as member:
        signature = member.read(128)
    if not signing.verified(keys, signed, signature):
        raise InvalidInput(
            "The signature of the manifest is of none of the keys that are known here, or the manifest was changed. A bundle of "
            "another service wants its public keys, by --keys."
        )
    manifest: dict[str, Any] = orjson.loads(signed)
    if (manifest.get("kind"), manifest.get("format")) != (KIND, FORMAT):
        raise InvalidInput(f"This is no bundle of format {FORMAT}: take a release that knows it.")
    expected = {f"{name}.jsonl" for name in bundle.TABLES}
    if set(manifest["files"]) != expected:
        raise InvalidInput("The bundle has other files than this release knows: take a release that knows it.")
    if sorted(archive.namelist()) != sorted([*expected, MANIFEST, SIGNATURE]):
        raise InvalidInput("The bundle holds other files than its manifest names.")
    for name, table in bundle.TABLES.items():
        known = {*table.columns, *([bundle.PASSWORDS] if manifest["passwords"] and name == "users" else [])}
        if unknown := sorted(set(manifest["files"][f"{name}.jsonl"]["columns"]) - known):
            raise InvalidInput(f"The bundle is of a later release: {name} has {', '.join(unknown)}, which is not known here.")
    return manifest


def _check(archive: zipfile.ZipFile, name: str, told: Mapping[str, Any]) -> None:
    digest, rows, size = hashlib.sha256(), 0, 0
    with archive.open(name) as member:
        while size <= told["bytes"] and (data := member.read(PIECE)):
            digest.update(data)
            rows += data.count(b"\n")
            size += len(data)
    if (digest.hexdigest(), rows, size) != (told["sha256"], told["rows"], told["bytes"]):
        raise InvalidInput(_CHANGED.format(name=name))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
        raise InvalidInput(f"{_DAMAGED}: {error}.") from None
    except (KeyError, TypeError, ValueError):
        raise InvalidInput(f"{_DAMAGED}.") from None
