"""Our own secrets are shown nowhere, whatever stands around them: each setting that is one, found by exact match."""

import importlib
import pkgutil
import secrets
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from bot import redaction
from bot.hall.guard import guard, marks_key, own_secrets
from bot.redaction import Masker, mask
from bot.settings import DutyBotSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def as_before():
    kept = redaction.masker._house
    yield
    redaction.use(kept)


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


def test_the_same_secret_has_the_same_mark_on_every_replica_and_after_a_restart(tmp_path):
    path = tmp_path / "audit.jsonl"
    one, again = (Masker(marks_key(path)).mask("password=Zx9kQ2mTianjin77") for _ in range(2))
    assert one == again
    assert Masker(marks_key(tmp_path / "other" / "audit.jsonl")).mask("password=Zx9kQ2mTianjin77") != one


def test_the_command_that_goes_on_duty_guards_first(monkeypatch, tmp_path):
    from bot.commands.run import run

    seen = []

    async def serve(house, http, ready):
        seen.append(mask("went by the-key-of-dify-123456 once"))
        await house.close()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.serve.serve", serve)
    monkeypatch.setenv("DIFY_KEY", "the-key-of-dify-123456")
    monkeypatch.setenv("DUTYBOT_BRAINS", "dify,scripted")
    monkeypatch.setenv("DIFY_URL", "http://127.0.0.1:1/v1")
    run(host="127.0.0.1", port=0)
    assert seen
    assert "the-key-of-dify" not in seen[0]
