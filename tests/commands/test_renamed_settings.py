"""A setting under its old name still counts, and is told at every start."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import RENAMED

ROOT = Path(__file__).parents[2]


def told(tmp_path, **environment):
    code = (
        "import bot.__main__ as m, bot.settings as s; m.app = lambda **_: print(s.DutyBotSettings().brains)\nm.main()"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("BOT_", "DUTYBOT_"))}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=clean | environment | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_the_old_name_counts_and_is_told(tmp_path):
    ran = told(tmp_path, BOT_BRAIN="langchain,scripted")
    assert ran.stdout.strip() == "('langchain', 'scripted')"
    assert ran.stderr.strip() == "BOT_BRAIN is called DUTYBOT_BRAINS now; the old name counts until version 1.0."


def test_the_new_name_wins(tmp_path):
    ran = told(tmp_path, BOT_BRAIN="langchain", DUTYBOT_BRAINS="scripted")
    assert ran.stdout.strip() == "('scripted',)"
    assert "BOT_BRAIN" in ran.stderr


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_only_a_setting_that_is_gone_has_a_new_name(old, new):
    known = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert new in known
    assert old not in known
