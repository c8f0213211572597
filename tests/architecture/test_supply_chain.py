"""What we stand on: packages pinned by their hashes, under licences that let anybody use them; and no text is run."""

import ast
import importlib.metadata
import re
from pathlib import Path

import pytest

from tests import advisories

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-image.lock")
FREE = re.compile(
    r"MIT|Apache|BSD|ISC|MPL|Mozilla|Python Software Foundation|PSF|Zlib|CC0|Unlicense|0BSD|CNRI|Public Domain|HPND"
)
BOUND = re.compile(r"(?<!L)GPL|Affero|SSPL|Commons Clause|Proprietary|BUSL|Elastic License")
NAMED = {
    "psycopg": "LGPL, used unchanged, and only by the engine that the bench compares ours with",
    "psycopg-binary": "as psycopg",
    "cel-python": "Apache-2.0 in its LICENSE; its metadata say nothing",
    "promql-parser": "MIT in its LICENSE; its metadata say nothing",
}
"""Looked at by hand."""
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "shelve", "marshal", "cloudpickle", "joblib"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}


def packages(lock):
    return re.findall(r"^([A-Za-z0-9][\w.\-]*)==", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_by_hashes_and_from_no_named_index(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert len(entries) > 100
    assert not [each.split()[0] for each in entries if "--hash=sha256:" not in each and "==" in each]
    assert not re.search(r"^--(?:extra-)?index|https?://", text, re.MULTILINE)


def test_every_licence_lets_anybody_use_it():
    wrong = {}
    for name in sorted({each for lock in LOCKS for each in packages(lock)} - NAMED.keys()):
        try:
            about = importlib.metadata.metadata(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        kinds = [each.rpartition(" :: ")[2] for each in about.get_all("Classifier") or [] if each.startswith("License")]
        licence = about.get("License-Expression") or "; ".join(kinds) or (about.get("License") or "")[:80]
        if not FREE.search(licence) or (BOUND.search(licence) and " OR " not in licence):
            wrong[name] = licence
    assert not wrong


@pytest.mark.parametrize(("name", "head"), [("cel-python", "Apache License"), ("promql-parser", "The MIT License")])
def test_what_was_looked_at_by_hand_still_says_so(name, head):
    texts = [each for each in importlib.metadata.files(name) or () if "LICENSE" in each.name]
    assert any(head in each.read_text()[:200] for each in texts), name


def test_nothing_of_ours_runs_text_or_reads_what_can_run():
    wrong = []
    for folder in ("bot", "skills", "knowledge", "prompts"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for said in _dangerous(node):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {said}")
    assert not wrong


def _dangerous(node):
    if isinstance(node, ast.Import):
        yield from {alias.name.partition(".")[0] for alias in node.names} & FORBIDDEN_MODULES
    if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in FORBIDDEN_MODULES:
        yield node.module
    if isinstance(node, ast.Call):
        called = node.func
        if isinstance(called, ast.Name) and called.id in FORBIDDEN_CALLS:
            yield called.id
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            whole = f"{called.value.id}.{called.attr}"
            if whole in {"yaml.load", "yaml.unsafe_load", "yaml.full_load", "os.system", "os.popen"}:
                yield whole
            if any(word.arg == "shell" and getattr(word.value, "value", None) is True for word in node.keywords):
                yield f"{whole}(shell=True)"


def test_what_could_not_be_asked_is_not_called_well():
    fault = {"name": "x", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
    assert "NOT CHECKED" in advisories.verdict([{"name": "x", "skip_reason": "not found"}])[0]
    assert advisories.verdict([{"name": "x", "version": "1", "vulns": []}]) == ("No advisory against 1 packages.", True)
    assert advisories.verdict([fault])[1] is False
    assert "mended in 2" in advisories.verdict([fault])[0]
    assert "idna==" in advisories.pinned((ROOT / "requirements.lock").read_text(encoding="utf-8"))
