"""What skills say, in the reader's language."""

import ast
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import skills
from skills.clock import reader_in
from skills.words import counted, told

ROOT = Path(skills.__file__).parent
SAYERS = sorted(
    path for path in ROOT.rglob("*.py") if "import" in path.read_text() and "skills.words" in path.read_text()
)


def test_the_reader_is_told_in_their_language():
    assert told("yes", "是") == "yes"
    with reader_in(ZoneInfo("Asia/Shanghai"), "zh"):
        assert told("yes", "是") == "是"
    assert told("yes", "是") == "yes"


def test_one_is_not_many():
    assert [counted(number, "alert") for number in (0, 1, 2)] == ["0 alerts", "1 alert", "2 alerts"]
    assert counted(2, "ingress", "ingresses") == "2 ingresses"


@pytest.mark.parametrize("path", SAYERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_both_languages_tell_the_same_values(path):
    """What one sentence of a pair fills in, the other does too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"told", "said"} and len(node.args) == 2:
            english, chinese = (names(each) for each in node.args)
            assert chinese <= english | {"where_zh", "namespace", "_CHINESE"}, ast.unparse(node)


def names(sentence: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(sentence) if isinstance(each, ast.Name)} - {"len", "counted", "str"}
