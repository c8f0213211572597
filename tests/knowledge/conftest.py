"""Libraries for tests: by words alone where that will do, with the model where likeness matters."""

from collections.abc import AsyncIterator
from os import environ
from pathlib import Path

import pytest

from knowledge import KnowledgeSettings, Library


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The prepared model is written once for all tests, and for all workers of a run."""
    mine = tmp_path_factory.getbasetemp()
    folder = (mine.parent if "PYTEST_XDIST_WORKER" in environ else mine) / "models"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def wordy(tmp_path: Path) -> KnowledgeSettings:
    """Settings of a library without a model."""
    return KnowledgeSettings(folder=tmp_path / "library", embeddings="none")


@pytest.fixture
def knowing(tmp_path: Path, models: Path) -> KnowledgeSettings:
    """Settings of a library with the embedded model."""
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "models").symlink_to(models)
    return KnowledgeSettings(folder=folder)


@pytest.fixture
async def plain(wordy: KnowledgeSettings) -> AsyncIterator[Library]:
    library = await Library.open(wordy)
    yield library
    await library.close()


@pytest.fixture
async def library(knowing: KnowledgeSettings) -> AsyncIterator[Library]:
    library = await Library.open(knowing)
    yield library
    await library.close()
