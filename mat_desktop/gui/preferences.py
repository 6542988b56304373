"""The page on settings, with what each of them changes in the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication

from mat_desktop.domain.settings import SPECS, Value
from mat_desktop.errors import printable
from mat_desktop.gui.models.models import reason_of
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.engine import Engine
from mat_desktop.gui.operations.places import open_place
from mat_desktop.gui.operations.settings import FILE, ChangeSettings
from mat_desktop.gui.pages import Page, Pages
from mat_desktop.gui.review_room import ReviewRoom
from mat_desktop.gui.theme import appearance
from mat_desktop.gui.views.library import Library
from mat_desktop.gui.views.setting_texts import SECTIONS
from mat_desktop.gui.views.settings import SettingsPage
from mat_desktop.gui.workshop import Workshop

if TYPE_CHECKING:
    from mat_desktop.app.carry import Loaded, Luggage
    from mat_desktop.app.tag_file import TagChange

MODEL = "listening.model"
ENGINE = frozenset({"listening.device", "listening.threads"})


class Preferences(QObject):
    """Hooks itself up."""

    def __init__(
        self,
        desk: Desk,
        settings: ChangeSettings,
        pages: Pages,
        engine: Engine,
        library: Library,
        room: ReviewRoom,
        workshop: Workshop,
    ) -> None:
        super().__init__()
        self._desk, self._settings, self._pages = desk, settings, pages
        self._engine, self._library, self._room, self._workshop = engine, library, room, workshop
        pages.add_later("settings", lambda: self.page)
        settings.changed.connect(self._changed)
        settings.settled.connect(pages.clear_message)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.applicationStateChanged.connect(self._came)
        for signal in (engine.starting, engine.up, engine.down):
            signal.connect(self._forget_device_wish)

    @cached_property
    def page(self) -> SettingsPage:
        """Made when it is first asked for."""
        page = SettingsPage()
        self._pages.add(Page("settings", page, page.list, page.banners))
        page.shown.connect(self._load)
        page.picked.connect(lambda key, value: self._pick({key: value}))
        page.reset.connect(self._reset)
        page.save_asked.connect(self._save)
        page.load_asked.connect(self._take)
        page.mapping_asked.connect(self._room.show_mapping)
        page.thresholds_reset.connect(self._room.weigh.reset_thresholds)
        page.folder_asked.connect(lambda: self._open(self._desk.services.data_dir))
        page.file_asked.connect(self._open_file)
        page.grown.connect(self._show)
        page.built.connect(self._follow)
        return page

    def show(self, key: str) -> None:
        """Bring a setting into view, with the focus."""
        self._pages.show("settings")
        self.page.go_to(key)

    def _follow(self) -> None:
        """What it shows may change, now that it shows it."""
        engine, workshop = self._engine, self._workshop
        self._room.weigh.changed.connect(self._show_thresholds)
        self._settings.changed.connect(self._show_change)
        for signal in (engine.starting, engine.up, engine.down):
            signal.connect(self._show_devices)
        workshop.models.listed.connect(self._show_models)
        workshop.model_changed.connect(self._show)
        self._room.map_tags.changed.connect(self._count_tags)

    # what is shown

    def _came(self, state: Qt.ApplicationState) -> None:
        """From another program, where the file may have been mended."""
        if state is Qt.ApplicationState.ApplicationActive:
            self._settings.look()

    def _load(self) -> None:
        services = self._desk.services
        self._settings.look()
        self._show()
        self._show_devices()
        self._show_outputs()
        self._count_tags()
        self._show_thresholds()
        self.page.show_places(services.data_dir, services.settings_path)
        self._workshop.models.load()

    def _show(self) -> None:
        odd = {slip.key for slip in self._desk.services.settings_slips}
        self.page.show_settings(self._settings.now, odd)

    def _show_thresholds(self) -> None:
        if self.page.isVisible():
            self.page.thresholds.show_thresholds(self._desk.services.own_thresholds)

    def _show_devices(self) -> None:
        services = self._desk.services
        self.page.show_devices(
            services.devices, self._engine.device, services.instead, self._settings.now.device
        )

    def _forget_device_wish(self) -> None:
        if not self._desk.services.instead:
            self._pages.clear_message("device wish")

    def _show_outputs(self) -> None:
        player = self._library.dock.player.player
        there = player is not None and not player.reason
        devices = list(player.devices) if player is not None and there else None
        self.page.show_outputs(devices, self._settings.now.player_device)

    def _show_models(self, models: Sequence[Any], _: Mapping[str, int]) -> None:
        names = [model.name for model in models if not reason_of(model)]
        self.page.show_models(names, self._desk.services.model)

    def _count_tags(self) -> None:
        def counted(changes: Mapping[str, TagChange]) -> None:
            self.page.show_tags(len(changes))

        self._desk.bridge.ask("changed tags", self._desk.services.tag_changes, counted, lambda _: None)

    # what is changed

    def _pick(self, changes: Mapping[str, Value]) -> None:
        """Another model is not only another word in the file."""
        model = changes.get(MODEL)
        if model is not None and model != self._desk.services.model:
            self._workshop.models.choose(str(model))
            changes = {key: value for key, value in changes.items() if key != MODEL}
        self._settings.put(changes)

    def _reset(self, section: str) -> None:
        defaults = {spec.key: spec.default for spec in SPECS.values() if spec.section == section}
        before = {key: self._settings.now[key] for key in defaults}
        self._pick(defaults)
        text = f"{SECTIONS[section]}: all as by default."
        self._desk.say("positive", text, "Undo", lambda: self._pick(before), kind="settings reset")

    def _changed(self, keys: Set[str]) -> None:
        style(self._settings)
        if not self._desk.services.settings_slips:
            self._pages.clear_message(FILE)
        if keys & ENGINE:
            self._engine.restart()

    def _show_change(self, keys: Set[str]) -> None:
        self._show()
        if "player.device" in keys:
            self._show_outputs()

    # files

    def _save(self, path: Path) -> None:
        desk = self._desk
        self._settings.write()
        desk.bridge.keep(
            lambda: desk.services.save_luggage(path),
            lambda _: desk.say("positive", f"The settings are saved as {printable(path)}.", kind="luggage"),
            lambda error: desk.complain("The settings were not saved", error),
        )

    def _take(self, path: Path) -> None:
        desk, before = self._desk, self._settings.now

        def taken(loaded: Loaded) -> None:
            odd = [f"{slip.why[:1].upper()}{slip.why[1:]}; {slip.cost}." for slip in loaded.slips]
            level = "warning" if odd else "positive"
            if not loaded.changed:
                desk.say(level, " ".join((f"{printable(path)} changes nothing.", *odd)), kind="luggage")
                return
            self._adopted(before)
            text = f"The settings of {printable(path)} count now."
            desk.say(level, " ".join((text, *odd)), "Undo", lambda: self._back(loaded.before), kind="luggage")

        self._settings.write()
        desk.bridge.keep(
            lambda: desk.services.load_luggage(path),
            taken,
            lambda error: desk.complain("The settings were not loaded", error),
        )

    def _back(self, old: Luggage) -> None:
        desk, before = self._desk, self._settings.now
        desk.bridge.keep(
            lambda: desk.services.adopt_luggage(old),
            lambda _: self._adopted(before),
            lambda error: desk.complain("The settings are as they were loaded", error),
        )

    def _adopted(self, before: Mapping[str, Value] | Any) -> None:
        """Settings, tags and thresholds may all be others."""
        now = self._settings.now
        if now.model != self._desk.services.model:
            self._workshop.models.use(now.model)
        self._settings.changed.emit(frozenset(key for key in SPECS if now[key] != before[key]))
        self._room.map_tags.changed.emit()

    def _open(self, path: Path) -> None:
        open_place(self._desk, path)

    def _open_file(self) -> None:
        """It is written first, so that it is there and has all settings in it."""
        desk = self._desk
        self._settings.write()
        desk.bridge.keep(
            lambda: desk.services.keep_settings({}),
            lambda _: self._open(desk.services.settings_path),
            lambda error: self._open(desk.services.settings_path),
        )


def style(settings: ChangeSettings) -> None:
    """Have the window look as the settings say."""
    now = settings.now
    appearance.use_typeface(now.font)
    appearance.use_density(now.density)
    appearance.use_contrast(now.contrast)
    appearance.use_text(int(now.text))
    appearance.use_motion(now.motion)
    appearance.use(now.theme)
