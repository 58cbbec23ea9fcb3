"""What an operation's answer weighs: a tree of its objects, and how many of each there may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    is_abstract_type,
)

from gql.cost import Price, prices
from models.paging import PAGE_LIMIT

Weight = tuple[int, int]
"""Cost and objects."""


@dataclass(frozen=True, slots=True, eq=False)
class Size:
    """How long a list is: the largest of what its slicing arguments ask for, else what is assumed.

    What is no page size at all counts as the largest page: it is refused later, as an argument. `defaults` are those of the
    variables that have one.
    """

    assumed: int
    sliced: bool = False
    literals: tuple[Any, ...] = ()
    variables: tuple[str, ...] = ()
    defaults: tuple[Any, ...] = ()

    def of(self, variables: Mapping[str, Any]) -> int:
        """Its items, by the values of the variables."""
        given = self.literals
        if self.variables:
            given += tuple(map(variables.get, self.variables, self.defaults))
        pages = [one if type(one) is int and 1 <= one <= PAGE_LIMIT else PAGE_LIMIT for one in given if one is not None]
        return max(pages, default=self.assumed)


ONE: Final = Size(1)

Sizes = Callable[[Size], int]


@dataclass(slots=True, eq=False)
class Branch:
    """A field, `times` over; below it, for each type that its object may have, the fields that cost something.

    `fixed` is its weight where no variable has a say.
    """

    key: str
    weight: int
    objects: int
    times: Size
    below: tuple[tuple[Branch, ...], ...] = ((),)
    fixed: Weight | None = None

    def weigh(self, sizes: Sizes, *, anew: bool = False) -> Weight:
        """Its cost and its objects; of an object that may have several types, the largest ones."""
        if self.fixed is not None and not anew:
            return self.fixed
        cost = objects = 0
        for fields in self.below:
            costs, counts = self.weight, self.objects
            for branch in fields:
                more, many = branch.weigh(sizes, anew=anew)
                costs, counts = costs + more, counts + many
            cost, objects = max(cost, costs), max(objects, counts)
        times = sizes(self.times)
        return cost * times, objects * times

    def walk(self, sizes: Sizes, above: tuple[Branch, ...] = (), many: int = 1) -> Iterator[tuple[int, tuple[Branch, ...]]]:
        """Every field with how often it is answered, as the way that leads to it."""
        way, many = (*above, self), many * sizes(self.times)
        yield many, way
        for fields in self.below:
            for branch in fields:
                yield from branch.walk(sizes, way, many)


def tree(schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Branch:
    """The tree of an operation whose fragments run in no circle. What the schema does not know weighs nothing."""
    root = schema.get_root_type(operation.operation)
    grower = _Grower(schema, fragments, _defaults(operation))
    branch = Branch("", 0, 0, ONE, ((),) if root is None else grower.below(root, [operation.selection_set], frozenset(), ONE))
    return _settled(branch)


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {one.variable.name.value: _literal(one.default_value) for one in operation.variable_definitions or ()}


def _literal(node: ValueNode | None) -> Any:
    """An Int, None for nothing, and for all else something that is no Int."""
    if node is None or isinstance(node, NullValueNode):
        return None
    return int(node.value) if isinstance(node, IntValueNode) and len(node.value) < 10 else "?"


def _settled(branch: Branch) -> Branch:
    if not branch.times.variables and all(one.fixed is not None for fields in branch.below for one in fields):
        branch.fixed = branch.weigh(_unknown)
    return branch


def _unknown(size: Size) -> int:
    return size.of({})


@dataclass(frozen=True, slots=True)
class _Grower:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    defaults: Mapping[str, Any]

    def below(
        self, kind: GraphQLNamedType, selected: Sequence[SelectionSetNode], sized: frozenset[str], size: Size
    ) -> tuple[tuple[Branch, ...], ...]:
        """What is selected of a type: for each of the types that its objects may have. `size` is that of its fields `sized`."""
        kinds: Sequence[GraphQLNamedType] = [kind]
        if is_abstract_type(kind):
            kinds = self.schema.get_possible_types(kind)
        return tuple(tuple(self._branches(one, selected, sized, size)) for one in kinds) or ((),)

    def _branches(
        self, kind: GraphQLNamedType, selected: Sequence[SelectionSetNode], sized: frozenset[str], size: Size
    ) -> Iterator[Branch]:
        table = prices(self.schema)
        for key, nodes in self._merged(kind, selected).items():
            name = nodes[0].name.value
            price = table.get((kind.name, name))
            if price is None or (price.target is None and price.weight == 0):
                continue
            own = self._size(price, nodes[0])
            holds = bool(price.sized)  # then the size is that of the fields below
            times = size if name in sized else ONE if holds else own
            inner = [one.selection_set for one in nodes if one.selection_set is not None]
            below: tuple[tuple[Branch, ...], ...] = ((),)
            if price.target is not None:
                below = self.below(price.target, inner, price.sized, own)
            yield _settled(Branch(key, price.weight, int(price.target is not None and price.weight > 0), times, below))

    def _merged(self, kind: GraphQLNamedType, selected: Sequence[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """The fields by response key (GraphQL, section 6.3.2), whatever @skip and @include say."""
        found: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        sets = [*reversed(selected)]
        while sets:
            for node in sets.pop().selections:
                if isinstance(node, FieldNode):
                    found.setdefault((node.alias or node.name).value, []).append(node)
                    continue
                fragment: InlineFragmentNode | FragmentDefinitionNode | None
                if isinstance(node, FragmentSpreadNode):
                    fragment = None if node.name.value in seen else self.fragments.get(node.name.value)
                    seen.add(node.name.value)
                else:
                    fragment = cast("InlineFragmentNode", node)
                if fragment is not None and self._applies(fragment.type_condition, kind):
                    sets.append(fragment.selection_set)
        return found

    def _applies(self, condition: NamedTypeNode | None, kind: GraphQLNamedType) -> bool:
        on = kind if condition is None else self.schema.get_type(condition.name.value)
        return on is kind or (is_abstract_type(on) and self.schema.is_sub_type(on, kind))

    def _size(self, price: Price, node: FieldNode) -> Size:
        given = [one.value for one in node.arguments or () if one.name.value in price.slicing]
        names = tuple(one.name.value for one in given if isinstance(one, VariableNode))
        literals = tuple(_literal(one) for one in given if not isinstance(one, VariableNode))
        return Size(price.size, bool(price.slicing), literals, names, tuple(map(self.defaults.get, names)))
