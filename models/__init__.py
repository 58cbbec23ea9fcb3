"""What is, what is true of it, and how it is kept; the only room that knows Tortoise."""
