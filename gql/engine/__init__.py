"""The engine: documents that are prepared once, plans that execute them, and graphql-core for whatever is unusual."""
