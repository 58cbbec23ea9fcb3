"""Who is calling and what they may do; pure: no I/O, no database."""
