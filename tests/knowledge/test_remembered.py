"""What a model has read once is not read again, unless the model or its weights are others."""

from pathlib import Path

import numpy as np

from knowledge.embeddings.remembered import Memory, Remembered


class Counting:
    """A model that counts what it reads."""

    name, width, centring = "counting", 2, "none"

    def __init__(self) -> None:
        self.read: list[str] = []

    def passages(self, texts):
        self.read += texts
        return np.array([[len(text), 1] for text in texts], np.float32)

    def question(self, text):
        return self.passages([text])[0]

    def means(self):
        return {}


def test_a_text_is_read_once_and_a_question_each_time(tmp_path: Path):
    model = Counting()
    known = Remembered(model, Memory(tmp_path / "v.sqlite", model.name))
    first = known.passages(["a", "bbb", "a"])
    assert model.read == ["a", "bbb"]
    assert first[:, 0].tolist() == [1, 3, 1]
    again = Remembered(model, memory := Memory(tmp_path / "v.sqlite", model.name))
    assert again.passages(["bbb", "cc"])[:, 0].tolist() == [3, 2]
    assert (model.read, memory.known) == (["a", "bbb", "cc"], 1)
    again.question("a")
    assert model.read[-1] == "a"


def test_other_weights_are_another_model(tmp_path: Path):
    model, weights = Counting(), tmp_path / "weights"
    for content in (b"one", b"other"):
        weights.write_bytes(content)
        Remembered(model, Memory(tmp_path / "v.sqlite", model.name, weights)).passages(["a"])
    Remembered(model, Memory(tmp_path / "v.sqlite", "another", weights)).passages(["a"])
    assert model.read == ["a"] * 3
