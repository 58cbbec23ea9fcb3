"""Our own source, as trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from server.database import ROOT

ROOMS: Final = ("server", "gql", "rest", "resolvers", "auth", "models", "observability")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file. `name` is how it is imported."""

    path: Path
    name: str
    text: str
    tree: ast.Module

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Every function at the module's top and in its classes, by its name with the module's."""
        for node in self.tree.body:
            if isinstance(node, Function):
                yield f"{self.name}.{node.name}", node
            elif isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, Function):
                        yield f"{self.name}.{node.name}.{inner.name}", inner

    def naming(self, name: str) -> Iterator[str]:
        """The functions in which a name stands, by their own names with the module's last part."""
        for where, function in self.functions():
            if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(function)):
                yield where.partition(".")[2]

    def calls(self, name: str) -> Iterator[tuple[str, ast.Call]]:
        """Calls of a function by its bare name, with the function they stand in."""
        for where, function in self.functions():
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                    yield where, node


@cache
def sources() -> tuple[Source, ...]:
    """Every file of the rooms."""
    return tuple(_source(path) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))


@cache
def imported(*folders: str) -> frozenset[str]:
    """The modules that the files of these folders import, in full."""
    found: set[str] = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                    found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def _source(path: Path) -> Source:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    text = path.read_text(encoding="utf-8")
    return Source(path, name, text, ast.parse(text))
