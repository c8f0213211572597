"""Takes the orders out of what others wrote, before a model reads it: facts stay, instructions cannot."""

from bot.shield.shield import GAP, NAME, Shield, names_in

__all__ = ["GAP", "NAME", "Shield", "names_in"]
