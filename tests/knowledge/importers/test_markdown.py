"""Folders and Git repositories of runbooks."""

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import select

from knowledge import Library
from knowledge.errors import BadSource, SourceAway
from knowledge.importers import make, names
from knowledge.importing import CENSUS_EVERY, run
from knowledge.tables import documents

FRONT = "---\ntitle: Disk is full\nservices: [orders]\nalerts: NodeDiskFull\n---\n# Other\nDelete old turnips.\n"


async def rows(library: Library) -> dict[str, object]:
    async with library.records.engine.connect() as connection:
        return {row.key: row for row in await connection.execute(select(documents))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    books = tmp_path / "books"
    (books / "net").mkdir(parents=True)
    (books / ".hidden").mkdir()
    (books / "disk.md").write_text(FRONT)
    (books / "net" / "README.md").write_text("No heading, but words on gateways.\n")
    (books / "page.html").write_text(
        "<html><head><title>x</title></head><h1>Failover</h1><script>bad()</script><pre>kubectl x</pre></html>"
    )
    (books / "empty.md").write_text("  \n")
    (books / "broken.pdf").write_bytes(b"%PDF-1.4 nonsense")
    (books / ".hidden" / "secret.md").write_text("secret")
    (books / "out.md").symlink_to("/etc/hostname")
    return books


async def test_what_a_folder_holds(plain: Library, folder: Path):
    await run(plain, make("markdown", {"path": str(folder), "url": "https://git/books"}))
    found = await rows(plain)
    assert set(found) == {"disk.md", "net/README.md", "page.html"}
    disk = found["disk.md"]
    assert (disk.title, disk.services, disk.alerts) == ("Disk is full", ["orders"], ["NodeDiskFull"])  # type: ignore[attr-defined]
    assert found["net/README.md"].title == "net"  # type: ignore[attr-defined]
    assert "bad()" not in found["page.html"].text  # type: ignore[attr-defined]
    assert (await plain.search("turnips")).passages[0].url == "https://git/books/disk.md"


async def test_a_file_that_went_is_forgotten(plain: Library, folder: Path):
    now = 1e9
    await run(plain, make("markdown", {"path": str(folder)}), clock=lambda: now)
    (folder / "disk.md").unlink()
    again = await run(plain, make("markdown", {"path": str(folder)}), clock=lambda: now + CENSUS_EVERY)
    assert (again.gone, again.kept.same) == (1, 2)


async def test_a_repository(plain: Library, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("KNOWLEDGE_FOLDER", str(tmp_path / "kept"))
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder)]
    for command in (["init", "-q", "-b", "main"], ["add", "disk.md"], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    bare = tmp_path / "books.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(folder), str(bare)], check=True)
    await run(plain, make("markdown", {"path": str(bare)}))
    assert set(await rows(plain)) == {"disk.md"}
    (folder / "disk.md").write_text(FRONT + "\nAnd call the gardener.\n")
    for command in (["commit", "-qam", "two"], ["push", "-q", str(bare), "main"]):
        subprocess.run([*git, *command], check=True)
    assert (await run(plain, make("markdown", {"path": str(bare)}))).kept.changed == 1
    assert (await plain.search("gardener")).passages


async def test_a_repository_that_is_not_there(plain: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("KNOWLEDGE_FOLDER", str(tmp_path))
    with pytest.raises(SourceAway, match="git says"):
        await run(plain, make("markdown", {"path": str(tmp_path / "none.git")}))


def test_a_folder_that_is_not_there():
    with pytest.raises(BadSource, match="give a folder"):
        make("markdown", {"path": "/no/such"})


def test_every_importer_can_be_named():
    assert names() == ("confluence", "jira", "kubernetes_events", "markdown", "zendesk")


@pytest.mark.parametrize("name", ["confluence", "jira", "zendesk", "kubernetes_events"])
def test_without_settings_it_says_what_is_missing(name: str):
    with pytest.raises(BadSource, match="set"):
        make(name, {})
