"""With no network at all, the library starts, reads and answers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ALONE = """
import asyncio, json, sys, time
begun = time.perf_counter()
from pathlib import Path
from knowledge import Document, KnowledgeSettings, Library

async def main():
    settings = KnowledgeSettings(folder=Path(sys.argv[1]), database="", chroma_url="", embeddings="e5")
    library = await Library.open(settings)
    opened = time.perf_counter() - begun
    await library.add([Document("Pool", "The connection pool was exhausted after the deploy.", "https://t/1")])
    found = await library.search("数据库连接池耗尽")
    await library.close()
    print(json.dumps({"opened": opened, "gaps": found.gaps, "titles": [p.title for p in found]}))

asyncio.run(main())
"""


@pytest.mark.timeout(290)
def test_in_an_empty_network(tmp_path: Path):
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False).returncode:
        pytest.skip("an empty network needs `unshare -rn`, which is not permitted here")
    folder = tmp_path / "library"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [unshare, "-rn", sys.executable, "-c", ALONE, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=270, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["titles"] == ["Pool"]
    assert told["gaps"] == []
