"""The session: the only place that knows where everything lies and wires the machines together."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from threading import Event, Lock, Thread

import msgspec
from platformdirs import PlatformDirs

from mat_desktop.app.models import called, find_model, usable_model
from mat_desktop.app.resources import resource
from mat_desktop.app.schemes import read_scheme, with_library_tags
from mat_desktop.app.settings_file import SettingsFile
from mat_desktop.app.tag_file import Settled, Slip, TagChange, TagFile, settle
from mat_desktop.app.taught import Shelf, with_taught
from mat_desktop.app.trunks import Trunks
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.plan import Policy
from mat_desktop.domain.scheme import TagScheme
from mat_desktop.domain.scores import Thresholds
from mat_desktop.domain.settings import Value, policy_key
from mat_desktop.domain.tags import Field
from mat_desktop.domain.taught import TaughtTag
from mat_desktop.errors import MatError, StoreFault, UnwritableStore, UsageFault
from mat_desktop.inference.cards import open_card
from mat_desktop.inference.client import Engine
from mat_desktop.store.database import copy
from mat_desktop.store.journal import Journal, Run
from mat_desktop.store.library import Library

LIBRARY, JOURNAL = "library.db", "journal.db"


def default_data_dir() -> Path:
    """Where the databases lie unless the user says otherwise."""
    return Path(PlatformDirs("mat-desktop", appauthor=False).user_data_dir)


@contextmanager
def reading_journal(data_dir: Path | None = None) -> Iterator[Journal | None]:
    """The history alone, from a folder that need not allow more. None where there is none yet.

    :raises StoreFault: it cannot be read
    :raises OSError: it has to be copied to be read, and there is no place for the copy
    """
    path = (data_dir or default_data_dir()) / JOURNAL
    try:
        path.stat()
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise StoreFault(f"{path} cannot be opened: {error.strerror or error}") from error
    with ExitStack() as stack:
        try:
            journal = Journal(path, read_only=True)
        except UnwritableStore:
            folder = stack.enter_context(_copies(path.parent, JOURNAL))
            journal = Journal(Path(folder) / JOURNAL)
        yield stack.enter_context(closing(journal))


class Session:
    """Library, journal, model, scheme and engine of one run of the program."""

    def __init__(
        self,
        data_dir: Path | None = None,
        model: str | None = None,
        device: str | None = None,
        *,
        looking: bool = False,
    ) -> None:
        """Opens two SQLite files and reads the card; the engine process is not started.

        :param data_dir: where the databases lie; the platform's place by default
        :param model: name of a bundled or imported model, or a folder; the one in the settings by default
        :param device: "auto", "cuda", "mps", "xpu" or "cpu", and no other; without it the one in the
            settings, or the next best where it is not there
        :param looking: nothing has to be kept: where the data folder is closed to writing, copies of the
            databases serve until the session is closed
        :raises UnwritableStore: the data folder is closed to writing
        :raises MatError: the model, the scheme or a database cannot be used
        """
        self.data_dir = data_dir or default_data_dir()
        self.settings_file = SettingsFile(self.data_dir)
        self.settings_file.take_over()
        reading = self.settings_file.read()
        self.settings, self.settings_slips = reading.settings, reading.slips
        self.settings_fault = reading.fault
        self._changing = Lock()
        self.lend: Callable[[Path], AbstractContextManager[None]] = lambda path: nullcontext()
        """Within this a file is replaced, so that no player has it open meanwhile."""
        self.model = called(self.data_dir, model) if model else self._model_of_settings()
        folder = find_model(self.data_dir, self.model)
        self.card = open_card(folder)
        self.tags = TagFile(self.data_dir / "tags.toml")
        self.tags_fault: UsageFault | None = None
        self.trunks = Trunks(self.data_dir)
        self.taught = self._shelf(folder, self.card)
        self.teaching = False
        self._file_scheme = read_scheme(resource("tag_schemes", "default.toml"))
        self.bundled_scheme: TagScheme
        self.scheme: TagScheme
        self.slips: tuple[Slip, ...] = ()
        self.policies: dict[Field, Policy] = {}
        self._make_scheme()
        self._thresholds: dict[str, Thresholds] = {}
        self.unkept: UnwritableStore | None = None
        """Why nothing of this session is kept."""
        self._copies: tempfile.TemporaryDirectory[str] | None = None
        self._open_stores(looking)
        self._device = device
        self.engine = self.engine_of(folder)

    def _open_stores(self, looking: bool) -> None:
        try:
            self.library, self.journal = _stores(self.data_dir)
        except UnwritableStore as fault:
            if not looking:
                raise
            self.unkept = fault
            self._copies = _copies(self.data_dir, LIBRARY, JOURNAL)
            self.library, self.journal = _stores(Path(self._copies.name))

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

    def use_model(self, name: str) -> None:
        """Listen with another model from now on, after a restart too. Scores of the one before are kept.

        What is being listened to is given up. If the model cannot be loaded, the one before stays.

        :raises MatError: the model is missing or broken, or the choice cannot be kept
        """
        folder = find_model(self.data_dir, name)
        card = open_card(folder)
        engine = self.engine_of(folder)
        try:
            engine.start()
            self.keep_settings({"listening.model": name})
        except MatError:
            engine.close()
            raise
        before, self.engine = self.engine, engine
        self.taught = self._shelf(folder, card)  # before the card: its thresholds depend on both
        self.model, self.card = name, card
        self.use_settings({"listening.model": name})
        self._make_scheme()
        before.close()

    def _shelf(self, folder: Path, card: ModelCard) -> Shelf:
        def trunk(model: str) -> str:
            return self.trunks.of(folder, card) if model == card.digest else self.trunks.named(model)

        return Shelf(self.data_dir / "taught", card, trunk)

    def restart_engine(self, cancel: Event) -> str:
        """Have the engine run as the settings say now; returns the device's name.

        What is being listened to is given up. If it cannot run so, it goes on as before.

        :raises MatError: the model or the device cannot be used, or it was cancelled
        """
        engine = self.engine_of(find_model(self.data_dir, self.model))
        over = Event()

        def give_up() -> None:
            while not over.wait(0.1):
                if cancel.is_set():
                    engine.close()  # whoever waits for its start is told
                    return

        waiting = Thread(target=give_up, name="cancel", daemon=True)
        waiting.start()
        try:
            device = engine.start()
            over.set()
            waiting.join()
            engine.start()  # it may have been closed at the last moment
        except MatError:
            engine.close()
            raise
        finally:
            over.set()
        before, self.engine = self.engine, engine
        before.close()
        return device

    def use_settings(self, changes: Mapping[str, Value]) -> None:
        """Other settings, by key, until the program ends; the engine has yet to be told.

        :raises ValueError: a value may not be
        """
        with self._changing:  # a worker may have chosen another model at this moment
            self.settings = self.settings.having(changes)
        self.settings_slips = tuple(slip for slip in self.settings_slips if slip.key not in changes)
        for target in self.policies:
            if policy_key(target) in changes:
                self.policies[target] = self.settings.policy(target)

    def keep_settings(self, changes: Mapping[str, Value]) -> None:
        """Write settings down, for the command line and the next start.

        :raises UsageFault: the file is not usable, or a value may not be
        :raises StoreFault: the file cannot be written
        """
        self.settings_file.change(changes)
        self._usable_again()

    def look_at_settings(self) -> bool:
        """Whether the file is usable, as where it was mended since; its values count from the next start."""
        if self.settings_file.read().fault is not None:
            return False
        self._usable_again()
        return True

    def set_settings_aside(self) -> Path | None:
        """Rename an unusable file; returns the new name. What counts now goes on to count.

        A file that is usable by now keeps its name, and None is returned.

        :raises StoreFault: it cannot be renamed
        """
        aside = None if self.look_at_settings() else self.settings_file.set_aside()
        self._usable_again()
        return aside

    def _usable_again(self) -> None:
        if self.settings_fault is not None:
            self.settings_fault, self.settings_slips = None, ()

    def _model_of_settings(self) -> str:
        name, slip = usable_model(self.data_dir, self.settings.model)
        if slip is not None:
            self.settings_slips += (slip,)
        return name

    def engine_of(self, folder: Path) -> Engine:
        """A process for a model, not started; whoever asks for it closes it."""
        wish, insist = self._device or self.settings.device, self._device is not None
        return Engine(folder, wish, self.settings.threads, insist=insist)

    def change_tags(self, changes: Mapping[str, TagChange | None]) -> TagScheme:
        """Show and write tags otherwise from now on, in the command line as well.

        :param changes: by name of the tag; None goes back to the bundled scheme
        :raises UsageFault: they contradict each other, or the file cannot be read; nothing changed
        :raises StoreFault: the file cannot be written; nothing changed
        """
        tags = self.taught.tags
        self._use(self.tags.change(with_taught(self._untaught_scheme, tags), changes), tags)
        self.tags_fault = None
        return self.scheme

    def replace_tags(self, changes: Mapping[str, TagChange]) -> None:
        """Have these changes to the scheme and no others. :raises StoreFault: the file cannot be written"""
        self.tags.replace(changes)
        self._make_scheme()

    @property
    def _untaught_scheme(self) -> TagScheme:
        try:
            own = self.tags.read()
        except UsageFault:
            own = {}
        return with_library_tags(self._file_scheme, self.card, own)

    def _make_scheme(self) -> None:
        """The bundled scheme with the taught tags, and with the user's changes to both."""
        tags = self.taught.tags
        self._use(self._settled(tags), tags)

    def _settled(self, tags: Sequence[TaughtTag]) -> Settled:
        scheme = with_taught(self._untaught_scheme, tags)
        try:
            made, self.tags_fault = self.tags.over(scheme), None
        except UsageFault as fault:
            self.tags_fault = fault  # a slip in the user's file must not keep the program from starting
            made = settle(scheme, {})
        return made

    def _slips(self, made: Settled, tags: Sequence[TaughtTag]) -> tuple[Slip, ...]:
        """What cannot count as it is meant, taught tags whose name the program has itself among it."""
        own = {tag.name.casefold(): tag.name for tag in self._untaught_scheme.tags}
        twice = [tag for tag in tags if tag.name.casefold() in own]
        return (
            *(
                Slip(f"there is a tag “{own[tag.name.casefold()]}” already", f"“{tag.name}” is left out")
                for tag in twice
            ),
            *made.slips,
        )

    def _use(self, made: Settled, tags: Sequence[TaughtTag]) -> None:
        self.bundled_scheme, self.scheme = made.base, made.scheme
        self.slips = self._slips(made, tags)
        for target in self.scheme.targets:
            self.policies.setdefault(target, self.settings.policy(target))

    @property
    def needs_features(self) -> bool:
        """Whether a track that was heard before features were kept has to be heard again."""
        return self.teaching or bool(self.taught.tags)

    def keep_taught(self, tag: TaughtTag, before: str = "") -> None:
        """Keep a taught tag; it is suggested from now on.

        :param before: name of a tag that it stands for; it is still to be removed
        :raises UsageFault: it has no room among the other tags; nothing changed
        :raises StoreFault: it cannot be written; nothing changed
        """
        tags = self.taught.having(tag, before)
        made = self._settled(tags)
        for slip in self._slips(made, tags):
            if slip not in self.slips:
                raise UsageFault(slip.why)
        self.taught.put(tag)
        self._use(made, tags)

    def copy_change(self, before: str, name: str) -> bool:
        """What the user changed of a tag is to count for another name too, but for how the tag is called.

        :returns: whether there was anything; it has yet to be taken from the old name
        :raises StoreFault: the file cannot be written
        """
        changes = {} if self.tags_fault is not None else self.tags.read()
        change = changes.get(before)
        if change is not None and name not in changes:
            self.change_tags({name: msgspec.structs.replace(change, label="", category=None)})
        return change is not None

    def remove_taught(self, name: str) -> TaughtTag:
        """Delete a taught tag. :raises MatError: there is none, or its file cannot be deleted"""
        tag = self.taught.remove(name)
        self._make_scheme()
        return tag

    @property
    def thresholds(self) -> Thresholds:
        """The user's own, for the model in use."""
        model = self.card.digest
        if model not in self._thresholds:
            self.reread_thresholds()
        return self._thresholds[model]

    def set_threshold(self, tag: str, value: float | None) -> float | None:
        """Remember from which score on a tag is suggested; None goes back to the model's threshold.

        :param value: 0..1
        :returns: what was remembered before
        """
        before = self.thresholds.by_name.get(tag)
        model, own = self.card.digest, None if self._is_taught(tag) else value
        self.library.put_threshold(model, tag, own)
        if self._is_taught(tag):  # it has the same scores with every model of this trunk
            self.library.put_threshold(self.taught.trunk or model, tag, value)
        self.reread_thresholds()
        return before

    def _is_taught(self, name: str) -> bool:
        return any(tag.name == name for tag in self.taught.tags)

    def reread_thresholds(self) -> None:
        """They are others in the library, perhaps also those of models that were used before."""
        model = self.card.digest
        own = self.library.thresholds(model)
        if self.taught.tags:
            every = self.library.thresholds(self.taught.trunk)
            own |= {name: value for name, value in every.items() if self._is_taught(name)}
        self._thresholds = {model: Thresholds(None, own)}

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
        if self._copies is not None:
            self._copies.cleanup()


def _stores(folder: Path) -> tuple[Library, Journal]:
    """The databases of a folder, both or none. :raises StoreFault: one cannot be opened"""
    library = Library(folder / LIBRARY)
    try:
        return library, Journal(folder / JOURNAL)
    except StoreFault:
        library.close()
        raise


def _copies(data_dir: Path, *names: str) -> tempfile.TemporaryDirectory[str]:
    """Databases as they are now, where they can be written to. :raises StoreFault: one cannot be copied"""
    folder = tempfile.TemporaryDirectory(prefix="mat-desktop-")
    try:
        for name in names:
            if (data_dir / name).exists():
                copy(data_dir / name, Path(folder.name) / name)
    except BaseException:
        folder.cleanup()
        raise
    return folder
