"""The engine: prepares each document once, and executes it by its plan, or by graphql-core."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, Final

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    execute,
    validate,
)
from graphql.validation import specified_rules
from strawberry import Schema
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from gql.budget import charge
from gql.context import Context
from gql.digest import digest
from gql.engine.fields import conditions
from gql.engine.inputs import Given, Unusual, Variables
from gql.engine.plan import NoPlan, Plan, compiled
from gql.engine.replay import Resolved
from gql.engine.turns import HEAVY, Turns
from gql.limits import Limits, Measure, measure
from models.errors import Refusal, TimedOut
from observability.logging import logger
from observability.metrics import Road
from observability.operation import called
from observability.spans import step
from resolvers.deadline import Deadlines

_log = logger(__name__)

_CACHE: Final = 1_000_000
"""Characters of the documents that are kept; each document counts some more, for what is made of it."""
_MADE: Final = 2_000
_RULES: Final = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
_VARIANTS: Final = 8
"""Plans of one operation: one for each choice that its directives make."""

UNKNOWN: Final = 100
"""Points for a document that is not known, and one more for each five of its characters: it has to be parsed and validated, which
takes longer than most operations. Charged before that, whatever is found."""
_ERRORS: Final = 20
"""Faults that validation looks for in one document."""


class NoOperation(Exception):
    """The document holds no operation of this name, or more than one where no name was given; the text says which."""


class WrongKind(Exception):
    """The document's operation is none that this request may execute."""

    def __init__(self, kind: OperationType) -> None:
        super().__init__(kind.value)
        self.kind = kind


@dataclass(slots=True)
class Operation:
    """One operation of a document, with its measure, and its plans: one for each choice of @include and @skip."""

    node: OperationDefinitionNode
    chosen_by: tuple[str, ...]
    measure: Measure | None = None
    variables: Variables | None = None
    plans: dict[tuple[Any, ...], Plan | None] = field(default_factory=dict)
    traced: dict[str, str | int | float | bool] = field(init=False)
    """What its span in a trace tells."""

    def __post_init__(self) -> None:
        name = called(self.node.name.value if self.node.name else None)
        self.traced = {"graphql.operation.type": self.node.operation.value, "graphql.operation.name": name}


@dataclass(slots=True)
class Document:
    """A document, for all requests that bring it. One that was not found `valid` is not kept."""

    tree: DocumentNode
    operations: dict[str | None, Operation]
    size: int
    digest: str
    valid: bool = False

    def operation(self, name: str | None) -> Operation:
        """The operation to execute (GraphQL, section 6.1). Raises NoOperation."""
        if name is None and len(self.operations) > 1:
            raise NoOperation("Name the operation to execute by operationName.")
        found = self.operations.get(name) if name is not None else next(iter(self.operations.values()), None)
        if found is None:
            raise NoOperation("The document holds no operation of this name.")
        return found


