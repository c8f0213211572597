"""Our own secrets are shown nowhere, whatever stands around them: each setting that is one, found by exact match."""

import importlib
import pkgutil
import re
import secrets
from pathlib import Path

import pytest
import structlog
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from typer.testing import CliRunner

from bot.__main__ import app
from bot.act.signing import new_pair
from bot.hall.guard import HOUSES, _kinds, guard, marks_key, own_secrets
from bot.redaction import Masker, mask
from bot.settings import DutyBotSettings

SECRET = re.compile("(?:^|_)(?:token|password|secret|key)$")
OURS = "the-door-of-Feishu-123456"
ROOT = Path(__file__).parents[2]


def secret_settings():
    """Names of all settings that are a secret, in every room."""
    for house in ("bot", "skills", "knowledge"):
        for each in pkgutil.walk_packages([str(ROOT / house)], f"{house}."):
            if each.name.endswith(".settings"):
                for thing in vars(importlib.import_module(each.name)).values():
                    if isinstance(thing, type) and issubclass(thing, BaseSettings):
                        prefix = str(thing.model_config.get("env_prefix", ""))
                        yield from (
                            f"{prefix}{name}".upper()
                            for name, field in thing.model_fields.items()
                            if field.annotation is SecretStr
                        )


def test_every_setting_that_is_a_secret_is_known_to_the_mask(monkeypatch, tmp_path):
    names = sorted(set(secret_settings()) - {"DOORS_TOKENS"})
    assert len(names) > 15
    given = {name: f"plain{secrets.token_hex(8)}" for name in names}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    doors = [secrets.token_hex(12) for _ in range(2)]
    monkeypatch.setenv("DOORS_TOKENS", f"claude:read:{doors[0]}, dify:read+plan:{doors[1]}")
    monkeypatch.setenv("WEB_TOKENS", '{"lin": "the-token-of-lin-at-the-page"}')
    monkeypatch.setenv("DUTYBOT_DATABASE_URL", "postgresql://bot:pw-of-the-database@db/bot")
    hidden = {*given.values(), *doors, "the-token-of-lin-at-the-page", "pw-of-the-database"}
    assert hidden <= own_secrets()
    guard(DutyBotSettings(ledger_path=tmp_path / "audit.jsonl"))
    masked = mask(" ".join(f"went by {each} twice" for each in sorted(hidden)))
    assert not [each for each in hidden if each in masked]
    assert masked.count("[REDACTED:own:") == len(hidden)


def test_what_is_called_a_secret_has_the_type_of_one():
    own_secrets()
    kinds = [each for each in _kinds(BaseSettings) if each.__module__.partition(".")[0] in HOUSES]
    named = {(kind, name): field for kind in kinds for name, field in kind.model_fields.items() if SECRET.search(name)}
    assert len(named) > 15
    assert not [each for each, field in named.items() if field.annotation in {str, str | None}]


def test_a_token_in_a_file_is_known_to_the_mask(monkeypatch, tmp_path):
    (tmp_path / "token").write_text("some-token-of-loki\n", "utf-8")
    monkeypatch.setenv("LOKI_TOKEN_FILE", str(tmp_path / "token"))
    assert "some-token-of-loki" in own_secrets()


def test_the_same_secret_has_the_same_mark_on_every_replica_and_after_a_restart(tmp_path):
    path = tmp_path / "audit.jsonl"
    one, again = (Masker(marks_key(path)).mask("password=Zx9kQ2mTianjin77") for _ in range(2))
    assert one == again
    assert Masker(marks_key(tmp_path / "other" / "audit.jsonl")).mask("password=Zx9kQ2mTianjin77") != one


@pytest.fixture
def inside(monkeypatch, tmp_path):
    """An installation with a secret of a room that no command needs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEISHU_APP_SECRET", OURS)
    monkeypatch.setenv("KNOWLEDGE_FOLDER", str(tmp_path / "books"))
    monkeypatch.setenv("KNOWLEDGE_EMBEDDINGS", "none")
    monkeypatch.setenv("DUTYBOT_DATABASE_URL", f"sqlite:///{tmp_path}/bot.sqlite")
    yield tmp_path
    structlog.reset_defaults()


async def _serve(seen, house):
    seen.append(mask(f"went by {OURS} once"))
    await house.close()


def test_the_command_that_goes_on_duty_guards_first(monkeypatch, inside):
    from bot.commands.run import run

    seen = []
    monkeypatch.setattr("bot.serve.serve", lambda house, *_: _serve(seen, house))
    monkeypatch.setenv("DUTYBOT_BRAINS", "scripted")
    run(host="127.0.0.1", port=0)
    assert seen == [mask(f"went by {OURS} once")]
    assert "[REDACTED:own:" in seen[0]


def test_the_demo_guards_first(monkeypatch, inside):
    seen = []
    monkeypatch.setattr("bot.serve.serve", lambda house, *_: _serve(seen, house))
    done = CliRunner().invoke(app, ["demo", "--port", "0", "--no-browser"])
    assert done.exit_code == 0, done.output
    assert "[REDACTED:own:" in seen[0]


def test_the_operator_guards_first_and_makes_no_key_of_the_ledger(monkeypatch, inside):
    seen = []

    async def watch(*_, **__):
        seen.append(mask(f"went by {OURS} once"))

    new_pair(inside / "key.pem", inside / "pub.pem")
    monkeypatch.setenv("ACT_PUBLIC_KEY_FILE", str(inside / "pub.pem"))
    monkeypatch.setenv("KUBERNETES_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("bot.operator.watching.watch", watch)
    done = CliRunner().invoke(app, ["operator", "run"])
    assert done.exit_code == 0, done.output
    assert "[REDACTED:own:" in seen[0]
    assert not list(inside.glob("*.key"))


@pytest.mark.slow
def test_the_library_and_the_bundle_guard_first(inside):
    (inside / "notes").mkdir()
    (inside / "notes" / "a.md").write_text(f"# Orders failed\n\nSomebody pasted {OURS} here.\n", "utf-8")
    assert CliRunner().invoke(app, ["import", "markdown", "notes"]).exit_code == 0
    kept = b"".join(each.read_bytes() for each in (inside / "books").rglob("*") if each.is_file())
    assert OURS.encode() not in kept
    assert b"[REDACTED:own:" in kept
    done = CliRunner().invoke(app, ["bundle", "case", "--question", f"why does {OURS} fail?"])
    assert done.exit_code == 0, done.output
    kept = b"".join(each.read_bytes() for each in (inside / "case").rglob("*") if each.is_file())
    assert OURS.encode() not in kept
    assert not list(inside.glob("*.key"))
