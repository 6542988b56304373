"""What is asked where the data folder cannot be used, as there is no window yet that could say so."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox

from mat_desktop.errors import MatError, StoreFault, printable

TITLE = "mat-desktop cannot start"
WAY_OUT = "mat-desktop open --data-dir FOLDER"


def ask_for_folder(fault: MatError, data_dir: Path) -> Path | None:
    """The folder to start with instead, which may be the same once more; None gives up.

    :param data_dir: the folder that was tried
    """
    box = QMessageBox(QMessageBox.Icon.Critical, TITLE, str(fault))
    again = box.addButton("Try again", QMessageBox.ButtonRole.AcceptRole)
    other = None
    if isinstance(fault, StoreFault):
        box.setInformativeText(
            f"Library, history and settings are kept in {printable(data_dir)}. Another folder can be used "
            f"for this start; {WAY_OUT} does the same."
        )
        other = box.addButton("Another folder…", QMessageBox.ButtonRole.ActionRole)
    box.addButton("Quit", QMessageBox.ButtonRole.RejectRole)
    while True:
        box.exec()
        if box.clickedButton() is again:
            return data_dir
        if other is None or box.clickedButton() is not other:
            return None
        chosen = QFileDialog.getExistingDirectory(None, "Folder for library, history and settings")
        if chosen:
            return Path(chosen)
