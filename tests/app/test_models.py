from __future__ import annotations

import json
import os
import pickle
import re
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from mat_desktop.app.models import (
    DEFAULT,
    HIDDEN,
    BrokenModel,
    Model,
    Trained,
    chosen_model,
    delete_model,
    export_model,
    find_model,
    import_model,
    list_models,
)
from mat_desktop.app.session import Session
from mat_desktop.app.settings_file import SettingsFile
from mat_desktop.errors import MatError, ModelFault, UsageFault
from mat_desktop.inference.cards import open_card, save_model, write_card
from tests.models import sure_model, tiny_card, tiny_model


def imported(data: Path) -> list[str]:
    return [model.name for model in list_models(data) if isinstance(model, Model) and not model.bundled]


def test_a_folder_is_copied_listed_found_and_taken_away(tmp_path: Path) -> None:
    tiny_model(tmp_path / "my tiny")
    data = tmp_path / "data"
    model = import_model(data, tmp_path / "my tiny")
    assert model.name == "my-tiny"
    assert open_card(find_model(data, "my-tiny")).name == "my-tiny"
    assert sorted(p.name for p in model.folder.iterdir()) == ["card.json", "model.safetensors"]
    assert import_model(data, tmp_path / "my tiny") == model  # the same again changes nothing
    assert imported(data) == ["my-tiny"]
    choice = SettingsFile(data)
    choice.change({"listening.model": "my-tiny"})
    with pytest.raises(UsageFault, match="in use"):
        delete_model(data, "my-tiny")
    choice.change({"listening.model": str(data / "models" / "my-tiny")})  # by its place
    assert chosen_model(data) == "my-tiny"
    with pytest.raises(UsageFault, match="in use"):
        delete_model(data, "my-tiny")
    choice.change({"listening.model": DEFAULT})
    delete_model(data, "my-tiny")
    assert imported(data) == []
    assert list((data / "models").iterdir()) == []
    with pytest.raises(UsageFault, match="fcn2d"):
        find_model(data, "my-tiny")


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("NUL", "model-NUL"),
        ("com1.v2", "model-com1.v2"),
        ("console", "console"),
        (f"{'x' * 59}. y", "x" * 59),  # Windows drops a full stop at the end of a name
    ],
)
def test_a_name_that_no_folder_can_have_everywhere_is_changed(tmp_path: Path, called: str, name: str) -> None:
    write_card(tmp_path / "tiny", replace(tiny_model(tmp_path / "tiny"), name=called))
    assert import_model(tmp_path / "data", tmp_path / "tiny").name == name


def test_two_names_that_differ_in_their_case_are_one_on_some_disks(tmp_path: Path) -> None:
    sure_model(tmp_path / "Mine", "rock")
    sure_model(tmp_path / "other" / "mine", "guitar")
    data = tmp_path / "data"
    assert [import_model(data, tmp_path / path).name for path in ("Mine", "other/mine")] == ["Mine", "mine-2"]


def test_what_was_trained_here_says_so_until_it_leaves(tmp_path: Path) -> None:
    source = tmp_path / "tiny"
    tiny_model(source)
    plain = import_model(tmp_path / "other", source)
    model = import_model(tmp_path / "data", source, Trained("Rock library", "2026-11-28 14:05"))
    assert model.card.title == f"{plain.card.title}, trained 2026-11-28 14:05"
    listed = next(m for m in list_models(tmp_path / "data") if m.name == model.name)
    assert listed == model
    assert (model.origin, model.trained_on, plain.origin) == ("trained here", "Rock library", "imported")
    there = import_model(tmp_path / "there", export_model(model, tmp_path / "out.zip"))
    assert (there.origin, there.card.title) == ("imported", model.card.title)
    again = import_model(tmp_path / "new", there.folder, Trained("Rock library", "2026-11-29 08:00"))
    assert again.card.title == f"{plain.card.title}, trained 2026-11-29 08:00"


