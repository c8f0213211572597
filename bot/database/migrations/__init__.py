"""How the tables became what they are: one file a step, in order. `make migration` writes the next one."""
