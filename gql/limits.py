"""Limits of a document, before anything of it is executed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode
from graphql.validation import ASTValidationRule, NoSchemaIntrospectionCustomRule
from strawberry.extensions import SchemaExtension

TOKENS: Final = 2_000
"""Lexical tokens of a document, counted by the lexer, so that a larger one is not even parsed."""


class Limits(SchemaExtension):
    """Bounds what is parsed, and keeps the schema from those who may not see it."""

    def on_operation(self) -> Iterator[None]:
        """Before parsing and validation."""
        execution: Any = self.execution_context
        execution.parse_options = {**execution.parse_options, "max_tokens": TOKENS}
        if not execution.context.introspectable:
            execution.validation_rules = (*execution.validation_rules, NoSchemaIntrospectionCustomRule)
        if execution.operation_name is None:
            execution.validation_rules = (*execution.validation_rules, OneOperation)
        yield


class OneOperation(ASTValidationRule):
    """Where the request names no operation, the document holds one (GraphQL, section 6.1): else we would have to guess."""

    def enter_document(self, node: DocumentNode, *_args: Any) -> None:
        """At the beginning of the document."""
        operations = [one for one in node.definitions if isinstance(one, OperationDefinitionNode)]
        if len(operations) > 1:
            self.report_error(GraphQLError("Name the operation to execute by operationName.", operations))
