"""The session: the only place that knows where everything lies and wires the machines together."""

from __future__ import annotations

from pathlib import Path

from platformdirs import PlatformDirs

from mat_desktop.app.resources import model_folder, resource
from mat_desktop.app.schemes import read_scheme
from mat_desktop.domain.plan import Policy
from mat_desktop.domain.tags import Field
from mat_desktop.inference.cards import open_card
from mat_desktop.inference.client import Engine
from mat_desktop.store.journal import Journal, Run
from mat_desktop.store.library import Library


def default_data_dir() -> Path:
    """Where the databases lie unless the user says otherwise."""
    return Path(PlatformDirs("mat-desktop", appauthor=False).user_data_dir)


class Session:
    """Library, journal, model, scheme and engine of one run of the program."""

    def __init__(self, data_dir: Path | None = None, model: str = "fcn2d", device: str = "auto") -> None:
        """Opens two SQLite files and reads the card; the engine process is not started.

        :param data_dir: where the databases lie; the platform's place by default
        :param model: name of a bundled model, or the folder of one
        :param device: "auto", "cuda", "mps", "xpu" or "cpu"
        :raises MatError: the model, the scheme or a database cannot be used
        """
        self.data_dir = data_dir or default_data_dir()
        folder = model_folder(model)
        self.card = open_card(folder)
        self.scheme = read_scheme(resource("tag_schemes", "default.toml"))
        self.policies: dict[Field, Policy] = dict.fromkeys(self.scheme.fields.values(), Policy.FILL_EMPTY)
        self.library = Library(self.data_dir / "library.db")
        self.journal = Journal(self.data_dir / "journal.db")
        self.engine = Engine(folder, device)

    @property
    def device(self) -> str | None:
        """Name of the device that the network runs on, None while the engine is not up."""
        return self.engine.device

    def start_engine(self) -> str:
        """Start the engine process and wait for it; returns the device's name.

        :raises EngineFault: it cannot be started
        :raises ModelFault: the model or the device cannot be used
        """
        return self.engine.start()

    def roots(self) -> list[Path]:
        """Folders and files that were opened before."""
        return self.library.roots()

    def runs(self) -> list[Run]:
        """The history of writes, newest first."""
        return self.journal.runs()

    def close(self) -> None:
        """End the engine and close the databases."""
        self.engine.close()
        self.library.close()
        self.journal.close()
