"""The REST shim: the old service's routes and dialects, a transport beside `gql`."""
