"""The types of arguments: what a name, a namespace, or a stretch of time may look like."""

from typing import Annotated

from pydantic import Field

_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"

Namespace = Annotated[str, Field(pattern=_LABEL, max_length=63)]
"""A namespace, as Kubernetes spells it."""
AnyNamespace = Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$", max_length=63)]
"""A namespace, or nothing for all of them."""
Name = Annotated[str, Field(pattern=_NAME, max_length=253)]
"""A thing's name, as Kubernetes spells it."""
AnyName = Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$", max_length=253)]
"""A thing's name, or nothing."""
Most = Annotated[int, Field(ge=1, le=200)]
"""How many to show."""
Span = Annotated[str, Field(min_length=1, max_length=100)]
"""A time range as people write it."""
