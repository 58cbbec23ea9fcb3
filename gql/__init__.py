"""What the world sees over GraphQL: types and fields; nothing is decided here."""
