"""Capacity as a skill: forecasts three days ahead, says when things run out, and asks for nodes in time."""
