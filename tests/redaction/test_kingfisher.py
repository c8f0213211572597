"""Kingfisher's rules beside ours, where they are installed; without them they are asked for in one sentence."""

import importlib.util
import sys

import pytest

from bot.errors import BadInput
from bot.hall.guard import wider
from bot.redaction import Masker
from bot.redaction.kingfisher import KIND, Vendors
from bot.redaction.masker import MARK, WITHHELD

HERE = importlib.util.find_spec("kingfisher_sdk") is not None
needs_it = pytest.mark.skipif(not HERE, reason="kingfisher is not installed (pip install 'dutybot[vendors]')")
HUGGING = "hf" + "_" + "kRwQzLmXbVtYcNsDfGhJpOaEuIqWzXvBnM"
LINES = (
    f"loading with {HUGGING} now",
    f"前缀 {HUGGING} 后缀",
    f"{HUGGING} # kingfisher:ignore",
    f"{HUGGING} # gitleaks:allow",
)


@pytest.fixture(scope="module")
def masker():
    return Masker(b"key", wider=Vendors())


@needs_it
@pytest.mark.parametrize("line", LINES)
def test_a_vendors_token_goes_and_no_comment_saves_it(masker, line):
    masked = masker.mask(line)
    assert HUGGING not in masked
    assert MARK.sub("", masked) == line.replace(HUGGING, "")
    assert masker.mask(masked) == masked


@needs_it
def test_lines_without_a_secret_stay_and_nothing_speaks_with_vendors(masker, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("it wanted to connect"))
    for line in ("pod checkout-7d9f5b6c8-x2x4z restarted", "trace 4bf92f3577b34da6a3ce929d0e0e4736 took 9 s"):
        assert masker.mask(line) == line


def test_what_it_finds_is_masked_beside_what_we_find():
    wide = Masker(b"key", wider=lambda text: [(text.index("odd-one"), text.index("odd-one") + 7, KIND)])
    masked = wide.mask("password=Zx9kQ2mTianjin77 and odd-one")
    assert len(MARK.findall(masked)) == 2
    assert "odd-one" not in masked


def test_text_is_withheld_where_it_fails():
    def broken(_text):
        raise RuntimeError

    assert Masker(b"key", wider=broken).mask("harmless") == WITHHELD


def test_switched_on_and_not_installed_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "kingfisher_sdk.rules", None)
    with pytest.raises(BadInput) as told:
        wider()
    assert told.value.key == "vendor_rules_missing"
