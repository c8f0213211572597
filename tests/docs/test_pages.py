"""The pages: links lead somewhere, commands and settings are there, policies and values can be used."""

import re
import shlex
from pathlib import Path

import helm_python
import pytest
import typer
import yaml

from bot.act.policy import Policy
from bot.act.rules import PolicyFile
from docs.generate import PAGES

ROOT = Path(__file__).parents[2]
ALL = sorted(path for path in (ROOT / "docs").rglob("*.md")) + sorted(ROOT.glob("README*.md"))
TOLD = sorted(path for path in ALL if "reference" not in path.parts)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ELSEWHERE = {"SECURITY.md"}
"""Pages at the top that come with their own part."""


def name(path):
    return str(path.relative_to(ROOT))


def blocks(path, language):
    return [body for found, body in BLOCK.findall(path.read_text()) if found == language]


@pytest.mark.parametrize("path", ALL, ids=name)
def test_links_lead_somewhere(path):
    for link in re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", path.read_text())):
        if re.match(r"https?://|mailto:", link) or link in ELSEWHERE:
            continue
        where, _, heading = link.partition("#")
        target = (path.parent / where).resolve() if where else path
        assert target.exists(), link
        if heading:
            assert heading in _headings(target), link


def test_every_page_is_linked_from_another():
    linked = {
        (path.parent / link).resolve()
        for path in ALL
        for link in re.findall(r"\]\(([^)\s#]+)", path.read_text())
        if not link.startswith("http") and (path.parent / link).resolve() != path
    }
    entry = {ROOT / "README.md"}
    assert not [name(path) for path in ALL if path not in linked | entry]


def _headings(path):
    titles = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", TOLD, ids=name)
def test_commands_are_there(path):
    from bot.__main__ import app

    root = typer.main.get_command(app)
    text = "\n".join([*blocks(path, "sh"), *blocks(path, "")])
    for line in re.findall(r"(?:^|/bin/|-- )(dutybot [a-z].*)$", text, re.MULTILINE):
        if "|" in line:
            continue
        words, command = shlex.split(line.split("#")[0])[1:], root
        while words and (inside := getattr(command, "commands", None)):
            assert words[0] in inside, line
            command = inside[words.pop(0)]
        known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= known, line


@pytest.mark.parametrize("path", TOLD, ids=name)
def test_settings_are_there(path):
    known = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    prefixes = {each.partition("_")[0] for each in known}
    told = set(re.findall(r"\b([A-Z]+(?:_[A-Z0-9]+)+)\b", path.read_text()))
    mine = {each for each in told if each.partition("_")[0] in prefixes} - {"DUTYBOT_TESTS", "DUTYBOT_SERVERS"}
    assert mine <= known


def test_every_policy_of_the_cookbook_can_be_used():
    found = [PolicyFile.model_validate(yaml.safe_load(body)) for body in blocks(ROOT / "docs" / "policy.md", "yaml")]
    assert len(found) >= 5
    assert all(each.rules for each in found)


@pytest.mark.parametrize("example", sorted((ROOT / "helm" / "examples").glob("*.yaml")), ids=name)
def test_policies_among_the_examples_can_be_used(example, tmp_path):
    values = yaml.safe_load(example.read_text())
    (tmp_path / "policy.yaml").write_text(values.get("policy") or (ROOT / "bot" / "act" / "policy.yaml").read_text())
    assert Policy.read(tmp_path / "policy.yaml")


@pytest.mark.parametrize("page", ["install.md", "zh/install.md", "operations.md"])
def test_values_on_the_pages_fit_the_chart(page):
    found = [yaml.safe_load(body) for body in blocks(ROOT / "docs" / page, "yaml")]
    assert found
    for values in found:
        with helm_python.Chart.load(ROOT / "helm") as chart:
            chart.validate_schema(values)
            assert chart.render(values, name="dutybot", namespace="oncall")


IN_BOTH = [(ROOT / "README.md", ROOT / "README.zh.md")]
IN_BOTH += [(ROOT / "docs" / each.name, each) for each in sorted((ROOT / "docs" / "zh").glob("*.md"))]


@pytest.mark.parametrize(("page", "chinese"), IN_BOTH, ids=[name(each) for _, each in IN_BOTH])
def test_the_pages_in_both_languages_tell_the_same(page, chinese):
    """The same commands, settings and parts, so that neither falls behind."""

    def told(path):
        text = path.read_text()
        commands = [re.sub(r"\s+#.*", "", line) for block in blocks(path, "sh") for line in block.splitlines()]
        settings = set(re.findall(r"\b[A-Z]+(?:_[A-Z0-9]+)+\b", text))
        inline = set(re.findall(r"`((?:dutybot|make|cp|kubectl|helm) [^`]+)`", text))
        return {
            "commands": commands,
            "settings": settings,
            "told by the way": inline,
            "parts": len(re.findall(r"^## ", BLOCK.sub("", text), re.MULTILINE)),
            "steps": len(re.findall(r"^\d+\. ", text, re.MULTILINE)),
        }

    assert told(page) == told(chinese)


@pytest.mark.parametrize("path", PAGES)
def test_what_follows_from_the_code_is_up_to_date(path):
    assert (ROOT / path).read_text(encoding="utf-8") == PAGES[path](), "run `make docs`"
