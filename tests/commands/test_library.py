"""`dutybot import` and `dutybot library`, as somebody at a terminal sees them."""

import json

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from knowledge.chroma import FolderLock

TOLD = """# Orders failed

## Root cause
The connection pool was exhausted after the deploy of the new version of the orders service.

## Resolution
We raised the pool to fifty connections and rolled the deploy back to the last version.
"""


@pytest.fixture
def dutybot(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KNOWLEDGE_FOLDER", str(tmp_path / "library"))
    monkeypatch.setenv("KNOWLEDGE_EMBEDDINGS", "none")
    monkeypatch.setenv("DUTYBOT_DATABASE_URL", f"sqlite:///{tmp_path}/bot.sqlite")
    books = tmp_path / "books"
    books.mkdir()
    (books / "orders.md").write_text(TOLD, "utf-8")
    (books / "disk.md").write_text("# 磁盘写满\n\n清理旧日志，然后扩容。\n", "utf-8")
    return lambda *words: CliRunner().invoke(app, list(words))


def test_a_folder_is_imported_searched_and_counted(dutybot):
    dry = dutybot("import", "markdown", "books", "--dry-run")
    assert (dry.exit_code, "2 of 2 read, 2 new" in dry.output, "nothing kept" in dry.output) == (0, True, True)
    done = dutybot("import", "markdown", "books")
    assert (done.exit_code, "2 of 2 read, 2 new, 0 changed" in done.output) == (0, True)
    again = dutybot("import", "markdown", "books", "--json")
    assert json.loads(again.stdout)["kept"] == {"added": 0, "changed": 0, "same": 2, "embedded": 0}
    found = dutybot("library", "search", "connection pool exhausted")
    assert "Orders failed" in found.stdout
    assert "Nothing in the library fits" in dutybot("library", "search", "打印机卡纸").stdout
    told = dutybot("library", "stats").stdout
    assert "2 documents, 2 passages, {" in told
    assert "files:books: 2 documents, 2 passages, last read 20" in told
    assert json.loads(dutybot("library", "check", "--json").stdout)["well"] is True
    assert dutybot("library", "reindex").exit_code == 0


def test_what_cannot_be_imported_is_said_in_one_line(dutybot):
    for words, why in (
        (("import", "nope"), "There is no importer 'nope'; there are: confluence, incidents, jira"),
        (("import", "jira"), "JIRA_URL is not set"),
        (("import", "markdown", "nowhere"), "give a folder"),
        (("import", "jira", "--follow"), "kubernetes_events can"),
        (("import", "jira", "--url", "https://j", "--project", "OPS", "--since", "soon"), "write 90d"),
    ):
        said = dutybot(*words)
        assert said.exit_code == 1
        assert why in said.output
        assert len(said.output.strip().splitlines()) == 1, said.output


def test_our_own_incidents_are_a_source(dutybot):
    done = dutybot("import", "incidents", "--json")
    assert (done.exit_code, json.loads(done.stdout)["seen"]) == (0, 0)


def test_a_second_owner_is_refused_in_one_sentence(dutybot, tmp_path):
    lock = FolderLock(tmp_path / "library")
    said = dutybot("library", "stats")
    lock.release()
    assert said.exit_code == 1
    assert "in use by another process" in said.output


def test_a_bad_glossary_is_named(dutybot, tmp_path, monkeypatch):
    (tmp_path / "mine.txt").write_text("no colon\n", "utf-8")
    monkeypatch.setenv("KNOWLEDGE_GLOSSARY", str(tmp_path / "mine.txt"))
    said = dutybot("library", "stats")
    assert (said.exit_code, "line" in said.output) == (1, True)
