"""The newcomer's run itself, over a repository of a few lines: what it reads, does, waits for and says."""

import subprocess

import pytest

from tests.docs.newcomer import ROOT, commands, walk
from tests.servers.process import free_port

README = """# A thing
```sh
make demo    # opens the page
```
and later
```sh
cp .env.example .env          # fill it in
{more}
```
"""
MAKEFILE = """demo:
\t@echo "Building…"; echo "at http://127.0.0.1:{port}"; exec python3 -m http.server {port} --bind 127.0.0.1
"""


def git(place, *words):
    told = ["-c", "user.name=x", "-c", "user.email=x@example.com", *words]
    subprocess.run(["git", "-C", str(place), *told], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    def make(more='test -f .env && test -z "$PYTHONPATH" && touch "$HOME/mine"'):
        place = tmp_path / "source"
        place.mkdir()
        (place / "README.md").write_text(README.format(more=more))
        (place / "Makefile").write_text(MAKEFILE.format(port=free_port()))
        (place / ".env.example").write_text("A=1\n")
        git(place, "init", "--quiet")
        git(place, "add", ".")
        git(place, "commit", "--quiet", "-m", "all")
        return place

    return make


def test_every_command_of_readme_is_found_as_written():
    assert commands((ROOT / "README.md").read_text()) == [
        "make demo",
        "make test",
        "make setup",
        "cp .env.example .env",
        ".venv/bin/dutybot doctor",
        ".venv/bin/dutybot run",
    ]


def test_all_is_done_in_a_clean_clone_and_a_fresh_home(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "somewhere")
    folder = tmp_path / "walk"
    folder.mkdir()
    cloned, served, *more = walk(repository(), folder, patience=60)
    assert cloned.well
    assert served.well, served
    assert "the page answers at http://127.0.0.1:" in served.outcome
    assert served.outcome.endswith("stopped")
    assert [each.well for each in more] == [True, True], more
    assert served.worked > 0
    assert (folder / "home" / "mine").exists()


def test_it_ends_where_a_command_fails_and_passes_over_what_is_not_wanted(repository, tmp_path):
    folder = tmp_path / "walk"
    folder.mkdir()
    told = list(walk(repository("echo no room >&2; exit 3\nmake never"), folder, ["make demo"], patience=60))
    assert [each.well for each in told] == [True, True, True, False]
    assert told[1].outcome == "passed over"
    assert told[-1].outcome == "ended with 3: no room"


@pytest.mark.slow
def test_what_never_answers_is_stopped_and_told(repository, tmp_path):
    folder = tmp_path / "walk"
    folder.mkdir()
    source = repository()
    makefile = (source / "Makefile").read_text()
    (source / "Makefile").write_text(makefile.split("; exec")[0] + "; sleep 600\n")
    git(source, "commit", "--quiet", "-a", "-m", "silent")
    *_, served = walk(source, folder, patience=3)
    assert not served.well
    assert served.outcome == "never answered"
