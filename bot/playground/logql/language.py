"""Reading LogQL: from the text of a query to its tree."""

from bot.playground.logql.pipeline_language import PipelineReader
from bot.playground.logql.tokens import BadLogQuery, nanoseconds, tokenise
from bot.playground.logql.tree import Aggregation, Binary, Grouping, LogQuery, Metric, Number, Query, RangeCall, Replace

__all__ = ["BadLogQuery", "parse_log_query"]

_PLAIN = {"rate", "count_over_time", "bytes_rate", "bytes_over_time", "absent_over_time"}
_UNWRAPPED = {
    "sum_over_time", "avg_over_time", "max_over_time", "min_over_time", "first_over_time", "last_over_time",
    "stddev_over_time", "stdvar_over_time", "quantile_over_time", "rate_counter", "rate", "absent_over_time",
}  # fmt: skip
_RANGE = _PLAIN | _UNWRAPPED
_GROUPABLE = {
    "avg_over_time", "max_over_time", "min_over_time", "first_over_time", "last_over_time", "stddev_over_time",
    "stdvar_over_time", "quantile_over_time",
}  # fmt: skip
_VECTOR = {
    "sum",
    "avg",
    "min",
    "max",
    "count",
    "stddev",
    "stdvar",
    "topk",
    "bottomk",
    "sort",
    "sort_desc",
    "approx_topk",
}
_LEVELS = (("or",), ("and", "unless"), ("==", "!=", ">=", "<=", ">", "<"), ("+", "-"), ("*", "/", "%"), ("^",))


def parse_log_query(query: str) -> Query:
    """The tree of a query."""
    reader = MetricReader(query, tokenise(query))
    if reader.token.kind == "end":
        raise reader.fail("syntax error: unexpected $end")
    tree = reader.query()
    if reader.token.kind != "end":
        raise reader.unexpected()
    return tree


class MetricReader(PipelineReader):
    """Reads whole queries."""

    def query(self) -> Query:
        """Anything."""
        if self.sees("{"):
            return self.log_query()
        if self.sees("("):
            mark = self.place
            depth = 0
            while self.sees("("):
                self.take("(")
                depth += 1
            if self.sees("{"):
                found = self.log_query()
                for _ in range(depth):
                    self.take(")")
                if self.token.kind == "end":
                    return found
            self.place = mark
        return self.metric(0)

    def metric(self, level: int) -> Metric:
        """An expression of operators, the weakest first."""
        if level == len(_LEVELS):
            return self.single()
        left = self.metric(level + 1)
        while self.token.kind in ("op", "name") and self.token.text in _LEVELS[level]:
            op = self.take(self.token.text)
            left = self._binary(op, left, level)
        return left

    def _binary(self, op: str, left: Metric, level: int) -> Binary:
        return_bool, on, card = False, False, "OneToOne"
        labels: tuple[str, ...] = ()
        include: tuple[str, ...] = ()
        if self.sees("bool"):
            self.take("bool")
            return_bool = True
        if self.token.text in ("on", "ignoring"):
            on = self.take(self.token.text) == "on"
            labels = self.names()
            if self.token.text in ("group_left", "group_right"):
                card = "ManyToOne" if self.take(self.token.text) == "group_left" else "OneToMany"
                include = self.names() if self.sees("(") else ()
        right = self.metric(level if op == "^" else level + 1)
        if op in ("and", "or", "unless") and (isinstance(left, Number) or isinstance(right, Number)):
            leg = "left" if isinstance(left, Number) else "right"
            raise self.fail(f"unexpected literal for {leg} leg of logical/set binary operation ({op})")
        return Binary(op, left, right, return_bool, on, labels, card, include)

    def single(self) -> Metric:
        """One operand."""
        token = self.token
        if token.text == "(":
            self.take("(")
            inner = self.metric(0)
            self.take(")")
            return inner
        if token.text in ("-", "+") and token.kind == "op":
            sign = -1 if self.take(token.text) == "-" else 1
            return Number(sign * self.number())
        if token.kind == "number":
            return Number(self.number())
        if token.kind == "name" and token.text == "vector":
            self.take("vector")
            self.take("(")
            value = self.number()
            self.take(")")
            return Number(value, vector=True)
        if token.kind == "name" and token.text == "label_replace":
            return self._replace()
        if token.kind == "name" and token.text in _VECTOR:
            return self._aggregation()
        if token.kind == "name" and token.text in _RANGE:
            return self._range_call()
        raise self.unexpected()

    def _replace(self) -> Replace:
        self.take("label_replace")
        self.take("(")
        inner = self.metric(0)
        texts = []
        for _ in range(4):
            self.take(",")
            texts.append(self.string())
        self.take(")")
        return Replace(inner, tuple(texts))

    def _grouping(self) -> Grouping | None:
        if self.token.text in ("by", "without") and self.token.kind == "name":
            kind = "By" if self.take(self.token.text) == "by" else "Without"
            return Grouping(kind, self.names())
        return None

    def _aggregation(self) -> Aggregation:
        op = self.take(self.token.text)
        grouping = self._grouping()
        self.take("(")
        param = None
        if self.token.kind == "number":
            param = self.number()
            self.take(",")
        inner = self.metric(0)
        self.take(")")
        grouping = grouping or self._grouping()
        if op in ("topk", "bottomk", "approx_topk"):
            if param is None:
                raise self.fail(f"parameter required for operation {op}")
            if param <= 0:
                raise self.fail(f"invalid parameter (must be greater than 0) {op}({param:g}")
        elif param is not None:
            raise self.fail(f"unsupported parameter for operation {op}({param:g},")
        return Aggregation("topk" if op == "approx_topk" else op, inner, grouping, param)

    def _range_call(self) -> RangeCall:
        function = self.take(self.token.text)
        self.take("(")
        param = None
        if self.token.kind == "number":
            param = self.number()
            self.take(",")
        wrapped = 0
        while self.sees("("):
            self.take("(")
            wrapped += 1
        matchers = self.selector()
        span = self.span() if self.sees("[") else None
        offset = self._offset() if span is not None else 0
        stages, unwrap, conversion, after = self.pipeline_with_unwrap()
        for _ in range(wrapped):
            self.take(")")
            if span is None and self.sees("["):
                span, offset = self.span(), self._offset()
        if span is None:
            span, offset = self.span(), self._offset()
        self.take(")")
        grouping = self._grouping()
        self._allowed(function, unwrap, param, grouping)
        return RangeCall(function, LogQuery(matchers, stages), span, offset, unwrap, conversion, after, param, grouping)

    def _allowed(self, function: str, unwrap: str, param: float | None, grouping: Grouping | None) -> None:
        if unwrap and function not in _UNWRAPPED:
            raise self.fail(f"invalid aggregation {function} with unwrap")
        if not unwrap and function not in _PLAIN:
            raise self.fail(f"invalid aggregation {function} without unwrap")
        if (param is not None) != (function == "quantile_over_time"):
            raise self.fail(f"parameter {'required' if param is None else 'not supported'} for operation {function}")
        if grouping is not None and function not in _GROUPABLE:
            raise self.fail(f"grouping not allowed for {function} aggregation")

    def _offset(self) -> int:
        if not self.sees("offset"):
            return 0
        self.take("offset")
        sign = -1 if self.sees("-") else 1
        if sign < 0:
            self.take("-")
        return sign * nanoseconds(self.word("duration"))
