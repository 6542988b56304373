from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mat_desktop.errors import ModelFault
from mat_desktop.inference.cards import open_card, read_weights, save_model
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


@pytest.mark.parametrize("full", ["card.json", "model.safetensors"])
def test_a_full_disk_leaves_the_model_before(tmp_path: Path, full: str) -> None:
    resource = pytest.importorskip("resource")
    card = tiny_model(tmp_path / "tiny")
    before = {path.name: path.read_bytes() for path in (tmp_path / "tiny").iterdir()}
    longer = replace(card, data="x" * (1 << 20)) if full == "card.json" else card
    arrays = {name: np.asarray(value + 1) for name, value in read_weights(tmp_path / "tiny", card).items()}
    if full == "model.safetensors":
        arrays["more"] = np.ones(1 << 18, np.float32)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    for folder in (tmp_path / "tiny", tmp_path / "empty"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 19, limit[1]))
        try:
            with pytest.raises(OSError, match="File too large") as caught:
                save_model(folder, longer, arrays)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        assert caught.value.filename == str(folder / full)
    assert {path.name: path.read_bytes() for path in (tmp_path / "tiny").iterdir()} == before
    assert not list((tmp_path / "empty").iterdir())


def test_weights_that_cannot_be_replaced_leave_the_card_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = tiny_model(tmp_path)
    arrays = {name: np.asarray(value + 1) for name, value in read_weights(tmp_path, card).items()}
    real = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if Path(target).name == "model.safetensors":
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        with pytest.raises(PermissionError) as caught:
            save_model(tmp_path, replace(card, title="new"), arrays)
    assert caught.value.filename == str(tmp_path / "model.safetensors")
    assert open_card(tmp_path) == card
    read_weights(tmp_path, card)
    assert len(os.listdir(tmp_path)) == 2  # noqa: PTH208 - hidden ones count


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
        ({"tags": [{"name": "a", "vocabulary": "b", "threshold": "x"}]}, "should be a number"),
        ({"normalisation": {"mean": [0], "std": [1]}}, "96 bands"),
        ({"network": {"name": "fcn2d"}}, "is missing"),
    ],
)
def test_contradictions_in_a_card(tmp_path: Path, entries: dict[str, Any], reason: str) -> None:
    tiny_model(tmp_path)
    change(tmp_path, **entries)
    assert reason in refused(tmp_path)
