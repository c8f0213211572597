"""`python -m tests.trust.faults` breaks each dependency in each way, and writes what people read into a page."""

import asyncio
import tempfile
from pathlib import Path

from tests.servers.chroma_server import ChromaServer
from tests.servers.postgres_server import PostgresServer
from tests.trust.faults.cells import sentence
from tests.trust.faults.houses import seen_of_all
from tests.trust.faults.page import PAGE, written


def row(each):
    took = f"{each.seconds:5.1f} s, well again after {each.again:4.1f} s, {each.taken / 1e6:5.1f} MB"
    print(
        f"{each.dependency:13} {each.fault:10} {took}",
        sentence(each, "en"),
        sentence(each, "zh"),
        sep="\n    ",
        flush=True,
    )
    if not sentence(each, "en"):
        print("   ", each.said, each.doctor)


chroma, postgres = ChromaServer(), PostgresServer()
try:
    seen = asyncio.run(seen_of_all(Path(tempfile.mkdtemp()), postgres.new_database(), chroma.url, row))
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), seen), encoding="utf-8")
finally:
    chroma.stop()
    postgres.stop()
