"""A diagnosis as Markdown, in Chinese or English: verdict first, and every claim with the query it rests on."""

from collections.abc import Iterator

from bot.domain.finding import Cause, Finding
from bot.think.diagnosis.clock import shown
from bot.think.diagnosis.report import Diagnosis, Verdict
from bot.think.diagnosis.wording import Language, say

SHOWN_CAUSES = 3
SHOWN_FINDINGS = 12
WORTH_SAYING = 0.05
SHOWN_SUSPECTS = 5
MOST_PROOFS = 16


def as_markdown(diagnosis: Diagnosis, language: Language = "zh") -> str:
    """The whole report."""
    parts = [
        *_head(diagnosis, language),
        *_causes(diagnosis, language),
        *_others(diagnosis, language),
        *_suspects(diagnosis, language),
        *_timeline(diagnosis, language),
        *_similar(diagnosis, language),
        *_unseen(diagnosis, language),
    ]
    return "\n".join(parts).strip() + "\n"


def sentence(finding: Finding, language: Language) -> str:
    """One finding in words."""
    values = {"about": str(finding.about), **finding.values}
    return say("finding", finding.key, language, {key: " ".join(text.split()) for key, text in values.items()})


def headline(diagnosis: Diagnosis, language: Language) -> str:
    """The verdict in one line."""
    if diagnosis.verdict is Verdict.HEALTHY or diagnosis.cause is None:
        return say("report", "healthy", language)
    return named(diagnosis.cause, language)


def named(cause: Cause, language: Language) -> str:
    """What is wrong with what."""
    values = {"about": str(cause.about), "what": say("category", cause.category, language)}
    return say("report", "fault", language, values)


def _head(diagnosis: Diagnosis, language: Language) -> Iterator[str]:
    start, end = (shown(at) for at in diagnosis.window)
    yield f"# {headline(diagnosis, language)}"
    yield ""
    yield say("report", "window", language, {"start": start, "end": end})
    yield ""


def _causes(diagnosis: Diagnosis, language: Language) -> Iterator[str]:
    for rank, cause in enumerate(diagnosis.causes[:SHOWN_CAUSES], 1):
        values = {
            "rank": str(rank),
            "about": str(cause.about),
            "what": say("category", cause.category, language),
            "sure": f"{cause.confidence:.0%}",
        }
        yield f"## {say('report', 'cause', language, values)}"
        yield ""
        yield from _cause(cause, language)
        yield ""


def _cause(cause: Cause, language: Language) -> Iterator[str]:
    for finding in cause.speaks_for[:SHOWN_FINDINGS]:
        yield f"- {sentence(finding, language)}"
        yield from _proofs(finding)
    for finding in cause.speaks_against:
        yield f"- {say('report', 'against', language)}{sentence(finding, language)}"
        yield from _proofs(finding)
    if len(cause.path) > 1:
        yield f"- {say('report', 'path', language)}{' → '.join(str(one) for one in cause.path)}"
    if cause.action:
        shown_args = ", ".join(f"{key}={value}" for key, value in cause.args.items())
        yield f"- {say('report', 'action', language)}`{cause.action}({shown_args})`"
    else:
        yield f"- {say('report', cause.why_no_action or 'no_action_helps', language)}"


def _proofs(finding: Finding) -> Iterator[str]:
    for proof in finding.proofs[:MOST_PROOFS]:
        link = f"[`{proof.query}`]({proof.url})" if proof.url else f"`{proof.query}`"
        said = " ".join(proof.shows.split())
        yield f"  - {link}" + (f": {said}" if said else "") + (f" ({shown(proof.at)})" if proof.at else "")


def _others(diagnosis: Diagnosis, language: Language) -> Iterator[str]:
    told = {id(one) for cause in diagnosis.causes[:SHOWN_CAUSES] for one in cause.speaks_for}
    rest = [one for one in diagnosis.findings if id(one) not in told]
    if rest:
        yield f"## {say('report', 'also_seen', language)}"
        yield ""
    for finding in sorted(rest, key=lambda one: -one.weight)[:SHOWN_FINDINGS]:
        over = say("report", "over", language) if finding.settled else ""
        yield f"- {over}{sentence(finding, language)}"
        yield from _proofs(finding)
    if rest:
        yield ""


def _suspects(diagnosis: Diagnosis, language: Language) -> Iterator[str]:
    accused = [suspect for suspect in diagnosis.suspects[:SHOWN_SUSPECTS] if suspect.score >= WORTH_SAYING]
    if accused:
        yield f"## {say('report', 'suspects', language)}"
        yield ""
    for rank, suspect in enumerate(accused, 1):
        signs = "; ".join(say("sign", sign.key, language, sign.values) for sign in suspect.signs)
        yield f"{rank}. **{suspect.name}** ({suspect.score:.2f}) {signs}".rstrip()
        if suspect.query:
            yield f"   - `{suspect.query}`"
    if accused:
        yield ""


def _timeline(diagnosis: Diagnosis, language: Language) -> Iterator[str]:
    if diagnosis.timeline:
        yield f"## {say('report', 'timeline', language)}"
        yield ""
    for moment in diagnosis.timeline:
        yield f"- {shown(moment.at)} {moment.what} (`{moment.query}`)"
    if diagnosis.timeline:
        yield ""


def _similar(diagnosis: Diagnosis, language: Language) -> Iterator[str]:
    if diagnosis.similar:
        yield f"## {say('report', 'similar', language)}"
        yield ""
    for each in diagnosis.similar:
        title = " ".join(each.title.replace("[", "(").replace("]", ")").split())
        link = f"[{title}]({each.url})" if each.url else title
        yield f"- {link} ({', '.join(each.signs)})"
    if diagnosis.similar:
        yield ""


def _unseen(diagnosis: Diagnosis, language: Language) -> Iterator[str]:
    if diagnosis.ruled_out:
        yield f"## {say('report', 'ruled_out', language)}"
        yield ""
        yield from (f"- {say('ruled_out', key, language)}" for key in diagnosis.ruled_out)
        yield ""
    if diagnosis.gaps:
        yield f"## {say('report', 'gaps', language)}"
        yield ""
        yield from (f"- {say('gap', gap, language)}" for gap in diagnosis.gaps)
