"""The models at hand: bundled ones, and those that the user imported into the data folder.

A model from elsewhere is foreign until it was checked: only its card and its weights are copied, nothing of
it is code, and a process of its own loads it once before it is listed.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from mat_desktop.app.resources import model_names, resource
from mat_desktop.app.settings_file import SettingsFile
from mat_desktop.app.tag_file import Slip
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.settings import Settings
from mat_desktop.errors import MatError, ModelFault, UsageFault, printable
from mat_desktop.inference.cards import (
    CARD_FILE,
    LARGEST_CARD,
    LARGEST_WEIGHTS,
    check_digest,
    check_numbers,
    open_card,
    write_card,
)
from mat_desktop.inference.client import Engine
from mat_desktop.whole_file import whole_file

DEFAULT = Settings().model
FOLDER = "models"
HIDDEN = ".incoming-"
TRAINED = "trained-here.txt"
"""Beside the card of a model that was trained here: on what. It does not travel with the model."""
STALE_SECONDS = 3600
"""After which nobody is importing any more; another process may be, at this moment."""

_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9])(\..*)?$", re.IGNORECASE)
"""Names that Windows keeps for devices, whatever their ending; no folder can be called so there."""

_WHEN = re.compile(r", trained \d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?")

PICKLES = frozenset({".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".bin", ".npy", ".h5", ".keras"})
"""Endings of files that hold code, or need foreign code to be read."""

WANTED = f"a model is a folder with {CARD_FILE} and the weights as safetensors, or a zip of one"
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Model:
    """A usable model.

    :param name: of its folder, unique among all of them
    :param bundled: comes with the program, and cannot be deleted
    :param trained_on: what the training on this computer used that made it; empty for others
    """

    name: str
    folder: Path
    card: ModelCard
    bundled: bool
    trained_on: str = ""

    @property
    def origin(self) -> str:
        """Where it comes from, in a word or two."""
        return "bundled" if self.bundled else "trained here" if self.trained_on else "imported"


@dataclass(frozen=True, slots=True)
class Trained:
    """What made a model that is taken in.

    :param on: the data, in words
    :param when: it began, as it is shown
    """

    on: str
    when: str


@dataclass(frozen=True, slots=True)
class BrokenModel:
    """A folder among the models that cannot be used, with the reason."""

    name: str
    folder: Path
    reason: str
    bundled: bool = False

    @property
    def way_out(self) -> str:
        """What may be done about it."""
        if self.bundled:
            return "install the program anew"
        return "delete it on the Models page, or import it anew"


def list_models(data_dir: Path) -> list[Model | BrokenModel]:
    """Bundled models first, each kind by name."""
    found: list[Model | BrokenModel] = []
    for name in model_names():
        found.append(as_listed(name, resource("models", name), bundled=True))
    with suppress(OSError):
        folders = sorted(path for path in (data_dir / FOLDER).iterdir() if path.is_dir())
        found += [as_listed(p.name, p) for p in folders if not p.name.startswith(".")]
    return found


def find_model(data_dir: Path, name: str) -> Path:
    """The folder of a bundled or imported model, or of any model when ``name`` is a path to its folder.

    :raises UsageFault: there is no such model
    """
    bundled = model_names()
    if name in bundled:
        return resource("models", name)
    imported = data_dir / FOLDER / name
    if name and Path(name).name == name and (imported / CARD_FILE).is_file():
        return imported
    if (Path(name) / CARD_FILE).is_file():
        return Path(name)
    known = [*bundled, *(m.name for m in list_models(data_dir) if isinstance(m, Model) and not m.bundled)]
    raise UsageFault(f"there is no model {name!r}; there are: {', '.join(known)}; or give its folder")


def called(data_dir: Path, name: str) -> str:
    """The name in the list of a model that may be given by its place.

    :raises UsageFault: there is no such model
    """
    folder = find_model(data_dir, name).resolve()
    for known in model_names():
        if resource("models", known).resolve() == folder:
            return known
    if folder.parent == (data_dir / FOLDER).resolve():
        return folder.name
    return name


def chosen_model(data_dir: Path) -> str:
    """Name of the model that was chosen last; the bundled one where none was, or where it is gone."""
    return usable_model(data_dir, SettingsFile(data_dir).read().settings.model)[0]


def usable_model(data_dir: Path, name: str) -> tuple[str, Slip | None]:
    """A model of the settings, or the bundled one, and why it is not the one that was wished."""
    try:
        open_card(find_model(data_dir, name))
    except UsageFault:
        why = f"the model “{printable(name)}” is not on this computer"
    except (OSError, ValueError, ModelFault) as error:
        why = f"the model “{printable(name)}” cannot be used: {error}"
    else:
        return called(data_dir, name), None
    return DEFAULT, Slip(why, f"“{DEFAULT}” listens", "listening.model")


def import_model(data_dir: Path, source: Path, trained: Trained | None = None) -> Model:
    """Check a model's folder, a file of one or a zip of one, and copy it into the data folder.

    A model that is here already, with the same weights and tags, is not copied again.

    :param trained: the training here that made it; its title tells it from others of the same network
    :raises UsageFault: there is no such file or folder
    :raises ModelFault: it is no model, is damaged, or does not fit this program; nothing was imported
    """
    if not os.path.lexists(source):
        raise UsageFault(f"{printable(source)}: no such file or folder")
    if source.is_file() and _is_of_folder(source):
        source = source.parent
    with _staging(data_dir) as staging:
        try:
            if source.is_dir():
                _copy_folder(source, staging)
            elif source.suffix.lower() == ".zip":
                _unpack(source, staging)
            else:
                raise ModelFault(_refusal(source))
            card = _checked(staging, source)
            for model in list_models(data_dir):
                if isinstance(model, Model) and (model.card.digest, model.card.tags) == (
                    card.digest,
                    card.tags,
                ):
                    return model
            name = _free_name(data_dir, card.name)
            card = replace(card, name=name)
            if trained is not None:
                title = _WHEN.sub("", card.title)  # of the model that it started from
                card = replace(card, title=f"{title}, trained {trained.when}")
                (staging / TRAINED).write_text(trained.on, encoding="utf-8")
            write_card(staging, card)
            final = data_dir / FOLDER / name
            staging.rename(final)
        except OSError as error:
            raise ModelFault(f"{printable(source)}: {error.strerror or error}") from error
    return Model(name, final, card, False, trained.on if trained is not None else "")


def _is_of_folder(source: Path) -> bool:
    """Whether a file is a model's card, or the weights beside one: its folder is meant."""
    weights = source.suffix.lower() == ".safetensors"
    return source.name == CARD_FILE or (weights and (source.parent / CARD_FILE).is_file())


