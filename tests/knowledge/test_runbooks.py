"""The library reads the runbooks that come with the alerts, and finds each by its alert and by what it tells."""

from pathlib import Path

import pytest

from knowledge import Library
from knowledge.importers import make
from knowledge.importing import run

RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"
ASKED = {
    "what to do when the error budget burns too fast": "ErrorBudgetBurning",
    "etcd has no leader": "EtcdNoLeader",
    "节点磁盘快满了": "NodeDiskFilling",
    "错误预算消耗过快": "ErrorBudgetBurning",
}


async def test_every_alert_leads_to_its_page(plain: Library):
    names = sorted(each.stem for each in RUNBOOKS.glob("*.md"))
    done = await run(plain, make("markdown", {"path": str(RUNBOOKS)}))
    assert done.kept.added == len(names) >= 60
    wrong = []
    for name in names:
        found = await plain.search(f"{name} fires", 3, alert=name)
        if not found.passages or found.passages[0].title != name:
            wrong.append((name, [each.title for each in found.passages]))
    assert wrong == []
    for question, name in ASKED.items():
        assert name in [each.title for each in (await plain.search(question, 3)).passages], question
    again = (await run(plain, make("markdown", {"path": str(RUNBOOKS)}))).kept
    assert (again.added, again.changed, again.same) == (0, 0, len(names))


@pytest.mark.parametrize("path", sorted(RUNBOOKS.glob("*.md")), ids=lambda path: path.stem)
def test_every_page_speaks_both_languages(path: Path):
    told = path.read_text().split("## Look")[0]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in told)
    assert "## Mend" in path.read_text()
