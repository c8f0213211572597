"""Rules that stand in for a model: what people ask most, read from their own words."""
