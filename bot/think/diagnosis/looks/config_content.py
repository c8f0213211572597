"""Follows a configuration error from the log line into the config map or the pod spec that holds the bad value."""

import re
from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.cluster import containers
from bot.think.diagnosis.families import family_of
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.looks.log_errors import subject_of
from bot.think.diagnosis.looks.references import needs
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

WORD = re.compile(r"[\w.\-/]{4,}")
DULL = {"found", "failed", "error", "invalid", "unknown", "directive", "config", "configuration", "parse", "aborting",
        "fatal", "emerg", "line", "file", "with", "this", "that", "from", "environment", "variable", "context",
        "detected", "startup", "allowed", "values", "mapping", "undefined", "nginx", "value", "missing"}  # fmt: skip


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    told: set[tuple[Subject, str]] = set()
    for line in sight.lines:
        subject = subject_of(line)
        family = family_of(line.text) if subject is not None else None
        if (
            subject is None
            or family is None
            or family.symptom
            or family.category not in (Category.CONFIG, Category.RELEASE)
        ):
            continue
        for finding in _follow(sight, sight.cluster.owner(subject), line.text):
            if (finding.about, finding.key) not in told:
                told.add((finding.about, finding.key))
                yield finding


def _follow(sight: Sight, owner: Subject, text: str) -> Iterator[Finding]:
    for thing, spec in sight.cluster.templates():
        if thing.subject != owner and sight.cluster.owner(thing.subject) != owner:
            continue
        for need in needs(spec):
            found = need.kind == "ConfigMap"
            config = sight.cluster.find("ConfigMap", owner.namespace, need.name) if found else None
            said = _line_in(config, text) if config is not None else ""
            if config is not None and (said or _file_in(config, text)):
                yield _named(owner, config, said)
                return
        for one in containers(spec):
            script = " ".join(map(str, [*(one.get("command") or []), *(one.get("args") or [])]))
            words = [word for word in _words(text) if word in script]
            if script and len(words) >= 2:
                values = {"name": owner.name, "container": str(one.get("name")), "script": script[:300]}
                proof = Proof(thing.query, script[:300])
                yield Finding(owner, "command_fails", Category.RELEASE, 0.6, values, (proof,))
                return


def _words(text: str) -> list[str]:
    return [word for word in WORD.findall(text) if word.lower().strip("-./") not in DULL and not word.isdigit()]


def _line_in(config: Thing, text: str) -> str:
    """The line of the config map that holds what the log complains about."""
    quoted = re.findall(r"[\"'`]([^\"'`]{3,80})[\"'`]", text)
    phrases = [*quoted, *re.findall(r"\b((?:invalid|unknown|bad|unsupported)[ _]\w+)", text, re.IGNORECASE)]
    keys = {re.sub(r"[\W_]+", "", phrase).lower() for phrase in phrases}
    for content in (config.get("data") or {}).values():
        for line in str(content).splitlines():
            bare = line.strip()
            if bare.startswith(("#", "//", ";")):
                continue
            flat = re.sub(r"[\W_]+", "", bare).lower()
            if any(key and len(key) >= 5 and key in flat for key in keys):
                return bare[:200]
    return ""


def _file_in(config: Thing, text: str) -> bool:
    """The log names a file that is a key of the config map."""
    return any(key in text for key in (config.get("data") or {}) if "." in key)


def _named(owner: Subject, config: Thing, said: str) -> Finding:
    values = {"name": owner.name, "config": config.name, "line": said or "?"}
    proof = Proof(config.query, said or ", ".join(config.get("data") or {}))
    return Finding(
        owner,
        "config_named",
        Category.CONFIG,
        0.8,
        values,
        (proof,),
        points_to=(config.subject,),
    )
