"""A small pretend cluster that speaks Prometheus, Loki and Kubernetes, for the demo, evals and kept cases."""

from bot.playground.playground import Playground
from bot.playground.world.agenda import FastClock, HandClock

__all__ = ["FastClock", "HandClock", "Playground"]
