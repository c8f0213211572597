"""Twenty secrets stand in tickets, pages and files: none is in the books, in the words of them, or on the shelf."""

import sqlite3
from contextlib import closing

import pytest

from bot.redaction import mask
from knowledge import KnowledgeSettings, Library
from knowledge.errors import LibraryError
from knowledge.importers.markdown import make as files
from knowledge.importing import run
from tests.fakes import confluence_server, jira_server
from tests.fakes.http_server import serve
from tests.knowledge.importers import test_confluence, test_jira, test_zendesk
from tests.trust.test_register import CANARIES

pytestmark = pytest.mark.slow

LINES = [line for line, _ in CANARIES]


async def from_jira(library, cloud):
    there, at = jira_server.Jira(cloud), int(test_jira.NOW * 1000)
    for number, line in enumerate(LINES, 1):
        told = (line, f"it said {line}", [line, "more", line])
        there.put(jira_server.Ticket(number, f"OPS-{number}", at, *told))
    named = [{"name": line, "filename": line} for line in LINES]
    there.odd = {"components": named, "labels": LINES, "attachment": named}
    with serve(there.answer) as server:
        return (await test_jira.Desk(cloud, server, there).bring(library)).kept.added


async def from_confluence(library, cloud):
    there = confluence_server.Confluence(cloud)
    there.put(
        *(
            confluence_server.Page(at, line, test_confluence.NOW - 3600, f"<p>then</p><pre>{line}</pre>")
            for at, line in enumerate(LINES, 1)
        )
    )
    with serve(there.answer) as server:
        return (await test_confluence.Desk(server, there).bring(library)).kept.added


async def from_zendesk(library):
    desk = test_zendesk.Desk()
    for at, line in enumerate(LINES, 1):
        desk.comments[at] = [{"body": line, "public": True}, {"html_body": f"<b>{line}</b>", "public": True}]
        desk.change(at, subject=line, tags=[f"service_{line}"])
    with serve(desk.answer) as server:
        return (await desk.bring(server, library)).kept.added


async def from_files(library, folder):
    folder.mkdir()
    for at, line in enumerate(LINES, 1):
        (folder / f"{at}.md").write_text(f"# {line}\n\n## Root cause\nWe saw {line}\n\n```\n{line}\n```\n", "utf-8")
    return (await run(library, files({"path": str(folder)}))).kept.added


def rows(path):
    """Each value of each table that can be read, the words of the full text among them."""
    with closing(sqlite3.connect(path)) as books:
        for (name,) in books.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in books.execute(f'select * from "{name}"').fetchall():
                yield from (each if isinstance(each, bytes) else str(each).encode() for each in row)


@pytest.mark.parametrize("shelved", [False, True], ids=["by words alone", "with Chroma"])
async def test_none_is_kept(shelved, wordy: KnowledgeSettings, knowing: KnowledgeSettings, tmp_path):
    settings = knowing if shelved else wordy
    library = await Library.open(settings, mask=mask)
    came = [await from_jira(library, cloud) for cloud in (True, False)]
    came += [await from_confluence(library, cloud) for cloud in (True, False)]
    came += [await from_zendesk(library), await from_files(library, tmp_path / "notes")]
    assert sum(came) == 4 * len(LINES) + came[1] + came[3]
    found = [await library.search(line) for line in LINES]
    shown = repr([passage for each in found for passage in each.passages])
    shelf = await library.shelf()
    assert (shelf is not None) is shelved
    await library.close()
    whole = [each for each in settings.folder.rglob("*") if each.is_file() and "models" not in each.parts]
    kept = {str(each): each.read_bytes() for each in whole}
    kept |= {f"{each} read": b"\n".join(rows(each)) for each in whole if each.suffix in {".sqlite", ".sqlite3"}}
    leaked = {(name, secret) for name, told in kept.items() for _, secret in CANARIES if secret.encode() in told}
    assert not leaked
    assert not [secret for _, secret in CANARIES if secret in shown]
    marked = {name: told.count(b"[REDACTED:") for name, told in kept.items()}
    assert any("/chroma/" in name and len(told) > 1000 for name, told in kept.items()) is shelved
    assert sum(count for name, count in marked.items() if name.endswith(" read")) > 100


async def test_what_a_source_answers_wrongly_is_kept_without_its_secrets(wordy: KnowledgeSettings):
    library = await Library.open(wordy, mask=mask)
    for line, secret in CANARIES[:5]:
        with serve(lambda _, line=line: (400, {"error": f"not so: {line}"})) as server:
            with pytest.raises(LibraryError):
                await test_jira.Desk(True, server, jira_server.Jira(True)).bring(library)
        assert secret not in repr(list(rows(next(wordy.folder.glob("*.sqlite*")))))
    await library.close()
