"""The builder of the test servers: what is pinned, what makes it build anew, and what it says when it cannot."""

import re
import subprocess
import sys

import pytest

from tests.servers import __main__ as command
from tests.servers import postgres_program, programs
from tests.servers.fixtures import needs
from tests.servers.programs import HERE, PROGRAMS, NotBuilt, Program


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DUTYBOT_SERVERS", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_server_is_pinned_as_a_tool(program):
    pinned = (HERE / program.folder / "go.mod").read_text()
    assert re.fullmatch(r"v\d+\.\d+\.\d+", program.version)
    assert re.search(rf"^(tool )?\s*{re.escape(program.package)}$", pinned, re.MULTILINE)
    assert f"{program.module} {program.version} h1:" in (HERE / program.folder / "go.sum").read_text()


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A program of two lines, in a folder like those of the servers."""
    (tmp_path / "small").mkdir()
    (tmp_path / "small/go.mod").write_text("module small.test/small\n\ngo 1.24\n")
    (tmp_path / "small/go.sum").write_text("")
    (tmp_path / "small/main.go").write_text('package main\n\nfunc main() { println("at your service") }\n')
    monkeypatch.setattr(programs, "HERE", tmp_path)
    monkeypatch.setattr(Program, "version", "v1.2.3")
    monkeypatch.setenv("DUTYBOT_SERVERS", str(tmp_path / "cache"))
    return Program("small", "small", "small.test/small", "small.test/small")


def test_a_program_is_built_once_and_anew_when_its_pins_change(small, tmp_path):
    programs.build(small)
    ran = subprocess.run([small.path], capture_output=True, text=True, check=True)
    assert ran.stderr == "at your service\n"
    first, made = small.path, small.path.stat().st_mtime_ns
    programs.build(small)
    assert small.path.stat().st_mtime_ns == made
    (tmp_path / "small/go.sum").write_text("\n")
    assert small.path != first
    assert not small.path.exists()


def test_a_failed_build_says_why_and_leaves_nothing(small, tmp_path):
    (tmp_path / "small/main.go").write_text("package main\n\nfunc main() { nonsense }\n")
    with pytest.raises(NotBuilt, match=r"small v1\.2\.3 was not built:[^$]*undefined: nonsense"):
        programs.build(small)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [".small.lock"]


def test_without_go_one_sentence_says_what_to_install(empty_cache, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "/nowhere")
    assert command.main(["etcd"]) == 1
    said = capsys.readouterr().err
    assert said.endswith("Go is not installed: the test servers are built with Go 1.26 or newer.\n")
    assert not [path for path in empty_cache.iterdir() if path.name != ".etcd.lock"]


def test_an_old_go_is_told_from_a_new_one(tmp_path, monkeypatch):
    (tmp_path / "go").write_text("#!/bin/sh\necho go1.24.3\n")
    (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(NotBuilt, match=r"go1\.24\.3 is too old: the test servers need Go 1\.26 or newer"):
        programs.go()


def test_an_unknown_name_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        command.main(["lokki"])
    assert "there is no server called lokki; there are: etcd kube-apiserver" in capsys.readouterr().err


def test_quick_tests_skip_what_needs_a_server(monkeypatch):
    monkeypatch.setattr("tests.servers.fixtures.QUICK", True)
    with pytest.raises(pytest.skip.Exception, match="needs loki"):
        needs("loki")


def test_postgres_is_not_installed_behind_ones_back(monkeypatch):
    monkeypatch.setattr(postgres_program, "installed", lambda: None)
    with pytest.raises(NotBuilt, match="apt-get install postgresql"):
        postgres_program.binaries(install=False)


def test_the_command_can_be_asked_for_help():
    asked = [sys.executable, "-m", "tests.servers", "--help"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=HERE.parents[1])
    assert "postgresql" in said.stdout
