"""One turn of Dify as we hear it: events in, thoughts out, and what is known when it ends."""

from collections.abc import Mapping
from typing import Any, Literal

from bot.domain.plan import Usage
from bot.domain.thought import Activity, Rewrite, Thought, Words
from bot.think.dify import calls
from bot.think.dify.events import Event
from bot.think.dify.veil import Veil, shown_and_blocks

End = Literal["", "answered", "failed", "stopped", "paused"]
QUIET_NODES = {"start", "answer", "end", "if-else", "variable-aggregator", "assigner"}


class Listener:
    """Hears one answer. `ended` stays empty until Dify says how it ended: an end of the stream alone is a lost line."""

    def __init__(self) -> None:
        self.conversation = self.task = self.message = self.run = ""
        self.ended: End = ""
        self.over = False
        self.events = 0
        self.failure: tuple[str, str, str] = ("", "", "")
        """Code, status and message, as Dify gave them: not for people's eyes."""
        self.usage = Usage()
        self.sources: tuple[str, ...] = ()
        self.files: dict[str, str] = {}
        self.others: set[str] = set()
        """Pictures that a tool or a model made: their addresses, by Dify's ids."""
        self.form: Mapping[str, Any] = {}
        self.proposed: dict[str, calls.Proposed] = {}
        self._raw = ""
        self._shown = False
        self._agent = False
        self._resumed = False
        self._veil = Veil()

    @property
    def answer(self) -> str:
        """The whole text so far, as the model wrote it."""
        return self._raw

    def resume(self) -> None:
        """The line was lost, and is back: what was said in between is not sent again, so nothing more is shown until
        the whole text comes at the end."""
        self._resumed = True

    def hear(self, event: Event) -> list[Thought]:
        """The thoughts that this event makes us think. What we do not know means nothing."""
        self.events += 1
        self.conversation = event.conversation_id or self.conversation
        self.task = event.task_id or self.task
        self.message = event.message_id or self.message
        self.run = event.workflow_run_id or self.run
        match event.event:
            case "message" | "agent_message":
                return self._more(event)
            case "message_replace":
                return self._anew(event.answer)
            case "message_file":
                if event.url and event.belongs_to != "user":
                    self._file(event.id or event.url, event.url, event.type)
            case "agent_thought":
                return self._call(event.id, *calls.from_thought(event))
            case "agent_log":
                return self._call(event.of("id"), *calls.from_log(event))
            case "node_started" | "node_finished" | "node_retry":
                return _node(event)
            case "human_input_required":
                self.form = event.data
            case "message_end":
                self._end_of_message(event)
            case "workflow_finished":
                return self._end_of_run(event)
            case "workflow_paused":
                self.ended, self.over = "paused", True
                self.form = self.form or _first(event.data.get("reasons"))
            case "error":
                self.failure = (event.code, str(event.status or ""), event.message)
                self.ended, self.over = "failed", True
        return []

    def last_words(self) -> list[Thought]:
        """What the veil still held, when all is heard."""
        return self._words(self._veil.rest())

    def _more(self, event: Event) -> list[Thought]:
        if event.event == "agent_message":
            self._agent = True
        elif self._agent and event.answer:
            return self._anew(event.answer)
        self._raw += event.answer
        return self._words(self._veil.feed(event.answer))

    def _words(self, text: str) -> list[Thought]:
        if not self._shown:
            text = text.lstrip()
        if self._resumed or not text:
            return []
        self._shown = True
        return [Words(text)]

    def _anew(self, text: str) -> list[Thought]:
        if self._resumed and not text:
            return []
        same = text.strip() == self._raw.strip()
        self._raw, self._veil = text, Veil()
        if same:
            self._veil.feed(text)
            return []
        shown, _ = shown_and_blocks(text)
        self._shown = bool(shown)
        return [Rewrite(shown)]

    def _call(self, id: str, activity: Activity | None, proposed: calls.Proposed | None) -> list[Thought]:
        if proposed:
            self.proposed[id] = proposed
        return [activity] if activity else []

    def _file(self, mark: str, url: str, kind: str) -> None:
        """A picture may be shown; of anything else people are told that it is there."""
        if kind == "image":
            self.files[mark] = url
        else:
            self.others.add(mark)

    def _end_of_message(self, event: Event) -> None:
        for each in event.files:
            mark, url = each.get("id") or each.get("related_id"), each.get("url") or each.get("remote_url")
            if isinstance(url, str) and url and each.get("belongs_to") != "user":
                self._file(str(mark or url), url, str(each.get("type")))
        self.usage = _usage(event.metadata.get("usage"))
        self.sources = _sources(event.metadata.get("retriever_resources"))
        if not self.ended:
            self.ended = "answered"
        self.over = not self.run

    def _end_of_run(self, event: Event) -> list[Thought]:
        self.over = True
        outputs = event.data.get("outputs")
        whole = outputs.get("answer") if isinstance(outputs, Mapping) else None
        match event.of("status"):
            case "succeeded" | "partial-succeeded":
                self.ended = "answered"
            case "stopped":
                self.ended = "stopped"
            case _:
                self.ended = "failed"
                self.failure = ("workflow_failed", "", event.of("error"))
                return []
        if isinstance(whole, str) and whole.strip():
            return self._anew(whole)
        return []


def _node(event: Event) -> list[Thought]:
    if event.of("node_type") in QUIET_NODES or not event.of("id"):
        return []
    state = "running" if event.event != "node_finished" else "done"
    if event.of("status") in {"failed", "exception"}:
        state = "failed"
    return [Activity(event.of("id"), event.of("title")[:200], state)]  # type: ignore[arg-type]


def _usage(value: Any) -> Usage:
    if not isinstance(value, Mapping):
        return Usage()
    currency = value.get("currency")
    return Usage(
        int(_number(value.get("total_tokens"))),
        _number(value.get("total_price")),
        currency if isinstance(currency, str) else "",
        _number(value.get("latency")),
    )


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return number if 0 <= number < 1e15 else 0.0


def _sources(value: Any) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for each in value if isinstance(value, list) else []:
        name = each.get("document_name") if isinstance(each, Mapping) else None
        if isinstance(name, str) and name:
            names[name[:200]] = None
    return tuple(names)


def _first(value: Any) -> Mapping[str, Any]:
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return value[0]
    return {}
