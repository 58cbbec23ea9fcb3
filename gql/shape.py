"""What a document looks like, without a schema: how deep, how wide, how often; after fragments are expanded, in linear time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Source,
)
from graphql.language import Lexer, Token, TokenKind
from graphql.language.parser import Parser

from models.errors import LimitExceeded

NESTING: Final = 64
"""Brackets within brackets: more than a document of the greatest depth needs, and less than what the parser's stack holds."""

ATTEMPTS: Final = frozenset(
    "changePassword confirmTotp login reauthenticate refresh requestPasswordReset resendVerification resetPassword signup "
    "verifyEmail".split()
)
"""The mutations that try a secret, or have a letter sent."""

_OPEN: Final = frozenset({TokenKind.BRACE_L, TokenKind.PAREN_L, TokenKind.BRACKET_L})
_CLOSE: Final = frozenset({TokenKind.BRACE_R, TokenKind.PAREN_R, TokenKind.BRACKET_R})


def parsed(text: str, tokens: int) -> DocumentNode:
    """The document. Raises GraphQLSyntaxError, or LimitExceeded as soon as the lexer has read too much of it."""
    source = Source(text)
    return Parser(source, lexer=_Lexer(source, tokens)).parse_document()


class _Lexer(Lexer):
    """Counts what it reads, comments too, so that the parser never sees a document that is too large."""

    def __init__(self, source: Source, tokens: int) -> None:
        super().__init__(source)
        self._tokens, self._read, self._depth = tokens, 0, 0

    def read_next_token(self, start: int) -> Token:
        token = super().read_next_token(start)
        self._read += token.kind is not TokenKind.EOF
        self._depth += (token.kind in _OPEN) - (token.kind in _CLOSE)
        if self._read > self._tokens:
            raise LimitExceeded.of("tokens", self._tokens, self._read)
        if self._depth > NESTING:
            raise LimitExceeded.of("nesting", NESTING, self._depth)
        return token


@dataclass(slots=True)
class Shape:
    """Of one selection set. `keys` are its own response keys with how often each is selected; all else counts what lies below."""

    depth: int = 0
    selections: int = 0
    aliases: int = 0
    directives: int = 0
    duplicates: int = 0
    attempts: int = 0
    keys: dict[str, int] = field(default_factory=dict)

    def add(self, other: Shape) -> None:
        """What is spread into this very set."""
        self._count(other)
        self.depth = max(self.depth, other.depth)
        self.duplicates += other.duplicates
        self.attempts += other.attempts
        for key, times in other.keys.items():
            self.keys[key] = self.keys.get(key, 0) + times

    def nest(self, other: Shape, levels: int) -> None:
        """What a field selects, `levels` below."""
        self._count(other)
        self.depth = max(self.depth, other.depth + levels)
        self.duplicates += other.repeated

    @property
    def repeated(self) -> int:
        """How many selections repeat a response key of the same set."""
        return self.duplicates + sum(self.keys.values()) - len(self.keys)

    def _count(self, other: Shape) -> None:
        self.selections += other.selections
        self.aliases += other.aliases
        self.directives += other.directives


@dataclass(frozen=True, slots=True)
class Figures:
    """The largest of all operations and fragments, since validation reads those that will not run, too."""

    depth: int
    aliases: int
    directives: int
    duplicates: int
    root_fields: int
    selections: int
    attempts: int


def figures(document: DocumentNode) -> tuple[Figures, bool]:
    """What stands in the document, and whether fragments run in a circle; where they do, none is expanded."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    known: dict[str, Shape] = {}
    try:
        order = [*TopologicalSorter({name: set(_spreads(one.selection_set)) for name, one in fragments.items()}).static_order()]
        circular = False
    except CycleError:
        order, circular = [*fragments], True
    for name in order:
        if name in fragments:
            known[name] = _shape(fragments[name].selection_set, {} if circular else known, fragments[name])
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    shapes = [_shape(one.selection_set, {} if circular else known, one) for one in operations]
    both = [*shapes, *known.values()]
    return (
        Figures(
            depth=max((one.depth for one in both), default=0),
            aliases=max((one.aliases for one in both), default=0),
            directives=max((one.directives for one in both), default=0),
            duplicates=max((one.repeated for one in both), default=0),
            root_fields=max((len(one.keys) for one in shapes), default=0),
            selections=max((one.selections for one in both), default=0),
            attempts=max(
                (shape.attempts for shape, one in zip(shapes, operations, strict=True) if one.operation is OperationType.MUTATION),
                default=0,
            ),
        ),
        circular,
    )


def _spreads(selected: SelectionSetNode) -> Iterator[str]:
    sets = [selected]
    while sets:
        for node in sets.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                yield node.name.value
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set is not None:
                sets.append(node.selection_set)


def _shape(
    selected: SelectionSetNode, known: dict[str, Shape], around: OperationDefinitionNode | FragmentDefinitionNode | None = None
) -> Shape:
    shape = Shape()
    if around is not None:
        shape.directives = sum(len(one.directives or ()) for one in (around, *(around.variable_definitions or ())))
    for node in selected.selections:
        shape.selections += 1
        shape.directives += len(node.directives or ())
        if isinstance(node, FieldNode):
            key = (node.alias or node.name).value
            shape.aliases += node.alias is not None
            shape.attempts += node.name.value in ATTEMPTS
            shape.keys[key] = shape.keys.get(key, 0) + 1
            # ofType takes a wrapper off a type and leads nowhere else: the introspection of every tool takes off nine.
            levels = int(node.name.value != "ofType")
            shape.nest(Shape() if node.selection_set is None else _shape(node.selection_set, known), levels)
        elif isinstance(node, InlineFragmentNode):
            shape.add(_shape(node.selection_set, known))
        elif isinstance(node, FragmentSpreadNode) and node.name.value in known:
            shape.add(known[node.name.value])
    return shape
