"""How fast we are, beside what the machine can do and what others do: `python -m bench`."""
