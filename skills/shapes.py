"""Whether an answer is of the kinds that were agreed on: a server may lie, and its JSON is nothing to lean on."""

Shape = object
"""A type; a dict of shapes by key, each of which may be absent or null; a list of one shape, for all its members."""

NUMBER = (int, float)


def agrees(value: object, shape: Shape) -> bool:
    """Whether the value can be read as the shape says; what the shape does not name may be anything."""
    match shape:
        case dict():
            return isinstance(value, dict) and all(
                value.get(key) is None or agrees(value[key], wanted) for key, wanted in shape.items()
            )
        case [wanted]:
            return isinstance(value, list) and all(agrees(each, wanted) for each in value)
        case type() | tuple():
            return isinstance(value, shape)
        case _:
            raise TypeError(f"{shape!r} is no shape")
