"""What a plan has to know of a field, a type and a document."""

from __future__ import annotations

from typing import Any, Final

from graphql import DocumentNode, OperationDefinitionNode, VariableNode, Visitor, print_ast, visit
from strawberry.extensions import FieldExtension
from strawberry.types.base import StrawberryMaybe
from strawberry.types.field import StrawberryField

ALL: Final = "*"
"""Among the columns that are read: every one."""


def conditions(document: DocumentNode, operation: OperationDefinitionNode) -> tuple[str, ...]:
    """The Boolean variables of an operation by which @include and @skip choose what is selected."""
    found: set[str] = set()

    class Conditions(Visitor):
        def enter_directive(self, node: Any, *_: Any) -> None:
            if node.name.value in {"include", "skip"}:
                found.update(a.value.name.value for a in node.arguments if isinstance(a.value, VariableNode))

    visit(document, Conditions())
    # Another operation of the document may call something else by the name, and whatever a client sends would be a key.
    declared = {one.variable.name.value: print_ast(one.type).rstrip("!") for one in operation.variable_definitions or ()}
    return tuple(sorted(name for name in found if declared.get(name) == "Boolean"))


def of_source_alone(field: StrawberryField) -> bool:
    """Whether a field's resolver is a plain function of its source."""
    resolver = field.base_resolver
    return (
        resolver is not None
        and not field.extensions
        and not resolver.is_async
        and not resolver.arguments
        and resolver.info_parameter is None
    )


def read_columns(field: StrawberryField, *, rows: bool) -> set[str]:
    """The columns that a field of a row reads: its own, or what it declares; all of them where a resolver declares nothing."""
    if "columns" in field.metadata:
        return set(field.metadata["columns"])
    if not rows or "batch" in field.metadata:
        return set()
    return {field.python_name if field.base_resolver is None else ALL}


def same_in_a_plan(field: StrawberryField) -> bool:
    """Whether a plan resolves a field just as Strawberry does."""
    if field.base_resolver is None or any(isinstance(argument.type, StrawberryMaybe) for argument in field.arguments):
        return False
    if "batch" in field.metadata and (field.extensions or field.arguments):
        return False
    return all(
        field.is_async and extension.supports_async and type(extension).map_arguments is FieldExtension.map_arguments
        for extension in field.extensions
    )


def kind_of_source(source: Any) -> str:
    """The name of the type of what an abstract field found."""
    return str(source["__typename"]) if hasattr(source, "keys") else str(source.__strawberry_definition__.name)