def test_a_zip_goes_out_and_comes_in(tmp_path: Path) -> None:
    tiny_model(tmp_path / "tiny")
    here = import_model(tmp_path / "here", tmp_path / "tiny")
    file = export_model(here, tmp_path / "sent")
    assert file.name == "sent.zip"
    with pytest.raises(ModelFault, match=r"sent\.zip exists already"):
        export_model(here, tmp_path / "sent")  # the chooser asked about another file
    assert export_model(here, file) == file
    there = import_model(tmp_path / "there", file)
    assert there.card == here.card
    weights = load_file(there.folder / "model.safetensors")
    assert all((weights[n] == a).all() for n, a in load_file(here.folder / "model.safetensors").items())


@pytest.mark.parametrize("file", ["card.json", "model.safetensors"])
def test_a_file_of_a_models_folder_stands_for_it(tmp_path: Path, file: str) -> None:
    tiny_model(tmp_path / "tiny")
    assert import_model(tmp_path / "data", tmp_path / "tiny" / file).name == "tiny"
    changed_weights(tmp_path / "tiny")
    with pytest.raises(ModelFault, match=f"^{re.escape(str(tmp_path / 'tiny' / 'model.safetensors'))}"):
        import_model(tmp_path / "data", tmp_path / "tiny" / file)


def test_two_models_of_one_name_get_two_names(tmp_path: Path) -> None:
    data = tmp_path / "data"
    card = tiny_model(tmp_path / "fcn2d")
    assert import_model(data, tmp_path / "fcn2d").name == "fcn2d-2"  # the bundled one has the name
    arrays = {
        n: np.multiply(a, 0.5, dtype=a.dtype, casting="unsafe", out=np.empty_like(a))
        for n, a in load_file(tmp_path / "fcn2d" / card.weights.file).items()
    }
    save_model(tmp_path / "fcn2d", card, arrays)
    assert import_model(data, tmp_path / "fcn2d").name == "fcn2d-3"


def pickled(folder: Path) -> Path:
    path = folder / "model.pt"
    path.write_bytes(pickle.dumps({"a": 1}))
    return path


def pickled_in_a_folder(folder: Path) -> Path:
    pickled(folder)
    return folder


def zipped_checkpoint(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "model.zip", "w") as archive:
        archive.writestr("archive/data.pkl", b"cos\nsystem\n(S'true'\ntR.")
    return folder / "model.zip"


def weights_alone(folder: Path) -> Path:
    tiny_model(folder)
    (folder / "card.json").unlink()
    return folder / "model.safetensors"


def no_weights(folder: Path) -> Path:
    tiny_model(folder)
    (folder / "model.safetensors").unlink()
    return folder


def climbing_weights(folder: Path) -> Path:
    tiny_model(folder)
    return edited(folder, lambda card: card["weights"].update(file="../../secret"))


def other_shapes(folder: Path) -> Path:
    tiny_model(folder)
    return edited(folder, lambda card: card["network"].update(width=0.04))


def giant(folder: Path) -> Path:
    tiny_model(folder)
    return edited(folder, lambda card: card["network"].update(width=8.0))


def unknown_network(folder: Path) -> Path:
    tiny_model(folder)
    return edited(folder, lambda card: card["network"].update(name="resnet"))


def changed_weights(folder: Path) -> Path:
    tiny_model(folder)
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    return folder


def not_a_number(folder: Path) -> Path:
    tiny_model(folder)
    arrays = {n: np.array(a) for n, a in load_file(folder / "model.safetensors").items()}
    arrays["head.bias"][0] = np.nan
    save_model(folder, tiny_card(), arrays)
    return folder


def no_json(folder: Path) -> Path:
    (folder / "card.json").write_text("{", encoding="utf-8")
    return folder


