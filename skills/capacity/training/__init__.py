"""How the shipped weights were made, and what they were made from."""
