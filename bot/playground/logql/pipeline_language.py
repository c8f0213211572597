"""Reading the first part of LogQL: stream selectors and the stages of a pipeline."""

from collections.abc import Sequence

from bot.playground.logql.tokens import BadLogQuery, Token, byte_count, fail, nanoseconds
from bot.playground.logql.tree import (
    AnyOf,
    Decolorize,
    LabelFormat,
    LabelTest,
    LineFilter,
    LineFormat,
    LogQuery,
    Parser,
    Prune,
    Stage,
)
from bot.playground.promql import Matcher
from bot.playground.regexes import BadPattern, compile_pattern

_LINE_OPS = ("|=", "|~", "!=", "!~", "|>", "!>")
_TESTS = ("=", "==", "!=", "=~", "!~", ">", ">=", "<", "<=")


class PipelineReader:
    """Reads tokens one after another."""

    def __init__(self, query: str, tokens: Sequence[Token]) -> None:
        self.text, self.tokens, self.place = query, tokens, 0

    @property
    def token(self) -> Token:
        """The token at hand."""
        return self.tokens[self.place]

    def sees(self, text: str) -> bool:
        """Whether the token at hand is this word or sign."""
        return self.token.kind in ("op", "name") and self.token.text == text

    def take(self, text: str) -> str:
        """Read this word or sign."""
        if not self.sees(text):
            raise self.unexpected(text)
        self.place += 1
        return text

    def word(self, kind: str) -> str:
        """Read a token of a kind."""
        if self.token.kind != kind:
            raise self.unexpected()
        self.place += 1
        return self.tokens[self.place - 1].text

    def string(self) -> str:
        """Read a string."""
        return self.word("string")

    def number(self) -> float:
        """Read a number with its sign."""
        sign = 1.0
        if self.token.text in ("-", "+") and self.token.kind == "op":
            sign = -1.0 if self.take(self.token.text) == "-" else 1.0
        text = self.word("number")
        return sign * (float(int(text, 16)) if text.startswith("0x") else float(text))

    def fail(self, why: str) -> BadLogQuery:
        """An error at the token at hand."""
        return fail(self.text, self.token.column - 1, why)

    def unexpected(self, wanted: str = "") -> BadLogQuery:
        """The error that the token at hand is not what can stand here."""
        names = {"name": "IDENTIFIER", "string": "STRING", "number": "NUMBER", "end": "$end", "duration": "DURATION"}
        told = names.get(self.token.kind, self.token.text)
        return self.fail(f"syntax error: unexpected {told}" + (f", expecting {wanted}" if wanted else ""))

    def names(self) -> tuple[str, ...]:
        """Read (a, b, c)."""
        self.take("(")
        found: list[str] = []
        while not self.sees(")"):
            found.append(self.word("name"))
            if not self.sees(")"):
                self.take(",")
        self.take(")")
        return tuple(found)

    def span(self) -> int:
        """Read [5m]."""
        self.take("[")
        text = self.word("duration")
        self.take("]")
        return nanoseconds(text)

    def log_query(self) -> LogQuery:
        """Read a selector and its pipeline."""
        matchers = self.selector()
        stages, unwrap, _, _ = self.pipeline_with_unwrap()
        if unwrap:
            raise self.unexpected()
        return LogQuery(matchers, stages)

    def selector(self) -> tuple[Matcher, ...]:
        """Read {a="b", …}; one matcher at least must not match the empty text."""
        self.take("{")
        found: list[Matcher] = []
        while not self.sees("}"):
            name = self.word("name")
            op = self.token.text
            if op not in ("=", "!=", "=~", "!~"):
                raise self.unexpected()
            self.take(op)
            matcher = Matcher(name, op, self.string())
            self._pattern(op, matcher.value)
            found.append(matcher)
            if not self.sees("}"):
                self.take(",")
        self.take("}")
        if all(matcher({}) for matcher in found):
            raise BadLogQuery(
                "parse error : queries require at least one regexp or equality matcher that does not have an "
                'empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will'
            )
        return tuple(found)

    def _pattern(self, op: str, text: str) -> None:
        if op.endswith("~"):
            try:
                compile_pattern(text)
            except BadPattern as wrong:
                raise self.fail(str(wrong)) from wrong

    def pipeline_with_unwrap(self) -> tuple[tuple[Stage, ...], str, str, tuple[Stage, ...]]:
        """Read the stages; those after an unwrap can only be conditions."""
        before: list[Stage] = []
        after: list[Stage] = []
        unwrap, conversion = "", ""
        while self.token.kind == "op" and (self.token.text in _LINE_OPS or self.token.text == "|"):
            if self.token.text in _LINE_OPS:
                before.append(self._line_filter())
                continue
            self.take("|")
            if self.sees("unwrap"):
                self.take("unwrap")
                unwrap = self.word("name")
                if self.sees("("):
                    conversion = unwrap
                    self.take("(")
                    unwrap = self.word("name")
                    self.take(")")
            elif unwrap:
                after.append(self._tests())
            else:
                before.append(self._stage())
        return tuple(before), unwrap, conversion, tuple(after)

    def _line_filter(self) -> LineFilter:
        op = self.take(self.token.text)
        texts = [self.string()]
        while self.sees("or"):
            self.take("or")
            texts.append(self.string())
        for text in texts:
            self._pattern(op, text)
        return LineFilter(op, tuple(texts))

    def _stage(self) -> Stage:
        text = self.token.text if self.token.kind == "name" else ""
        following = self.tokens[self.place + 1].text if self.token.kind == "name" else ""
        if following in _TESTS and self.tokens[self.place + 1].kind == "op":
            return self._tests()
        match text:
            case "json" | "logfmt":
                return self._fields(text)
            case "regexp" | "pattern":
                self.take(text)
                return Parser(text, self._checked(text, self.string()))
            case "unpack":
                self.take(text)
                return Parser(text)
            case "decolorize":
                self.take(text)
                return Decolorize()
            case "line_format":
                self.take(text)
                return LineFormat(self.string())
            case "label_format":
                return self._label_format()
            case "drop" | "keep":
                return self._prune(text)
        return self._tests()

    def _checked(self, kind: str, text: str) -> str:
        if kind == "regexp":
            self._pattern("=~", text)
            if not compile_pattern(text).groupindex:
                raise self.fail("at least one named capture must be supplied")
        elif "<" not in text:
            raise self.fail("at least one capture is required")
        return text

    def _fields(self, kind: str) -> Parser:
        self.take(kind)
        flags: list[str] = []
        while self.token.kind == "flag":
            flags.append(self.word("flag"))
        fields: list[tuple[str, str]] = []
        while self.token.kind == "name":
            name = self.word("name")
            source = name
            if self.sees("="):
                self.take("=")
                source = self.string()
            fields.append((name, source))
            if not self.sees(","):
                break
            self.take(",")
        return Parser(kind, "", tuple(fields), tuple(flags))

    def _label_format(self) -> LabelFormat:
        self.take("label_format")
        parts: list[tuple[str, str, bool]] = []
        while True:
            target = self.word("name")
            self.take("=")
            template = self.token.kind == "string"
            parts.append((target, self.string() if template else self.word("name"), template))
            if not self.sees(","):
                return LabelFormat(tuple(parts))
            self.take(",")

    def _prune(self, word: str) -> Prune:
        self.take(word)
        names: list[str] = []
        matchers: list[Matcher] = []
        while True:
            name = self.word("name")
            if self.token.text in ("=", "!=", "=~", "!~") and self.token.kind == "op":
                op = self.take(self.token.text)
                matchers.append(Matcher(name, op, self.string()))
            else:
                names.append(name)
            if not self.sees(","):
                return Prune(word == "keep", tuple(names), tuple(matchers))
            self.take(",")

    def _tests(self) -> LabelTest | AnyOf:
        left = self._all_tests()
        while self.sees("or"):
            self.take("or")
            left = AnyOf("or", (left, self._all_tests()))
        return left

    def _all_tests(self) -> LabelTest | AnyOf:
        left = self._test()
        while self.sees("and") or self.sees(",") or (self.token.kind == "name" and self.token.text != "or"):
            if self.sees("and") or self.sees(","):
                self.take(self.token.text)
            left = AnyOf("and", (left, self._test()))
        return left

    def _test(self) -> LabelTest | AnyOf:
        if self.sees("("):
            self.take("(")
            inner = self._tests()
            self.take(")")
            return inner
        name = self.word("name")
        op = self.token.text
        if self.token.kind != "op" or op not in _TESTS:
            raise self.unexpected()
        self.take(op)
        if self.token.kind == "string":
            value = self.string()
            self._pattern(op, value)
            if op not in ("=", "!=", "=~", "!~"):
                raise self.unexpected()
            return LabelTest(name, op, value, "text")
        if self.token.kind == "duration":
            return LabelTest(name, op, nanoseconds(self.word("duration")) / 1e9, "duration")
        if self.token.kind == "bytes":
            return LabelTest(name, op, byte_count(self.word("bytes")), "bytes")
        return LabelTest(name, op, self.number(), "number")