def edited(folder: Path, change: object) -> Path:
    path = folder / "card.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    change(card)  # type: ignore[operator]
    path.write_text(json.dumps(card), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (pickled, "may hold code"),
        (pickled_in_a_folder, "has no card.json; model.pt may hold code"),
        (zipped_checkpoint, "holds no card.json"),
        (weights_alone, "weights alone"),
        (no_weights, "are missing"),
        (climbing_weights, "outside its folder"),
        (other_shapes, "do not fit the network"),
        (giant, "the width must be"),
        (unknown_network, "resnet"),
        (changed_weights, "digest differs"),
        (not_a_number, "no numbers"),
        (no_json, "not a usable model card"),
    ],
)
def test_what_is_broken_or_foreign_is_refused_and_leaves_nothing(
    tmp_path: Path, make: object, reason: str
) -> None:
    (tmp_path / "given").mkdir()
    source = make(tmp_path / "given")  # type: ignore[operator]
    with pytest.raises(ModelFault, match=reason) as fault:
        import_model(tmp_path / "data", source)
    assert ".incoming" not in str(fault.value)
    assert str(fault.value).count(str(source)) == 1  # it is named, and once
    assert list((tmp_path / "data" / "models").iterdir()) == []


def test_a_folder_that_breaks_later_is_listed_with_its_reason(tmp_path: Path) -> None:
    tiny_model(tmp_path / "tiny")
    model = import_model(tmp_path / "data", tmp_path / "tiny")
    SettingsFile(tmp_path / "data").change({"listening.model": "tiny"})
    (model.folder / "model.safetensors").write_bytes(b"")
    found = list_models(tmp_path / "data")
    assert isinstance(found[-1], BrokenModel)
    assert "0 bytes" in found[-1].reason
    assert chosen_model(tmp_path / "data") == DEFAULT
    session = Session(tmp_path / "data")
    session.close()
    assert session.model == DEFAULT
    (slip,) = session.settings_slips
    assert "0 bytes" in slip.why


def test_a_changed_byte_in_the_weights_is_listed_with_its_reason(tmp_path: Path) -> None:
    tiny_model(tmp_path / "tiny")
    weights = import_model(tmp_path / "data", tmp_path / "tiny").folder / "model.safetensors"
    assert isinstance(list_models(tmp_path / "data")[-1], Model)
    content, status = bytearray(weights.read_bytes()), weights.stat()
    content[-1] ^= 1
    weights.write_bytes(content)
    os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    broken = list_models(tmp_path / "data")[-1]
    assert isinstance(broken, BrokenModel)
    assert "digest differs" in broken.reason


def test_the_session_changes_models_without_a_restart_and_starts_with_the_one_chosen_last(
    tmp_path: Path,
) -> None:
    tiny_model(tmp_path / "tiny")
    session = Session(tmp_path / "data", device="cpu")
    try:
        bundled = session.card
        model = import_model(session.data_dir, tmp_path / "tiny")
        session.use_model("tiny")
        assert session.card == model.card
        assert session.device is not None
        (model.folder / "card.json").rename(tmp_path / "away")
        with pytest.raises(MatError):
            session.use_model("tiny")
        assert session.card == model.card  # as it was
        (tmp_path / "away").rename(model.folder / "card.json")
    finally:
        session.close()
    again = Session(tmp_path / "data")
    again.close()
    assert again.card == model.card != bundled
    by_place = Session(tmp_path / "data", str(model.folder))
    by_place.close()
    assert by_place.model == "tiny", "the list says that it is in use"


def test_an_import_leaves_what_another_process_is_importing(tmp_path: Path) -> None:
    tiny_model(tmp_path / "tiny")
    models = tmp_path / "data" / "models"
    running, stale = models / f"{HIDDEN}running", models / f"{HIDDEN}stale"
    for folder in (running, stale):
        folder.mkdir(parents=True)
    long_ago = time.time() - 2 * 3600
    os.utime(stale, (long_ago, long_ago))
    import_model(tmp_path / "data", tmp_path / "tiny")
    assert running.is_dir()
    assert not stale.exists()