class Engine:
    """Executes operations of one schema. With `plans` off graphql-core executes all of them, with the same answers."""

    def __init__(
        self,
        schema: Schema,
        limits: Limits,
        *,
        plans: bool = True,
        deadline: Deadlines | None = None,
        suggests: bool = False,
        took: Callable[[Road], None] = lambda _: None,
    ) -> None:
        self._schema, self.limits, self._plans, self._took = schema._schema, limits, plans, took
        self._suggests = suggests
        self._deadline = deadline or Deadlines(3.0)
        self._turns = Turns()
        self.lookups: dict[str, float] = {"hit": 0, "miss": 0}
        """How often a document was among those that are kept, and how often it was not."""
        self._documents: LRUCache[tuple[str, bool], Document] = LRUCache(_CACHE, getsizeof=lambda document: document.size)

    async def execute(
        self,
        text: str,
        variables: dict[str, Any] | None,
        name: str | None,
        context: Context,
        allowed: Collection[OperationType],
        *,
        cost_only: bool = False,
    ) -> ExecutionResult | None:
        """The result of one operation; None where its cost alone was asked for, which stands in the context, as it always does.

        Raises NoOperation or WrongKind.
        """
        try:
            with step("prepare"):
                document, operation = await self._found(text, name, context)
                context.cost = cost = self._weighed(document, operation, variables)
                if operation.node.operation not in allowed:
                    raise WrongKind(operation.node.operation)
                if not cost_only:
                    await charge(context, cost)
                if not document.valid:
                    self._validate(document, text, introspectable=context.introspectable)
        except Refusal as refusal:
            return _refused(refusal)
        except _Invalid as invalid:
            return ExecutionResult(None, invalid.errors)
        if cost_only:
            return None
        try:
            with self._deadline(reads=operation.node.operation is OperationType.QUERY), step("resolve", operation.traced):
                if cost < HEAVY:
                    return await self._executed(document, operation, variables, context)
                async with self._turns.of(context.signed_in.tenant if context.signed_in else None):
                    return await self._executed(document, operation, variables, context)
        except TimedOut as late:
            return _refused(late)

    @property
    def documents(self) -> int:
        """How many documents are kept."""
        return len(self._documents)

    async def _executed(
        self, document: Document, operation: Operation, variables: dict[str, Any] | None, context: Context
    ) -> ExecutionResult:
        resolved = Resolved()
        try:
            given, plan = self._planned(document, operation, variables or {})
            data = await plan.run(context, given, resolved)
        except (NoPlan, Unusual):
            self._took("replay" if resolved else "core")
        except Exception as error:
            # Whatever it was: graphql-core meets it again, and tells it in its own words.
            failed = not isinstance(error, Refusal) and not resolved.raised(error)
            self._took("failed" if failed else "replay")
            if failed:
                _log.warning("a plan failed", exc_info=error)  # graphql-core may find nothing wrong, and nobody would know
        else:
            self._took("plan")
            return ExecutionResult(data, None)
        result = execute(
            self._schema,
            document.tree,
            context_value=context,
            variable_values=variables,
            operation_name=operation.node.name.value if operation.node.name else None,
            middleware=[resolved] if resolved else None,
            hide_suggestions=not self._suggests,
        )
        executed = await result if isawaitable(result) else result
        if executed.errors:  # whichever came first: the answer and its status are to depend on the document alone
            executed.errors.sort(key=_place)
        return executed

    async def _found(self, text: str, name: str | None, context: Context) -> tuple[Document, Operation]:
        """The document and its operation, perhaps not valid yet. One that is not known is charged for before it is read."""
        try:
            document = self._documents[text, context.introspectable]
            self.lookups["hit"] += 1
        except KeyError:
            self.lookups["miss"] += 1
            context.digest = digest(text)  # before anything is found wrong with it
            await charge(context, UNKNOWN + len(text) // 5)
            document = self._parsed(text, context.digest)
        context.digest = document.digest
        return document, document.operation(name)

    def _weighed(self, document: Document, operation: Operation, variables: dict[str, Any] | None) -> int:
        """The operation's cost, within the limits."""
        if operation.measure is None:
            operation.measure = measure(self._schema, document.tree, operation.node, self.limits)
        return self.limits.refuse(operation.measure, variables)

    def _parsed(self, text: str, digest: str) -> Document:
        try:
            tree = self.limits.parse(text)
        except GraphQLError as error:
            raise _Invalid([error]) from None
        operations = {
            node.name.value if node.name else None: Operation(node, conditions(tree, node))
            for node in tree.definitions
            if isinstance(node, OperationDefinitionNode)
        }
        return Document(tree, operations, len(text) + _MADE, digest)

    def _validate(self, document: Document, text: str, *, introspectable: bool) -> None:
        rules = _RULES if introspectable else (*_RULES, NoSchemaIntrospectionCustomRule)
        errors = validate(self._schema, document.tree, rules, max_errors=_ERRORS, hide_suggestions=not self._suggests)
        if errors:
            raise _Invalid(errors)
        document.valid = True
        if document.size <= _CACHE:
            self._documents[text, introspectable] = document

    def _planned(self, document: Document, operation: Operation, variables: dict[str, Any]) -> tuple[Given, Plan]:
        """The variables, and the plan for those of them that choose what is selected. Raises Unusual, or NoPlan."""
        if not self._plans:
            raise NoPlan
        if operation.variables is None:
            operation.variables = Variables(self._schema, operation.node)
        given = operation.variables.given(variables)
        choice = tuple(given.values.get(name) for name in operation.chosen_by)
        if not all(type(one) is bool for one in choice):  # such as a null in place of a default: no choice at all
            raise NoPlan
        if choice not in operation.plans:
            if len(operation.plans) >= _VARIANTS:
                raise NoPlan
            operation.plans[choice] = None
            operation.plans[choice] = compiled(self._schema, document.tree, operation.node, variables)
        plan = operation.plans[choice]
        if plan is None:
            raise NoPlan
        return given, plan


def _refused(refusal: Refusal) -> ExecutionResult:
    return ExecutionResult(None, [GraphQLError(refusal.message, original_error=refusal)])


def _place(error: GraphQLError) -> tuple[Any, ...]:
    """Where an error stands in the document, and in the lists above it."""
    indexes = [step for step in error.path or () if isinstance(step, int)]
    return [(place.line, place.column) for place in error.locations or ()][:1], indexes


class _Invalid(Exception):
    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__()
        self.errors = errors
