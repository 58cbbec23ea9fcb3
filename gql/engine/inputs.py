"""What clients send, made into what resolvers take: a function for each type, put together once.

These functions know right values alone. Whatever is wrong is Unusual, and graphql-core says what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple, NoReturn

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableNode,
    get_argument_values,
    get_variable_values,
    type_from_ast,
)
from graphql.utilities import value_from_ast_untyped
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryMaybe
from strawberry.types.field import StrawberryField
from strawberry.types.maybe import Some

Coerce = Callable[[Any], Any]
Values = dict[str, Any]
"""Variables by their names, as resolvers take them; those that were not given are left out."""


Resolve = Callable[..., Any]
"""`resolve(source, info, **arguments)`: a value, or an awaitable of one."""


class Given(NamedTuple):
    """The variables of a request: as they came, and as resolvers take them."""

    raw: Mapping[str, Any]
    values: Values


Arguments = Callable[[Given], Values]


class Unusual(Exception):
    """Something that graphql-core has to tell, such as a null where none may be."""


def unusual(*_: Any) -> NoReturn:
    """Leaves it to graphql-core."""
    raise Unusual


def ours(known: Any) -> Any:
    """Strawberry's definition of a type, a field or an argument."""
    return known.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]


class Variables:
    """The variables of an operation."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._known: list[tuple[str, Coerce, Any]] = []
        for node in operation.variable_definitions or ():
            type_: Any = type_from_ast(schema, node.type)
            default = value_from_ast_untyped(node.default_value) if node.default_value else Undefined
            if default is Undefined and isinstance(type_, GraphQLNonNull):
                default = None  # which the type refuses
            self._known.append((node.variable.name.value, coercion(type_), default))

    def given(self, raw: Mapping[str, Any]) -> Given:
        """Their values. Raises Unusual where one is wrong or missing."""
        found = {}
        for name, coerce, default in self._known:
            value = raw.get(name, default)
            if value is not Undefined:
                found[name] = coerce(value)
        return Given(raw, found)


def coercion(type_: GraphQLInputType) -> Coerce:
    """What makes JSON of this type into what a resolver takes; it raises Unusual, or whatever a scalar raises."""
    if isinstance(type_, GraphQLNonNull):
        return partial(_present, _coercion(type_.of_type))
    return partial(_nullable, _coercion(type_))


def _present(coerce: Coerce, value: Any) -> Any:
    return unusual() if value is None else coerce(value)


def _nullable(coerce: Coerce, value: Any) -> Any:
    return None if value is None else coerce(value)


def _coercion(type_: Any) -> Coerce:
    if isinstance(type_, GraphQLList):
        return partial(_list, coercion(type_.of_type))
    if isinstance(type_, GraphQLEnumType):
        enum = ours(type_).wrapped_cls
        return partial(_enum, {name: enum(value.value) for name, value in type_.values.items()})
    if isinstance(type_, GraphQLInputObjectType):
        return _Object(type_).coerce
    if isinstance(type_, GraphQLScalarType):
        return _SCALARS.get(type_.name) or partial(_parsed, type_.parse_value)
    return unusual


def _list(coerce: Coerce, value: Any) -> list[Any]:
    return [coerce(item) for item in value] if isinstance(value, list) else [coerce(value)]


def _enum(known: dict[str, Any], value: Any) -> Any:
    return known[value] if type(value) is str and value in known else unusual()


def _parsed(parse: Coerce, value: Any) -> Any:
    try:
        return parse(value)
    except GraphQLError:
        raise Unusual from None


def _text(value: Any) -> str:
    return value if type(value) is str else unusual()


def _int(value: Any) -> int:
    return value if type(value) is int and -(2**31) <= value < 2**31 else unusual()


def _bool(value: Any) -> bool:
    return value if type(value) is bool else unusual()


_SCALARS: Final[dict[str, Coerce]] = {"String": _text, "ID": _text, "Int": _int, "Boolean": _bool}


class _Object:
    """An input type. Its fields are looked up when it is first met, since input types hold each other."""

    def __init__(self, type_: GraphQLInputObjectType) -> None:
        self._type, self._class, self._one_of = type_, ours(type_).origin, ours(type_).is_one_of
        self._fields: dict[str, tuple[str, Coerce, bool]] = {}
        self._required: frozenset[str] = frozenset()

    def coerce(self, given: Any) -> Any:
        if not self._fields:
            self._learn()
        if not isinstance(given, dict) or not given.keys() >= self._required:
            raise Unusual
        if self._one_of and (len(given) != 1 or None in given.values()):
            raise Unusual
        values = {}
        for name, value in given.items():
            field = self._fields.get(name)
            if field is None:
                raise Unusual
            python_name, coerce, maybe = field
            values[python_name] = Some(coerce(value)) if maybe else coerce(value)
        return self._class(**values)

    def _learn(self) -> None:
        self._required = frozenset(
            name
            for name, field in self._type.fields.items()
            if isinstance(field.type, GraphQLNonNull) and field.default is None and field.default_value is Undefined
        )
        for name, field in self._type.fields.items():
            known: StrawberryField = ours(field)
            self._fields[name] = known.python_name, coercion(field.type), isinstance(known.type, StrawberryMaybe)


def bound(
    schema: GraphQLSchema, operation: OperationDefinitionNode, known: GraphQLField, node: FieldNode
) -> tuple[Resolve, Arguments]:
    """A field's resolver with its extensions, and what makes its arguments of what is given."""
    constant: Values = {}
    varying: list[tuple[str, str, bool]] = []
    for argument in node.arguments or ():
        name, type_ = ours(known.args[argument.name.value]).python_name, known.args[argument.name.value].type
        if isinstance(argument.value, VariableNode):
            varying.append((name, argument.value.name.value, isinstance(type_, GraphQLNonNull)))
            continue
        value = value_from_ast_untyped(argument.value)
        try:
            constant[name] = unusual() if isinstance(value, dict | list) else coercion(type_)(value)
        except Unusual:  # an object, which may hold variables; a number for an ID: seldom, and graphql-core knows how
            return _by_core(schema, operation, known, node)
    return _call(ours(known)), partial(_arguments, constant, varying)