def read_model(folder: Path) -> Model:
    """A model in any folder, as it is to be exported. :raises ModelFault: it is none"""
    return Model(folder.name, folder, open_card(folder), bundled=False)


def export_model(model: Model, target: Path) -> Path:
    """Write a model as a zip for another computer; returns the file, which ends in ``.zip``.

    :param target: replaced if it is there; a file that is only called so with ``.zip`` is not
    :raises ModelFault: it cannot be written
    """
    if target.suffix.lower() != ".zip":
        target = target.with_name(f"{target.name}.zip")
        if target.exists():
            raise ModelFault(f"{printable(target)} exists already; choose it, or another name")
    try:
        with whole_file(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name in (CARD_FILE, model.card.weights.file):
                archive.write(model.folder / name, f"{model.name}/{name}")
    except OSError as error:
        raise ModelFault(f"{printable(target)}: {error.strerror or error}") from error
    return target


def delete_model(data_dir: Path, name: str) -> None:
    """Take an imported model away.

    :raises UsageFault: it is bundled, in use, or not there
    :raises ModelFault: it cannot be deleted
    """
    folder = data_dir / FOLDER / name
    if not name or Path(name).name != name or name.startswith(".") or not folder.is_dir():
        raise UsageFault(f"{name!r} is not an imported model")
    if name == chosen_model(data_dir):
        raise UsageFault(f"{name} is in use; choose another model first")
    away = folder.with_name(f"{HIDDEN}{name}")
    try:
        shutil.rmtree(away, ignore_errors=True)
        folder.rename(away)  # at once gone from the list, however long the rest takes
    except OSError as error:
        raise ModelFault(f"{printable(folder)}: {error.strerror}") from error
    shutil.rmtree(away, ignore_errors=True)


def as_listed(name: str, folder: Path, *, bundled: bool = False) -> Model | BrokenModel:
    """One model as it is listed, with weights that are those of its card."""
    try:
        card = open_card(folder)
        check_digest(folder, card)
    except ModelFault as fault:
        return BrokenModel(name, folder, str(fault), bundled)
    return Model(name, folder, card, bundled, "" if bundled else _trained_on(folder))


def _trained_on(folder: Path) -> str:
    try:
        return (folder / TRAINED).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


@contextmanager
def _staging(data_dir: Path) -> Iterator[Path]:
    """A folder beside the models that is gone afterwards unless it was renamed."""
    parent = data_dir / FOLDER
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for stale in parent.glob(f"{HIDDEN}*"):  # of an import that was killed
            with suppress(OSError):  # it may just have come to its end
                if time.time() - stale.stat().st_mtime > STALE_SECONDS:
                    shutil.rmtree(stale, ignore_errors=True)
        staging = Path(tempfile.mkdtemp(prefix=HIDDEN, dir=parent))
    except OSError as error:
        raise ModelFault(f"{printable(parent)}: {error.strerror}") from error
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _refusal(source: Path) -> str:
    name, suffix = printable(source), source.suffix.lower()
    if suffix in PICKLES:
        return f"{name} may hold code that runs when it is read, so it is not opened; {WANTED}"
    if suffix == ".safetensors":
        return f"{name} holds weights alone; the {CARD_FILE} that says what they mean is missing"
    return f"{name} is not a model: {WANTED}"


def _copy_folder(source: Path, staging: Path) -> None:
    if not (source / CARD_FILE).is_file():
        odd = sorted(p.name for p in source.iterdir() if p.suffix.lower() in PICKLES)
        beside = f"; {odd[0]} may hold code and is not opened" if odd else ""
        raise ModelFault(f"{printable(source)} has no {CARD_FILE}{beside}; {WANTED}")
    _copy_file(source / CARD_FILE, staging / CARD_FILE, LARGEST_CARD)
    weights = _weights_named(staging, source)
    if not (source / weights).is_file():
        raise ModelFault(f"{printable(source)}: the weights {weights!r} that the card names are missing")
    _copy_file(source / weights, staging / weights, LARGEST_WEIGHTS)


def _copy_file(source: Path, target: Path, largest: int) -> None:
    if not stat.S_ISREG(source.stat().st_mode):
        raise ModelFault(f"{printable(source)} is not a regular file")
    with source.open("rb") as file:
        _copy(file, target, largest, printable(source))


def _unpack(source: Path, staging: Path) -> None:
    """Takes the two files out of an archive and looks at nothing else in it."""
    try:
        with zipfile.ZipFile(source) as archive:
            cards = [e for e in archive.infolist() if PurePosixPath(e.filename).name == CARD_FILE]
            if len(cards) != 1:
                what = f"no {CARD_FILE}" if not cards else f"{len(cards)} models instead of one"
                raise ModelFault(f"{printable(source)} holds {what}; {WANTED}")
            with archive.open(cards[0]) as file:
                _copy(file, staging / CARD_FILE, LARGEST_CARD, printable(source))
            weights = _weights_named(staging, source)
            entry = str(PurePosixPath(cards[0].filename).with_name(weights))
            with archive.open(entry) as file:
                _copy(file, staging / weights, LARGEST_WEIGHTS, printable(source))
    except KeyError as error:
        raise ModelFault(f"{printable(source)}: the weights that the card names are missing") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ModelFault(f"{printable(source)} is not a usable zip: {error}") from error


def _copy(file: IO[bytes], target: Path, largest: int, name: str) -> None:
    """As much as is allowed, however much a header promises."""
    left = largest
    with target.open("wb") as out:
        while block := file.read(min(BLOCK, left + 1)):
            left -= len(block)
            if left < 0:
                raise ModelFault(f"{name}: {target.name} is larger than {largest >> 20} MiB")
            out.write(block)
        out.flush()
        os.fsync(out.fileno())


def _weights_named(staging: Path, source: Path) -> str:
    """The card says how the file is called; only a plain name is taken."""
    return _named(source, staging, lambda: open_card(staging, measure=False)).weights.file


def _checked(staging: Path, source: Path) -> ModelCard:
    """Loaded once, by a process that may come to grief over it."""

    def check() -> ModelCard:
        card = open_card(staging)
        check_numbers(staging, card)
        engine = Engine(staging, "cpu")
        try:
            engine.start()
        finally:
            engine.close()
        return card

    return _named(source, staging, check)


def _named(source: Path, staging: Path, do: Callable[[], ModelCard]) -> ModelCard:
    """What is wrong with the copy is wrong with what was copied, and is said of that."""
    try:
        return do()
    except MatError as fault:
        text = (
            str(fault).replace(f"{staging}{os.sep}", f"{source}{os.sep}").replace(str(staging), str(source))
        )
        raise ModelFault(text) from fault


def _free_name(data_dir: Path, wish: str) -> str:
    """A name for a folder that no model has."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", wish)[:60].strip(".-") or "model"
    if _DEVICE.match(plain):
        plain = f"model-{plain}"
    # Where file systems know one name in any case, so do we everywhere: models wander from one to another.
    taken = {model.name.casefold() for model in list_models(data_dir)}
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain}-{number}"
    return name
