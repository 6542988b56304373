from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mat_desktop.errors import ModelFault
from mat_desktop.inference.cards import open_card, read_weights
from tests.models import tiny_model


def change(folder: Path, **entries: Any) -> None:
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def test_a_model_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    card = tiny_model(tmp_path / "tiny")
    assert open_card(tmp_path / "tiny") == card
    arrays = read_weights(tmp_path / "tiny", card)
    assert arrays["head.bias"].shape == (5,)
    assert np.isfinite(arrays["head.weight"]).all()


def refused(folder: Path) -> str:
    with pytest.raises(ModelFault) as caught:
        read_weights(folder, open_card(folder))
    return str(caught.value)


def test_no_card(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path)


def test_a_card_that_is_not_json(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("{")
    assert "not a usable model card" in refused(tmp_path)


def test_changed_weights(tmp_path: Path) -> None:
    tiny_model(tmp_path)
    path = tmp_path / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert "digest differs" in refused(tmp_path)


def test_truncated_weights(tmp_path: Path) -> None:
    tiny_model(tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    assert "bytes, the card says" in refused(tmp_path)


def test_weights_outside_the_folder(tmp_path: Path) -> None:
    card = tiny_model(tmp_path)
    change(tmp_path, weights={"file": "../x", "sha256": card.weights.sha256, "size": card.weights.size})
    assert "outside its folder" in refused(tmp_path)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"format": 2}, "format 2"),
        ({"tags": []}, "at least one tag"),
        ({"tags": [{"name": "a", "vocabulary": "b", "threshold": 2}]}, "0..1"),
        ({"tags": [{"name": "a", "vocabulary": "b", "threshold": "x"}]}, "Expected `float`"),
        ({"normalisation": {"mean": [0], "std": [1]}}, "96 bands"),
        ({"network": {"name": "fcn2d"}}, "missing required field"),
    ],
)
def test_contradictions_in_a_card(tmp_path: Path, entries: dict[str, Any], reason: str) -> None:
    tiny_model(tmp_path)
    change(tmp_path, **entries)
    assert reason in refused(tmp_path)
