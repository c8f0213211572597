"""The list of what a source may do names tests that there are, and no importer's test is missing from it."""

import re
from pathlib import Path

HERE = Path(__file__).parent
NAMED = re.compile(r"`(?:(test_\w+): )?(\w+?)(?:_?…)?`")


def test_every_scenario_has_its_test():
    files = [*HERE.glob("test_*.py"), *HERE.parent.glob("test_*.py")]
    there = {name for file in files for name in re.findall(r"def test_(\w+)", file.read_text())}
    stems = {file.stem for file in files}
    rows = [line for line in (HERE / "README.md").read_text().splitlines() if line.startswith("|")][2:]
    for row in rows:
        named = NAMED.findall(row.split("|")[3])
        assert named or "the fakes" in row, f"no test is named: {row}"
        for module, name in named:
            assert not module or module in stems, row
            assert name in stems or any(each.startswith(name) for each in there), f"{name} is not there: {row}"
