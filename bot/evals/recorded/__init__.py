"""Recorded cases: how they are read, and how an answer is compared with what is expected."""
