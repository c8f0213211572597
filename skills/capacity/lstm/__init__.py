"""The shipped network: what it is shown (features) and how it thinks (network), in plain numpy."""
