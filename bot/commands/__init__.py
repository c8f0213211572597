"""What `dutybot` can be told to do: every file here is one command, added by its `register(app)`."""

import importlib
import pkgutil

import typer


def register_all(app: typer.Typer) -> None:
    """Every file of this folder; their heavy parts are imported only when they run."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        importlib.import_module(f"{__name__}.{module.name}").register(app)
