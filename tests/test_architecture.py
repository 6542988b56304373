"""What the import contracts cannot see: what is loaded when the program runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mat_desktop.gui


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    ["import mat_desktop.cli.tag", "import mat_desktop.app.session", "import mat_desktop.__main__"],
)
def test_the_shells_load_no_tensor_library(statement: str) -> None:
    assert not {"torch", "librosa", "torchaudio"} & loaded_after(statement)


def test_the_command_line_loads_no_qt() -> None:
    assert not any(name.startswith("PySide6") for name in loaded_after("import mat_desktop.cli.tag"))


def test_the_version_loads_almost_nothing() -> None:
    loaded = loaded_after("import mat_desktop.cli.main")
    assert not {"torch", "numpy", "av", "mutagen", "PySide6", "sounddevice"} & loaded


def test_torchaudios_parts_come_beside_any_torch() -> None:
    code = (
        "from training.torchaudio_parts import FrequencyMasking, TimeMasking; import torch;"
        "print(FrequencyMasking(8, iid_masks=True)(torch.ones(2, 1, 96, 50)).shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "torch.Size([2, 1, 96, 50])", done.stderr


def test_no_widget_is_asked_for_another_that_pyside_would_take_for_its_child() -> None:
    """It crashes once the one that was asked, or the one that was handed over, is deleted."""
    asks = re.compile(r"(?<!QApplication)\.(focusWidget|nextInFocusChain|previousInFocusChain|childAt)\(")
    gui = Path(mat_desktop.gui.__file__).parent
    assert [path.name for path in gui.rglob("*.py") if asks.search(path.read_text(encoding="utf-8"))] == []


def test_layouts_are_put_into_others_by_nest_alone() -> None:
    gui = Path(mat_desktop.gui.__file__).parent
    asks = [path.name for path in gui.rglob("*.py") if ".addLayout(" in path.read_text(encoding="utf-8")]
    assert asks == ["nesting.py"]
