"""Domain values to JSON and back, by their types."""

from typing import Generic, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


class Codec(Generic[T]):
    """Made once for each type that is kept; the JSON is plain, so that any tool can read it."""

    def __init__(self, kept: type[T]) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(kept)

    def dump(self, value: T) -> str:
        return self._adapter.dump_json(value, warnings="error").decode()

    def load(self, text: str) -> T:
        """Raises pydantic.ValidationError when the text was not written by `dump` of the same type."""
        return self._adapter.validate_json(text)
