"""The pretend shop: its services, what they ask of one another, and what can be seen and heard of them."""
