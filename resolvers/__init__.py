"""What may be done, by whom, as one unit: one function, one transaction."""
