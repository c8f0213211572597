"""What stood in memory before is not in the files of the shelf."""

import subprocess
import sys

import pytest

DIRTY = """
import asyncio, gc, sys, threading
from pathlib import Path
import numpy as np
from knowledge.chroma import Chroma
from knowledge.settings import KnowledgeSettings
from knowledge.wiped import wipe_what_is_handed_on

SECRET = b"T1mrBDwpYlJYjuxr42heKFc12IflZQB5cQZZfRIM"

def dirty():
    big = [bytearray(3_000_000) for _ in range(3)]
    del big
    words = [bytearray((SECRET + b" ") * many) for many in range(20, 1500)]
    del words
    gc.collect()

async def shelf(folder):
    settings = KnowledgeSettings(folder=folder, chroma_url="", database="")
    there = await Chroma.open(settings, {"model": "m", "width": 384})
    vectors = np.random.default_rng(1).normal(size=(20, 384)).astype(np.float32)
    await there.put([str(number) for number in range(20)], vectors)
    await there.nearest(vectors[0], 2)

if sys.argv[2] == "wiped" and not wipe_what_is_handed_on():
    print("cannot")
    sys.exit()
found = 0
for round_ in range(5):
    many = [threading.Thread(target=dirty) for _ in range(20)]
    for each in many:
        each.start()
    for each in many:
        each.join()
    folder = Path(sys.argv[1]) / str(round_)
    asyncio.run(shelf(folder))
    found += sum(SECRET in each.read_bytes() for each in folder.rglob("*") if each.is_file())
print(found)
"""


def found(folder, how):
    ran = subprocess.run([sys.executable, "-c", DIRTY, str(folder), how], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


@pytest.mark.slow
def test_nothing_of_what_was_freed_is_written(tmp_path):
    if (told := found(tmp_path / "wiped", "wiped")) == "cannot":
        pytest.skip("this C library does not wipe memory")
    assert told == "0"
    if found(tmp_path / "bare", "bare") == "0":
        pytest.skip("nothing was written without the wiping either: is it still needed?")
