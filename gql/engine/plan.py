"""Plans: one operation as Python, generated from Strawberry's own schema.

A plan knows the ordinary course alone. Whatever is unusual (an error, a null where none may be) ends it, and graphql-core
executes the operation with the root values that were resolved already: errors are its own, and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    get_variable_values,
    is_abstract_type,
    is_leaf_type,
    visit,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from strawberry.types.field import StrawberryField

from gql.context import Asked, Context, Info
from gql.engine.inputs import Arguments, Given, Resolve, bound, ours, unusual
from gql.engine.replay import Resolved
from gql.loaders import Batch
from gql.nodes import FromRow

Waiting = list[tuple[Any, dict[str, Any]]]
"""The sources that a step resolves a field of, each with the object that it writes the value into."""

Pending = list[Waiting]
"""Who waits for which step."""

_AS_THEY_ARE: Final = frozenset({"String", "ID", "Int", "Boolean", "DateTime"})
"""Scalars that are written as the resolver gave them: orjson writes a moment in UTC just as our own serializer does."""


class NoPlan(Exception):
    """Something that plans leave to graphql-core altogether, such as introspection."""


@dataclass(slots=True)
class Step:
    """A field that is resolved once the objects around it stand: by a call for each source, or by one `batch` for all of them."""

    key: str
    node: FieldNode
    field: StrawberryField
    resolve: Resolve
    arguments: Arguments
    batch: Batch | None
    root: bool
    name: str = ""
    complete: Callable[[Any, Pending], Any] = unusual
    """What the function called `name` makes of a resolved value."""
    columns: frozenset[str] = frozenset()
    waits: bool = True
    """Whether `resolve` answers with an awaitable."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What executes one operation. Its steps are taken in turn, so that an operation uses one connection at a time."""

    build: Callable[[Any, Pending], dict[str, Any]]
    steps: list[Step]
    serial: bool
    """Whether it is a mutation, whose fields see what those before them did."""
    source: str
    """The generated Python, for a curious developer."""

    async def run(self, context: Context, given: Given, resolved: Resolved) -> dict[str, Any]:
        """The operation's data. Any exception means that graphql-core is to execute it, beginning with what is `resolved`."""
        pending: Pending = [[] for _ in self.steps]
        data = self.build(None, pending)
        for step, waiting in zip(self.steps, pending, strict=True):
            if not waiting:
                continue
            info = Info(Asked(context, step.columns), step.field)  # type: ignore[arg-type]  # as much of it as our resolvers use
            if step.batch is not None:
                found = await step.batch(info, list({source["id"]: None for source, _ in waiting}))
                for source, into in waiting:
                    value = found[source["id"]]
                    if self.serial:
                        resolved.keep(step, source, value)
                    into[step.key] = step.complete(value, pending)
                continue
            arguments = step.arguments(given)
            for source, into in waiting:
                try:
                    value = step.resolve(source, info, **arguments)
                    if step.waits:
                        value = await value
                except Exception as error:
                    if step.root:
                        resolved.keep(step, source, None, error)
                    raise
                if step.root or self.serial:
                    resolved.keep(step, source, value)
                into[step.key] = step.complete(value, pending)
        return data


def conditions(document: DocumentNode) -> tuple[str, ...]:
    """The variables by which @include and @skip choose what is selected."""
    found: dict[str, None] = {}

    class Conditions(Visitor):
        def enter_directive(self, node: Any, *_: Any) -> None:
            if node.name.value in {"include", "skip"}:
                found.update((a.value.name.value, None) for a in node.arguments if isinstance(a.value, VariableNode))

    visit(document, Conditions())
    return tuple(found)


def compiled(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, raw: Mapping[str, Any]) -> Plan:
    """The plan of a valid operation, for these values of the variables in @include and @skip. Raises NoPlan."""
    values = get_variable_values(schema, operation.variable_definitions or (), dict(raw))
    if isinstance(values, list):
        raise NoPlan
    return _Compiler(schema, document, operation, values).plan()


