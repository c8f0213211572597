"""Shapes in which programs and people write a secret, and lines that only look like one; the values are drawn."""

import base64
import json
import random
import re
import string
from pathlib import Path

import pytest

from bot.redaction import Masker

FOLDER = Path(__file__).parent / "lines"
M = Masker(b"key")
MIXED = string.ascii_letters + string.digits
SLOT = re.compile(r"⟦(\w)⟧")


def _lines(name):
    return [each for each in (FOLDER / name).read_text(encoding="utf-8").split("\n") if each]


def _value(kind, chance):
    """A password, one of small letters, one with signs, a digest or a token."""
    some = "".join(chance.choices(MIXED, k=14))
    match kind:
        case "A":
            return f"Qz7{some}"
        case "B":
            return "".join(chance.choices(string.ascii_lowercase, k=6)) + str(chance.randint(10, 9999)) + "xz"
        case "C":
            return f"{some[:5]}7!{some[5:8]}#"
        case "H":
            return f"{chance.getrandbits(128):032x}"
        case _:
            return "t9K" + "".join(chance.choices(MIXED, k=30))


@pytest.mark.parametrize("seed", range(3))
def test_no_secret_is_left(seed):
    chance, left = random.Random(seed), []
    for line in _lines("secrets.txt"):
        values = {}
        text = SLOT.sub(lambda slot, values=values: values.setdefault(slot[1], _value(slot[1], chance)), line)
        masked = M.mask(text.replace(r"\n", "\n") if r"\\n" not in text else text.replace(r"\\n", r"\n"))
        left += [text for value in values.values() if any(value[at : at + 6] in masked for at in range(len(value) - 5))]
    assert not left


def test_what_is_harmless_stays():
    chance = random.Random(4)
    lines = [SLOT.sub(lambda slot: _value(slot[1], chance), line) for line in _lines("harmless.txt")]
    assert len(lines) > 200
    assert [line for line in lines if M.mask(line) != line] == []


@pytest.mark.parametrize("text", ['{"password":"%s"}', "db_password=%s user=x", "export API_TOKEN='%s'", "密码：%s"])
def test_what_is_coded_goes_as_a_whole(text):
    told = (text % "Qz7hGtR4mW9pLx2").encode()
    for coded in (base64.b64encode(told).decode(), base64.urlsafe_b64encode(told).decode().rstrip("="), told.hex()):
        if text.isascii():
            assert coded[10:20] not in M.mask(f"body={coded} end")
    plain = base64.b64encode(b"health check passed for upstream payment-api").decode()
    assert M.mask(f"payload={plain} size=88") == f"payload={plain} size=88"


def test_a_value_apart_from_its_name_goes():
    named = "- name: DB_HOST\n  value: 10.0.0.3\n- name: DB_PASSWORD\n  value: Qz7hGtR4m\n"
    text = f"{named}password:\n  Wv8kLmN3pq\nlimits:\n  cpu: 2\n"
    masked = M.mask(text)
    assert "Qz7hGtR4m" not in masked
    assert "Wv8kLmN3pq" not in masked
    assert "10.0.0.3" in masked
    assert masked.endswith("limits:\n  cpu: 2\n")


def test_json_stays_json():
    chance = random.Random(5)
    lines = [*_lines("secrets.txt"), *_lines("harmless.txt")]
    for line in lines:
        told = SLOT.sub(lambda slot: _value(slot[1], chance), line).replace(r"\n", "\n")
        for plain in (True, False):
            json.loads(M.mask(json.dumps({"line": told, "more": [told]}, ensure_ascii=plain)))
