"""The suite: an exact mirror of the rooms, plus `stories` and `house`."""