def _arguments(constant: Values, varying: list[tuple[str, str, bool]], given: Given) -> Values:
    found = dict(constant)
    for name, variable, required in varying:
        if variable in given.values:
            value = found[name] = given.values[variable]
            if value is None and required:
                unusual()
    return found


def _by_core(
    schema: GraphQLSchema, operation: OperationDefinitionNode, known: GraphQLField, node: FieldNode
) -> tuple[Resolve, Arguments]:
    def resolve(source: Any, info: Any, **values: Any) -> Any:
        return known.resolve(source, info._raw_info, **values) if known.resolve else unusual()

    def arguments(given: Given) -> Values:
        values = get_variable_values(schema, operation.variable_definitions or (), dict(given.raw))
        return unusual() if isinstance(values, list) else get_argument_values(known, node, values)

    return resolve, arguments


def _call(field: StrawberryField) -> Resolve:
    resolver: Any = field.base_resolver
    function, method = resolver.wrapped_func, resolver.self_parameter is not None
    source = resolver.parent_parameter or resolver.root_parameter
    source_name = source.name if source else None
    info_name = resolver.info_parameter.name if resolver.info_parameter else None

    def resolve(source: Any, info: Any, **values: Any) -> Any:
        if source_name is not None:
            values[source_name] = source
        if info_name is not None:
            values[info_name] = info
        return function(source, **values) if method else function(**values)

    resolves: Resolve = resolve
    for extension in field.extensions:
        if extension.has_resolver:
            resolves = partial(extension.resolve_async, resolves)
    return resolves
