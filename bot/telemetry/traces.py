"""OpenTelemetry traces of each event, what it thought, did and sent; silent until `trace_to` is told where to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_tracer: Any = None


def trace_to(url: str) -> Callable[[], None]:
    """Send traces over OTLP (HTTP, protobuf) from now on; gives what ends it. Raises ImportError without the extra."""
    global _tracer  # noqa: PLW0603 - there is one way out of a process
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "dutybot"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    _tracer = provider.get_tracer("dutybot")

    def end() -> None:
        global _tracer  # noqa: PLW0603
        _tracer = None
        provider.shutdown()

    return end


@contextmanager
def span(name: str, *, around: bool = True, **told: str) -> Iterator[Callable[[str, str], None]]:
    """One piece of work; what is yielded notes what came of it. Only names are told, never what people wrote.

    Args:
        name: What it is.
        around: Spans made inside are its children; not for generators, whose inside is left and entered again.
        told: What is known of it from the beginning.
    """
    if _tracer is None:
        yield _nothing
        return
    from opentelemetry import trace

    made = _tracer.start_span(name, attributes=told)
    try:
        if around:
            with trace.use_span(made, record_exception=False, set_status_on_exception=True):
                yield made.set_attribute
        else:
            yield made.set_attribute
    finally:
        made.end()


def trace_id() -> str:
    """Of the trace we are in; empty outside of any."""
    if _tracer is None:
        return ""
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


def _nothing(_name: str, _value: str) -> None:
    """Where nobody traces."""
