"""What tests of the Training page do: begin, wait, and find a run that was made before."""

from __future__ import annotations

import json
from pathlib import Path

from pytestqt.qtbot import QtBot

from mat_desktop.app.trainings import Ending, Order, Task
from mat_desktop.gui.models.trainings import State
from mat_desktop.gui.views.training import TrainingPage
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices

FAKE = str(Path(__file__).parents[1] / "fake_training.py")
"""Stands in for the process that trains."""

PATIENCE = 20_000
"""Longest wait in milliseconds."""


def choose(qtbot: QtBot, page: TrainingPage, folder: Path) -> None:
    page.form.data.use(folder)
    qtbot.waitUntil(lambda: page.form.data.found is not None, timeout=PATIENCE)


def start(qtbot: QtBot, window: Window, page: TrainingPage, folder: Path) -> None:
    choose(qtbot, page, folder)
    assert page.form.begin.isEnabled(), page.form.problem
    page.form.begin.click()
    qtbot.waitUntil(lambda: window.training.trainer.running != "", timeout=PATIENCE)


def epochs(page: TrainingPage) -> int:
    entry = page.run.entry
    return len(entry.run.epochs) if entry is not None and entry.run is not None else 0


def over(qtbot: QtBot, window: Window, page: TrainingPage, state: State) -> None:
    def is_so() -> bool:
        entry = page.run.entry
        return not window.training.trainer.running and entry is not None and entry.state is state

    qtbot.waitUntil(is_so, timeout=PATIENCE)


def made_run(
    services: FakeServices, positives: int, *, task: Task = Task.NETWORK, title: str = "2D FCN, 5 layers"
) -> None:
    """A finished run of three epochs, of which the second is kept."""
    order = Order(task, title, ("train", "--data", "/data"), data="Small corpus", clips={"train": 8})
    made = services.trainings.create(order)
    run = made.folder / "runs" / "fcn2d-5"
    run.mkdir(parents=True)
    settings = {"network": "fcn2d", "layers": 5, "epochs": 3, "width": 1.0, "crop_frames": 0}
    (run / "settings.json").write_text(json.dumps(settings))
    lines = [
        {
            "number": n,
            "of": 3,
            "valid_loss": 0.4,
            "valid": {"mtat": {"roc_auc": roc, "pr_auc": roc}},
            "seconds": 40,
        }
        for n, roc in ((1, 0.5), (2, 0.7), (3, 0.35))
    ]
    (run / "epochs.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    split = {
        "clips": 5,
        "tags": ["mtat/rock", "mtat/guitar"],
        "positives": [positives, positives],
        "roc_auc": {"macro": 0.7, "tags": [1.0, 0.4]},
        "pr_auc": {"macro": 0.7, "tags": [1.0, 0.4]},
        "at_half": {"accuracy": {"macro": 0.9}},
        "at_best": {"thresholds": [0.5, 0.5]},
    }
    (run / "result.json").write_text(json.dumps({"metrics": {"valid": split}}))
    services.trainings.end(made.id, Ending.DONE)
