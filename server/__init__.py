"""The composition root: reads the environment, starts and stops things."""
