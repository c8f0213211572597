"""One line on its way through a pipeline, with the labels that it has so far."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Working:
    """A line on its way through the stages."""

    at: int
    line: str
    stream: dict[str, str]
    extra: dict[str, str]
    parsed: dict[str, str] = field(default_factory=dict)
    error: str = ""
    details: str = ""

    def labels(self) -> dict[str, str]:
        """All labels that it has now."""
        found = {name: value for name, value in {**self.stream, **self.extra}.items() if value} | self.parsed
        if self.error:
            found["__error__"] = self.error
        if self.error and self.details:
            found["__error_details__"] = self.details
        return found

    def get(self, name: str) -> str | None:
        """A label's value; what a parser found comes before what the stream has."""
        if name == "__error__":
            return self.error
        for place in (self.parsed, self.extra, self.stream):
            if name in place:
                return place[name]
        return None

    def set(self, name: str, value: str) -> None:
        """Give a label a value; the others of its name step back."""
        for place in (self.stream, self.extra):
            place.pop(name, None)
        self.parsed[name] = value

    def drop(self, name: str) -> None:
        """Take a label away."""
        if name == "__error__":
            self.error = ""
        for place in (self.stream, self.extra, self.parsed):
            place.pop(name, None)

    def found(self, name: str, value: str, *, asked: bool = False) -> None:
        """A parser found a label: one that the stream has is kept, and the new one is called `…_extracted`.

        Of two findings the first counts, unless the label was `asked` for by name.
        """
        key = f"{name}_extracted" if name in self.stream or name in self.extra else name
        if asked or key not in self.parsed:
            self.parsed[key] = value

    def wrong(self, kind: str, details: str) -> None:
        """Something could not be read."""
        self.error, self.details = kind, details
