"""Compares a diagnosis with what a case expects; each miss is one short sentence."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.domain.finding import Cause
from bot.think.diagnosis import Diagnosis

ALIASES = {"patch_resources": "set_resources", "cordon_node": "cordon", "uncordon_node": "uncordon"}
"""Names that recorded cases use for actions of ours."""


def misses(expect: Mapping[str, Any], diagnosis: Diagnosis, text: str) -> Iterator[str]:
    """All that is wrong. Nothing is scored that the case does not tell."""
    if expect.get("root_service"):
        if diagnosis.suspects[:1] and diagnosis.suspects[0].name != expect["root_service"]:
            yield f"root service {diagnosis.suspects[0].name}, expected {expect['root_service']}"
        elif not diagnosis.suspects:
            yield "no root service named"
        return
    if "scope_kinds" in expect:
        yield from _findings(expect, diagnosis)
        yield from _words(expect, text)
        return
    yield from _verdict(expect, diagnosis)
    if expect.get("verdict") == "fault" and diagnosis.cause is not None:
        yield from _root(expect, diagnosis.cause)
        yield from _category(expect, diagnosis.cause)
    yield from _repair(expect, diagnosis.cause)
    yield from _words(expect, text)


def _verdict(expect: Mapping[str, Any], diagnosis: Diagnosis) -> Iterator[str]:
    wanted = expect.get("verdict_any") or [expect.get("verdict")]
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if expect.get("verdict_any") is True:
        return
    if diagnosis.verdict.value not in wanted:
        what = f" ({diagnosis.cause.key} of {diagnosis.cause.about})" if diagnosis.cause else ""
        yield f"verdict {diagnosis.verdict.value}{what}, expected {'/'.join(map(str, wanted))}"


def _root(expect: Mapping[str, Any], cause: Cause) -> Iterator[str]:
    roots = [root for root in (expect.get("root"), *expect.get("root_any", [])) if root]
    ours = {(one.kind, one.namespace, one.name) for one in (cause.about,)}
    if roots and not any((root["kind"], root.get("namespace", ""), root["name"]) in ours for root in roots):
        yield f"root {cause.about} ({cause.key}), expected {roots[0]['kind']} {roots[0]['name']}"


def _category(expect: Mapping[str, Any], cause: Cause) -> Iterator[str]:
    if cause.category.value in expect.get("not_category", []):
        yield f"category {cause.category} is plainly wrong"
    wanted = expect.get("category_any") or [expect.get("category")]
    if expect.get("category_scored", True) and expect.get("category") and cause.category.value not in wanted:
        yield f"category {cause.category}, expected {'/'.join(wanted)}"


def _repair(expect: Mapping[str, Any], cause: Cause | None) -> Iterator[str]:
    action = cause.action if cause else None
    if action is not None and action in _ours(expect.get("not_action", [])):
        yield f"action {action} is plainly wrong"
    if "action_any" in expect or "action" in expect:
        wanted = _ours(expect["action_any"] if "action_any" in expect else [expect["action"]])
        if action not in wanted:
            yield f"action {action}, expected {'/'.join(map(str, wanted))}"


def _ours(names: Sequence[str | None]) -> list[str | None]:
    return [ALIASES.get(name, name) if name else None for name in names]


def _words(expect: Mapping[str, Any], text: str) -> Iterator[str]:
    lower = text.lower()
    for term in expect.get("terms", []):
        forms = [term] if isinstance(term, str) else term
        if not any(str(form).lower() in lower for form in forms):
            yield f"not said: {'/'.join(map(str, forms))}"
    for term in expect.get("must_not", []):
        forms = [term] if isinstance(term, str) else term
        yield from (f"said: {form}" for form in forms if str(form).lower() in lower)


def _findings(expect: Mapping[str, Any], diagnosis: Diagnosis) -> Iterator[str]:
    """Only kinds in scope are judged; the verdict holds for these kinds."""
    scope = set(expect["scope_kinds"])
    found = [one for one in diagnosis.findings if one.about.kind in scope and not one.settled]
    wanted = expect.get("findings", [])
    keys = {(one["kind"], one.get("namespace", ""), one["name"]) for one in wanted}
    for one in found:
        if (one.about.kind, one.about.namespace, one.about.name) not in keys:
            yield f"verdict: found {one.key} of {one.about}, expected nothing there"
    for one in wanted:
        here = [f for f in found if (f.about.kind, f.about.namespace, f.about.name) == _key(one)]
        exact, least = one.get("count"), one.get("count_min")
        if (exact is not None and len(here) != exact) or len(here) < (least or 1):
            said = ", ".join(f.key for f in here) or "nothing"
            yield f"{one['kind']} {one['name']}: found {said}, expected {exact or f'{least or 1}+'}"


def _key(one: Mapping[str, Any]) -> tuple[str, str, str]:
    return (one["kind"], one.get("namespace", ""), one["name"])
