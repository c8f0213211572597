"""Secrets from files stand in no environment that others can read, and programs that we start are given none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import BadInput
from bot.settings import read_env_file
from knowledge.importers.markdown import _fetch
from knowledge.settings import environment

ROOT = Path(__file__).parents[2]
SECRETS = {
    "SLACK_BOT_TOKEN": "xo" + "xb-1-of-the-files",
    "DIFY_KEY": "app-of-the-files-123",
    "LEDGER_KEY": "seal-of-the-files",
    "WEB_TOKENS": '{"lin": "token-of-the-files"}',
}
LOOK = """
from pathlib import Path
from bot.settings import read_env_file
read_env_file(Path("none"))
from bot.think.dify.settings import DifySettings
from bot.talk.channels.web.settings import WebSettings
from bot.act.ledger.settings import LedgerSettings
assert DifySettings().key.get_secret_value() == "app-of-the-files-123"
assert WebSettings().tokens["lin"].get_secret_value() == "token-of-the-files"
assert LedgerSettings().key.get_secret_value() == "seal-of-the-files"
print(Path("/proc/self/environ").read_text())
"""


@pytest.fixture
def folder(tmp_path):
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(f"{value}\n")
    (tmp_path / "..data").mkdir()
    (tmp_path / "readme.txt").write_text("no setting")
    return tmp_path


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc here")
def test_secrets_of_files_count_and_are_not_in_the_environment_of_the_process(folder):
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DUTYBOT_SECRETS_FOLDER": str(folder)}
    done = subprocess.run([sys.executable, "-c", LOOK], env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "DUTYBOT_SECRETS_FOLDER" in done.stdout
    assert not [each for each in ("of-the-files", *SECRETS) if each in done.stdout]


def test_the_environment_wins_and_a_folder_that_is_not_there_stops_the_start(folder, monkeypatch):
    monkeypatch.setenv("DUTYBOT_SECRETS_FOLDER", str(folder))
    for name in SECRETS:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("DIFY_KEY", "mine")
    read_env_file(Path("none"))
    assert os.environ["DIFY_KEY"] == "mine"
    assert os.environ["LEDGER_KEY"] == "seal-of-the-files"
    monkeypatch.setenv("DUTYBOT_SECRETS_FOLDER", str(folder / "missing"))
    with pytest.raises(BadInput) as told:
        read_env_file(Path("none"))
    assert told.value.key == "error_secrets_folder"


def test_a_program_that_we_start_sees_no_secret(monkeypatch, tmp_path):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "0")
    known = environment()
    assert "PATH" in known
    assert known["GIT_TERMINAL_PROMPT"] == "0"
    assert not set(SECRETS) & set(known)
    spy = tmp_path / "bin" / "git"
    spy.parent.mkdir()
    spy.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\n")
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    _fetch("https://git.example/runbooks.git", tmp_path / "kept", "")
    assert "PATH=" in (tmp_path / "seen").read_text()
    assert "of-the-files" not in (tmp_path / "seen").read_text()
