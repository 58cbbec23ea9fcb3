"""Plans: one operation as Python, generated from Strawberry's own schema.

A plan knows the ordinary course alone. Whatever is unusual (an error, a null where none may be) ends it, and graphql-core
executes the operation with the root values that were resolved already: errors are its own, and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple, NoReturn

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
    get_variable_values,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from strawberry.types.field import StrawberryField

from gql.context import Context, Info
from gql.engine.fields import ALL, kind_of_source, of_source_alone, read_columns, same_in_a_plan
from gql.engine.inputs import Arguments, Given, Resolve, Unusual, bound, ours, unusual
from gql.engine.replay import Resolved
from gql.loaders import Batch
from gql.nodes import FromRow

Waiting = list[tuple[Any, dict[str, Any]]]
"""The sources that a step resolves a field of, each with the object that it writes the value into."""

Pending = list[Waiting]
"""Who waits for which step."""

_AS_THEY_ARE: Final = {
    "String": "type({v}) is str",
    "ID": "type({v}) is str",
    "Int": "type({v}) is int and -2147483648 <= {v} <= 2147483647",
    "Boolean": "type({v}) is bool",
    "DateTime": "type({v}) is datetime",
    "JSON": "True",
}
"""Scalars whose right values are written as they are: orjson writes a moment in UTC just as our own serializer does."""


class Asked(NamedTuple):
    """What a plan tells a resolver of the operation: its context, and the columns that are selected of its rows; None for all."""

    context: Context
    columns: frozenset[str] | None

    def __getattr__(self, name: str) -> NoReturn:
        """Whatever else graphql-core would have told it."""
        raise Unusual


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
    columns: frozenset[str] | None = frozenset()
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
                except Unusual:  # not the resolver's own outcome
                    raise
                except Exception as error:
                    if step.root:
                        resolved.keep(step, source, None, error)
                    raise
                if step.root or self.serial:
                    resolved.keep(step, source, value)
                into[step.key] = step.complete(value, pending)
        return data


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
        self._names: dict[str, Any] = {"unusual": unusual, "kind": kind_of_source, "datetime": datetime}
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
            columns |= read_columns(field, rows=rows)
            if field.base_resolver is None and not field.extensions:
                given = f"s[{field.python_name!r}]" if rows else f"s.{field.python_name}"
            elif of_source_alone(field):
                given = f"{self._named('r', field.base_resolver.wrapped_func)}(s)"  # type: ignore[union-attr]  # it has one
            else:
                entries.append(f"{key!r}: None")
                waits.append(f"c[{len(self._steps)}].append((s, d))")
                self._step(key, known, fields, root=root)
                continue
            value, inner = self._value(known.type, fields, given, column=rows and field.base_resolver is None)
            columns |= inner
            entries.append(f"{key!r}: {value}")
        made = "{" + ", ".join(entries) + "}"
        return self._function("o", null, *([f"d = {made}", *waits, "return d"] if waits else [f"return {made}"])), columns

    def _step(self, key: str, known: GraphQLField, fields: list[FieldDetails], *, root: bool) -> None:
        field: StrawberryField = ours(known)
        if not same_in_a_plan(field):
            raise NoPlan(field.name)
        resolve, arguments = bound(self._schema, self._operation, known, fields[0].node)
        step = Step(key, fields[0].node, field, resolve, arguments, field.metadata.get("batch"), root, waits=field.is_async)
        self._steps.append(step)  # before those inside it: steps are taken in this order
        value, columns = self._value(known.type, fields, "s")
        step.name = self._function("f", "", f"return {value}")
        step.columns = None if ALL in columns else frozenset(columns)

    def _value(
        self, type_: GraphQLOutputType, fields: list[FieldDetails], given: str, *, column: bool = False
    ) -> tuple[str, set[str]]:
        """The expression that completes what the expression `given` gives, and the columns that it reads.

        A column of the database has its type; whatever else a leaf is made of is looked at.
        """
        required = isinstance(type_, GraphQLNonNull)
        of: Any = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        null = "if s is None: unusual()" if required else "if s is None: return None"
        if is_leaf_type(of):
            v = self._new("v")
            check = self._check(of, v)
            if column:
                return (f"({v} if ({v} := {given}) is not None else unusual())" if required else given), set()
            right = f"is not None and {check}" if required else f"is None or {check}"
            return f"({v} if ({v} := {given}) {right} else unusual())", set()
        if isinstance(of, GraphQLList):
            item, columns = self._value(of.of_type, fields, "x")
            name = self._function("l", null, "if isinstance(s, str): unusual()", f"return [{item} for x in s]")
        elif is_abstract_type(of):
            name, columns = self._abstract(of, fields, null)
        else:
            name, columns = self._object(of, self._subfields(of, fields), null)
        return f"{name}({given}, c)", columns

    def _check(self, type_: Any, v: str) -> str:
        """The expression of whether the variable `v` is a value that is written as it is."""
        if isinstance(type_, GraphQLEnumType):
            if any(name != str(value.value) for name, value in type_.values.items()):
                raise NoPlan(type_.name)
            return f"{v} in {self._named('k', frozenset(type_.values))}"
        if type_.name not in _AS_THEY_ARE:
            raise NoPlan(type_.name)
        return _AS_THEY_ARE[type_.name].format(v=v)

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
