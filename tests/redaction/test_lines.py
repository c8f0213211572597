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
WORDS = ("postgres", "monkey", "liwei", "nacos", "jenkins", "zhangsan", "dragon", "changeme", "welcome", "grafana")
POD = "bcdfghjklmnpqrstvwxz2456789"
SLOT = re.compile(r"⟦(\w)⟧")


def _lines(name):
    return [each for each in (FOLDER / name).read_text(encoding="utf-8").split("\n") if each]


def _value(kind, chance):
    """By its letter: passwords as people choose them, as machines draw them; tokens, digests, numbers of persons."""
    drawn = lambda count, letters=MIXED: "".join(chance.choices(letters, k=count))  # noqa: E731
    base64_of = lambda text: base64.b64encode(text.encode()).decode()  # noqa: E731
    hexed = lambda count: drawn(count, "0123456789abcdef")  # noqa: E731
    match kind:
        case "A":
            return f"Qz7{drawn(14)}"
        case "B":
            return drawn(6, string.ascii_lowercase) + str(chance.randint(10, 9999)) + "xz"
        case "C":
            return f"{drawn(5)}7!{drawn(3)}#"
        case "P":
            word, year = chance.choice(WORDS), chance.randint(1980, 2026)
            return chance.choice(
                [f"{word}{year}", f"{word}_{year}", f"{word.title()}@{year}", f"{word.title()}#{year}!"]
            )
        case "Q":
            return f"happy {chance.choice(WORDS)} battery{chance.randint(10, 99)}"
        case "H":
            return hexed(32)
        case "S":
            return hexed(64)
        case "X":
            return f"k7R{drawn(15)}"
        case "N":
            return drawn(16, string.ascii_uppercase + "234567")
        case "U":
            return "-".join(hexed(count) for count in (8, 4, 4, 4, 12))
        case "J":
            return ".".join(
                base64_of(part).rstrip("=") for part in ('{"alg":"RS256"}', f'{{"sub":"{drawn(9)}"}}', drawn(30))
            )
        case "Y":
            return base64_of(f"{chance.choice(WORDS)}:{drawn(9)}")
        case "V":
            return base64_of(drawn(10))
        case "K":
            return base64_of(drawn(48))
        case "W":
            return "t9K" + drawn(37, MIXED + "+/")
        case "M":
            return "13" + drawn(9, string.digits)
        case "D":
            return "6222" + drawn(15, string.digits)
        case "I":
            return chance.choice(
                ["110105199003070172", "32031119770525015X", "440305200112120194", "510107198809010059"]
            )
        case "E":
            return f"{drawn(9, POD)}-{drawn(5, POD)}"
        case _:
            return f"t9K{drawn(30)}"


@pytest.mark.parametrize("seed", range(3))
def test_no_secret_is_left(seed):
    chance, left = random.Random(seed), []
    for line in _lines("secrets.txt"):
        values = {}
        text = SLOT.sub(lambda slot, values=values: values.setdefault(slot[1], _value(slot[1], chance)), line)
        text = text.replace(r"\n", "\n") if r"\\n" not in text else text.replace(r"\\n", r"\n")
        masked = M.mask(text.replace("⏎", "\n"))
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