class _Compiler:
    """Writes a function for each selection set, list and abstract type: `f(s, c)` completes the source s, c being `Pending`."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: VariableValues
    ) -> None:
        self._schema, self._operation, self._variables = schema, operation, variables
        self._fragments = {
            node.name.value: FragmentDetails(node) for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._lines: list[str] = []
        self._names: dict[str, Any] = {"unusual": unusual, "kind": _kind}
        self._steps: list[Step] = []
        self._count = 0

    def plan(self) -> Plan:
        root = self._schema.get_root_type(self._operation.operation)
        if root is None:
            raise NoPlan
        grouped = collect_fields(self._schema, self._fragments, self._variables, root, self._operation).grouped_field_set
        name, _ = self._object(root, grouped, "", root=True)
        source = "\n".join(self._lines)
        exec(compile(source, "<plan>", "exec"), self._names)  # noqa: S102 - of names and literals that the parser let through
        for step in self._steps:
            step.complete = self._names[step.name]
        return Plan(self._names[name], self._steps, self._operation.operation is OperationType.MUTATION, source)

    def _object(
        self, type_: GraphQLObjectType, grouped: dict[str, list[FieldDetails]], null: str, *, root: bool = False
    ) -> tuple[str, set[str]]:
        """The name of the function that makes an object of its source, and the columns that it reads."""
        rows = issubclass(ours(type_).origin, FromRow)
        entries, waits, columns = [], [], {"id"}
        for key, fields in grouped.items():
            name = fields[0].node.name.value
            if name == "__typename":
                entries.append(f"{key!r}: {type_.name!r}")
                continue
            if name not in type_.fields:
                raise NoPlan(name)
            known = type_.fields[name]
            field: StrawberryField = ours(known)
            columns |= set(field.metadata.get("columns", ()))
            if field.base_resolver is None and not field.extensions:
                columns.add(field.python_name)
                given = f"s[{field.python_name!r}]" if rows else f"s.{field.python_name}"
            elif _of_source_alone(field):
                given = f"{self._named('r', field.base_resolver.wrapped_func)}(s)"  # type: ignore[union-attr]  # it has one
            else:
                entries.append(f"{key!r}: None")
                waits.append(f"c[{len(self._steps)}].append((s, d))")
                self._step(key, known, fields, root=root)
                continue
            value, inner = self._value(known.type, fields, given)
            columns |= inner
            entries.append(f"{key!r}: {value}")
        made = "{" + ", ".join(entries) + "}"
        return self._function("o", null, *([f"d = {made}", *waits, "return d"] if waits else [f"return {made}"])), columns

    def _step(self, key: str, known: GraphQLField, fields: list[FieldDetails], *, root: bool) -> None:
        resolve, arguments = bound(self._schema, self._operation, known, fields[0].node)
        field: StrawberryField = ours(known)
        step = Step(key, fields[0].node, field, resolve, arguments, field.metadata.get("batch"), root, waits=field.is_async)
        self._steps.append(step)  # before those inside it: steps are taken in this order
        value, columns = self._value(known.type, fields, "s")
        step.name, step.columns = self._function("f", "", f"return {value}"), frozenset(columns)

    def _value(self, type_: GraphQLOutputType, fields: list[FieldDetails], given: str) -> tuple[str, set[str]]:
        """The expression that completes what the expression `given` gives, and the columns that it reads."""
        required = isinstance(type_, GraphQLNonNull)
        of: Any = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        null = "if s is None: unusual()" if required else "if s is None: return None"
        if is_leaf_type(of):
            if not _as_it_is(of):
                raise NoPlan(of.name)
            v = self._new("v")
            return (f"({v} if ({v} := {given}) is not None else unusual())" if required else given), set()
        if isinstance(of, GraphQLList):
            item, columns = self._value(of.of_type, fields, "x")
            name = self._function("l", null, f"return [{item} for x in s]")
        elif is_abstract_type(of):
            name, columns = self._abstract(of, fields, null)
        else:
            name, columns = self._object(of, self._subfields(of, fields), null)
        return f"{name}({given}, c)", columns

    def _abstract(self, type_: GraphQLAbstractType, fields: list[FieldDetails], null: str) -> tuple[str, set[str]]:
        made = {one.name: self._object(one, self._subfields(one, fields), "") for one in self._schema.get_possible_types(type_)}
        table = ", ".join(f"{kind!r}: {name}" for kind, (name, _) in made.items())
        columns = set[str]().union(*(columns for _, columns in made.values()))
        return self._function("a", null, f"return {{{table}}}[kind(s)](s, c)"), columns

    def _subfields(self, type_: GraphQLObjectType, fields: list[FieldDetails]) -> dict[str, list[FieldDetails]]:
        return collect_subfields(self._schema, self._fragments, self._variables, self._operation, type_, fields).grouped_field_set

    def _function(self, kind: str, *body: str) -> str:
        name = self._new(kind)
        self._lines += [f"def {name}(s, c):", *(f"    {line}" for line in body if line)]
        return name

    def _named(self, kind: str, value: Any) -> str:
        name = self._new(kind)
        self._names[name] = value
        return name

    def _new(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}"


def _of_source_alone(field: StrawberryField) -> bool:
    """Whether a field's resolver is a plain function of its source."""
    resolver = field.base_resolver
    return (
        resolver is not None
        and not field.extensions
        and not resolver.is_async
        and not resolver.arguments
        and resolver.info_parameter is None
    )


def _as_it_is(type_: Any) -> bool:
    """Whether values of a scalar or an enum are written as they are."""
    if isinstance(type_, GraphQLEnumType):
        return all(name == str(value.value) for name, value in type_.values.items())
    return type_.name in _AS_THEY_ARE


def _kind(source: Any) -> str:
    """The name of the type of what an abstract field found."""
    return str(source["__typename"]) if hasattr(source, "keys") else str(source.__strawberry_definition__.name)
