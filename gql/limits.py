"""Limits of a document, before it is validated and before anything of it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Any, Final

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode

from gql.shape import Figures, figures, parsed
from gql.weight import ONE, Branch, Size, Sizes, Weight, tree
from models.errors import LimitExceeded

KNOWN: Final = 256
"""How many weights a measure keeps."""

COSTLIEST: Final = 3
"""How many paths a refusal names."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may hold, and what its answer may weigh. All but `tokens` are counted after fragments are expanded."""

    tokens: int = 2_000
    depth: int = 12
    aliases: int = 30
    directives: int = 50
    duplicates: int = 50
    root_fields: int = 10
    selections: int = 2_000
    cost: int = 10_000
    nodes: int = 10_000

    def parse(self, text: str) -> DocumentNode:
        """The document. Raises GraphQLSyntaxError, and LimitExceeded before more is read than may be."""
        return parsed(text, self.tokens)

    def bound(self, shape: Figures) -> None:
        """Raises LimitExceeded where a document is too large to be measured further."""
        for limit in ("depth", "aliases", "directives", "duplicates", "root_fields", "selections"):
            allowed, measured = getattr(self, limit), getattr(shape, limit)
            if measured > allowed:
                raise LimitExceeded.of(limit, allowed, measured)
        if shape.attempts > 1:
            raise LimitExceeded.of("attempts", 1, shape.attempts, " A document tries one password or token.")

    def refuse(self, measure: Measure, variables: Mapping[str, Any] | None) -> int:
        """The operation's cost with these variables. Raises LimitExceeded where it costs too much, or finds too many nodes."""
        cost, nodes = measure.weigh(variables)
        if cost > self.cost:
            raise measure.refusal(0, "cost", self.cost, variables or {})
        if nodes > self.nodes:
            raise measure.refusal(1, "nodes", self.nodes, variables or {})
        return cost


DEFAULT: Final = Limits()


@dataclass(frozen=True, slots=True)
class Measure:
    """An operation, measured: once for its document, but for what the variables named in `slicing` decide."""

    shape: Figures
    root: Branch
    slicing: tuple[str, ...]
    known: dict[tuple[Any, ...], Weight] = field(default_factory=dict)
    """Weights by the values of those variables: pages come in few sizes."""

    def cost(self, variables: Mapping[str, Any] | None = None) -> int:
        """Points, as @cost and @listSize declare them."""
        return self.weigh(variables)[0]

    def nodes(self, variables: Mapping[str, Any] | None = None) -> int:
        """How many objects the answer may hold."""
        return self.weigh(variables)[1]

    def weigh(self, variables: Mapping[str, Any] | None) -> Weight:
        """Both."""
        if self.root.fixed is not None:
            return self.root.fixed
        variables = variables or {}
        values = tuple([variables.get(name, "") for name in self.slicing])
        try:
            return self.known[values]
        except (KeyError, TypeError):  # or something that is no key
            weight = self.root.weigh(_sizes(variables))
        if len(self.known) < KNOWN and all(value is None or type(value) is int for value in values):
            self.known[values] = weight
        return weight

    def refusal(self, which: int, limit: str, allowed: int, variables: Mapping[str, Any]) -> LimitExceeded:
        """Why it is too much: the paths that weigh most, and the page size that would fit, where there is one."""
        sizes = _sizes(variables)
        walked = [(((way[-1].weight, way[-1].objects)[which] * many), way) for many, way in self.root.walk(sizes)]
        costliest = nlargest(COSTLIEST, walked, key=lambda one: one[0])
        told: dict[str, Any] = {"costliest": [{"path": _path(way), "cost": cost} for cost, way in costliest if cost]}
        advice = ""
        fitting = [one for one in self._pages(which, allowed, sizes, costliest[0][1]) if one[0]]
        if fitting:
            told["first"], path = max(fitting)
            advice = f" It would fit with first: {told['first']} at {path}."
        measured = self.root.weigh(sizes, anew=True)[which]
        if limit == "cost":
            return LimitExceeded(
                f"The operation costs {measured:,} points, and at most {allowed:,} are allowed.{advice}",
                limit=limit,
                allowed=allowed,
                measured=measured,
                **told,
            )
        return LimitExceeded.of(limit, allowed, measured, advice, **told)

    def _pages(self, which: int, allowed: int, sizes: Sizes, way: tuple[Branch, ...]) -> Iterator[tuple[int, str]]:
        """For each list on the way that takes a page size: the largest that fits while all else stays, or 0."""
        for place, branch in enumerate(way):
            size = branch.times
            if size.sliced:
                least, most = 0, sizes(size)
                while least < most - 1:  # `least` fits, `most` does not
                    page = (least + most) // 2
                    fits = self.root.weigh(_with(sizes, size, page), anew=True)[which] <= allowed
                    least, most = (page, most) if fits else (least, page)
                yield least, _path(way[:place])


def _path(way: tuple[Branch, ...]) -> str:
    return ".".join(branch.key for branch in way if branch.key)


def _sizes(variables: Mapping[str, Any]) -> Sizes:
    return lambda size: size.of(variables)


def _with(sizes: Sizes, one: Size, page: int) -> Sizes:
    """The same, but for one list, and for all others that the same variables slice."""
    return lambda size: page if size is one or (size.variables and size.variables == one.variables) else sizes(size)


def measure(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, limits: Limits = DEFAULT) -> Measure:
    """Measures an operation, in a time that grows with the document's length alone. Needs no valid document.

    Raises LimitExceeded for everything that does not depend on variables but cost and nodes; for those see `Limits.refuse`. A
    document whose fragments run in a circle weighs nothing: validation refuses it.
    """
    shape, circular = figures(document)
    limits.bound(shape)
    if circular:
        return Measure(shape, Branch("", 0, 0, ONE, fixed=(0, 0)), ())
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    root = tree(schema, operation, fragments)
    slicing = dict.fromkeys(name for _, way in root.walk(_sizes({})) for name in way[-1].times.variables)
    return Measure(shape, root, tuple(slicing))
