"""The page of models, on the double."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.app.models import BrokenModel, Model, Trained
from mat_desktop.app.score import Heard
from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault, ModelFault
from mat_desktop.gui.models.row import State
from mat_desktop.gui.operations.arrive import with_verdicts
from mat_desktop.gui.views.models import ModelsPage
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.widgets.controls import Link
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.double_model import CARD


def names(window: Window) -> list[str]:
    models = window.workshop.models_page.models
    return [models.data(models.index(row)) for row in range(models.rowCount())]


def looked_at(page: ModelsPage) -> str:
    model = page.current()
    return model.name if model is not None else ""


def asked(page: ModelsPage) -> list[Link]:
    """What deletes a model, where the page asks whether to."""
    links = page.banners.findChildren(Link)
    return [link for link in links if link.text().startswith("Delete “") and link.isVisible()]


def test_models_are_listed_with_their_cards(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    services.import_model(Path("mine"))
    services.other_models.append(BrokenModel("worn", services.data_dir, "its card is damaged"))
    qtbot.keyClick(library.library.table, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    page = library.workshop.models_page
    assert library.pages.shows(page)
    qtbot.waitUntil(lambda: names(library) == ["double", "mine", "worn"])
    assert page.title.text() == "Double"
    assert page.facts["Data"].text() == "Nothing: a double."
    assert not page.use_button.isEnabled()
    assert not page.remove.isEnabled()
    page.search.setText("voc")
    assert [row[0].text for row in page.tags.rows()] == ["male vocals"]
    page.look_at("mine")  # of which nothing has to be said
    assert not page.why.isVisible()
    page.look_at("worn")
    assert "its card is damaged" in page.why.text()
    assert page.why.isVisible()
    assert not page.use_button.isEnabled()
    assert not page.export.isEnabled()
    assert page.remove.isEnabled()


def test_a_model_in_use_that_is_damaged_says_so_and_the_message_leads_there(
    qtbot: QtBot, library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = BrokenModel("double", services.data_dir, "its digest differs", bundled=True)
    monkeypatch.setattr(services, "models", lambda: [broken])
    library.engine.failed(ModelFault("its digest differs"))
    qtbot.waitUntil(lambda: library.library.banners.texts() != [])
    assert library.library.banners.texts() == ["The model cannot be started: its digest differs"]
    lead = next(
        link for link in library.library.banners.findChildren(Link) if link.text() == "Choose a model"
    )
    lead.click()
    page = library.workshop.models_page
    assert library.pages.shows(page)
    qtbot.waitUntil(lambda: "In use" in page.use_button.text() and page.why.isVisible())
    assert "its digest differs" in page.why.text()
    assert "Until another model is chosen nothing is listened to" in page.why.text()
    assert not page.remove.isEnabled()
    library.engine.works()  # another one does
    assert library.library.banners.texts() == []


def test_a_card_says_what_its_figures_rest_on(qtbot: QtBot, library: Window) -> None:
    page = library.workshop.models_page
    library.pages.show("models")
    figures = {"roc_auc": 0.6667, "pr_auc": 0.3333}
    for positives, shown, said in (
        (3.0, "0.67", "On its test split; few positive clips, so that its figures are rough"),
        (30.0, "0.6667", "On its test split"),
    ):
        tags = tuple(replace(tag, metrics={**figures, "positives": positives}) for tag in CARD.tags)
        page._show_card(replace(CARD, tags=tags, metrics={"test": {"mtat": figures}}), "")
        assert page.measured.text() == said
        assert page.counted.text().endswith("with thresholds, on its validation split")
        assert page.metrics.rows()[0][2].text == shown
        assert page.tags.rows()[0][3].text == shown
    learned = {"verdicts": 60, "agreement_before": 0.8, "agreement_held_out": 0.85}
    page._show_card(replace(CARD, metrics={"corrections": learned}), "")
    assert page.measured.text() == (
        "Corrected by 60 decisions of yours. On tracks left out it agrees with 85% of them, the one before "
        "with 80%."
    )


def test_a_narrow_window_needs_no_scrolling_sideways(qtbot: QtBot, library: Window) -> None:
    library.pages.show("models")
    library.resize(720, 450)
    page = library.pages.view.widget()
    qtbot.waitUntil(lambda: page.minimumSizeHint().width() <= 648)


def test_what_is_refused_says_why(qtbot: QtBot, library: Window) -> None:
    library.pages.show("models")
    library.workshop.models.bring(Path("evil.pt"))
    banners = library.workshop.models_page.banners
    qtbot.waitUntil(lambda: bool(banners.texts()))
    assert banners.texts() == ["The model was not imported: evil.pt may hold code"]


def test_import_choose_export_delete(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    window, page = library, library.workshop.models_page
    window.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: window.tracks.tally().heard == 4)
    window.pages.show("models")
    window.workshop.models.bring(services.data_dir / "mine")
    qtbot.waitUntil(lambda: names(window) == ["double", "mine"])
    page.look_at("mine")
    page.use_button.click()
    qtbot.waitUntil(lambda: services.model == "mine" and not window.bridge.busy)
    # What the other model heard does not count for this one.
    assert window.tracks.tally().heard == 0
    assert window.tracks.counts()[State.NEW] == 4
    assert "4 tracks not heard by it yet" in page.banners.texts()[-1]
    qtbot.waitUntil(lambda: page.use_button.text() == "In use")
    assert not page.remove.isEnabled()

    window.workshop.models.use("double")
    qtbot.waitUntil(lambda: services.model == "double" and not window.bridge.busy)
    qtbot.waitUntil(lambda: looked_at(page) == "double")
    page.look_at("mine")
    qtbot.waitUntil(page.remove.isEnabled)
    target = services.data_dir / "out.zip"
    current = page.current()
    assert current is not None
    page.send.emit(current, target)
    qtbot.waitUntil(target.exists)
    for focus in (page.remove, page.list, page.tags_table):  # asked first, in a banner; Escape says no
        page.remove.click()
        qtbot.waitUntil(lambda: bool(asked(page)))
        focus.setFocus()
        qtbot.keyClick(focus, Qt.Key.Key_Escape)
        assert not asked(page)
    page.remove.setFocus()
    page.remove.click()  # the answer is where the keys are
    qtbot.waitUntil(lambda: bool(asked(page)) and asked(page)[0].hasFocus())
    qtbot.keyClick(asked(page)[0], Qt.Key.Key_Escape)
    assert not asked(page)
    assert names(window) == ["double", "mine"]
    assert page.remove.hasFocus()
    page.remove.click()
    qtbot.waitUntil(lambda: bool(asked(page)) and asked(page)[0].hasFocus())
    qtbot.keyClick(asked(page)[0], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names(window) == ["double"])
    qtbot.waitUntil(lambda: not page.remove.isEnabled())
    assert page.list.hasFocus()


def test_of_models_the_last_word_counts(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    library.pages.show("models")
    page, models = library.workshop.models_page, library.workshop.models
    said = page.banners.texts
    models.bring(Path("evil.pt"))
    qtbot.waitUntil(lambda: said() == ["The model was not imported: evil.pt may hold code"])
    models.bring(Path("mine"))
    qtbot.waitUntil(lambda: said() == ["Imported is imported as “mine”."])
    qtbot.waitUntil(lambda: looked_at(page) == "mine")
    page.remove.click()
    qtbot.waitUntil(lambda: bool(asked(page)))
    assert len(said()) == 1
    page.use_button.click()  # nobody asks any more whether to delete it
    qtbot.waitUntil(lambda: services.model == "mine" and not library.bridge.busy)
    assert all("is in use" in text for text in said())
    models.use("broken")
    qtbot.waitUntil(lambda: any("“broken” cannot be used" in text for text in said()))
    models.use("double")
    qtbot.waitUntil(lambda: services.model == "double" and not library.bridge.busy)
    qtbot.waitUntil(lambda: any("(“double”) is in use" in text for text in said()))
    assert len(said()) == 1


def test_the_card_follows_a_change_that_was_asked_for_elsewhere(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    services.other_models.append(Model("mine", Path("mine"), replace(CARD, name="mine"), bundled=False))
    page = library.workshop.models_page
    library.pages.show("models")
    qtbot.waitUntil(lambda: looked_at(page) == "double")
    library.workshop.models.use("mine")  # on the page of training; it takes a while
    qtbot.waitUntil(lambda: looked_at(page) == "mine" and not library.bridge.busy)
    assert page.use_button.text() == "In use"


def test_use_by_keyboard_leaves_the_focus_at_the_list(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.pages.show("models")
    page = library.workshop.models_page
    library.workshop.models.bring(services.data_dir / "mine")
    qtbot.waitUntil(lambda: names(library) == ["double", "mine"])
    page.look_at("mine")
    page.list.setFocus()
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    assert page.use_button.hasFocus() and not library.bridge.jobs, "nothing is used by a key in a list"
    qtbot.keyClick(page.use_button, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: services.model == "mine" and not library.bridge.busy)
    assert page.list.hasFocus()


def test_the_search_for_a_tag_promises_no_language(qtbot: QtBot, library: Window) -> None:
    library.pages.show("models")
    page = library.workshop.models_page
    qtbot.waitUntil(page.search.isVisible)
    assert (page.search.accessibleName(), page.search.help.isVisible()) == ("Find a tag", False)
    assert library.library.search.help.isVisibleTo(library.library.search)


def test_a_model_that_cannot_be_loaded_leaves_the_one_before(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.pages.show("models")
    library.workshop.models.use("broken")
    banners = library.workshop.models_page.banners
    qtbot.waitUntil(lambda: bool(banners.texts()))
    assert banners.texts() == ["“broken” cannot be used: its weights are damaged"]
    assert services.model == "double"


def test_listening_stops_for_another_model_and_what_is_asked_meanwhile_is_heard_by_it(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    scanned, loaded = threading.Event(), threading.Event()
    scan, use_model = services.scan, services.use_model

    def slow_scan(roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        scanned.wait(10)
        yield from scan(roots, cancel)

    def slow_load(name: str) -> None:
        loaded.wait(10)
        use_model(name)

    services.scan = slow_scan  # type: ignore[method-assign]
    services.use_model = slow_load  # type: ignore[method-assign]
    bridge, new = library.bridge, library.listen.new()
    services.hold.clear()
    library.listen.to(new[:2])
    library.listen.to(new[2:3])
    library.scan.again()
    qtbot.waitUntil(lambda: len([job for job in bridge.jobs if bridge.runs(job)]) == 2)
    before = [job for job in bridge.jobs if job.title == "Listening"]
    library.workshop.models.use("other")
    assert all(job.stopping for job in before)
    qtbot.waitUntil(
        lambda: any(job.title == "Changing the model" and bridge.runs(job) for job in bridge.jobs),
    )
    services.hold.set()
    library.listen.to(new[3:4])
    qtbot.wait(200)
    assert new[3].waits  # while the model loads
    loaded.set()
    qtbot.waitUntil(lambda: new[3].scores is not None)
    assert new[3].scores is not None
    assert services.model == "other"
    assert new[3].scores.model == services.card.digest
    assert not any(row.scores or row.waits for row in new[:3])
    scanned.set()
    qtbot.waitUntil(lambda: not bridge.busy)


def test_a_change_that_is_stopped_before_its_turn_says_nothing(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    loaded, use_model = threading.Event(), services.use_model

    def slow_load(name: str) -> None:
        loaded.wait(10)
        use_model(name)

    services.use_model = slow_load  # type: ignore[method-assign]
    models, banners = library.workshop.models, library.workshop.models_page.banners
    library.pages.show("models")
    models.use("first")
    qtbot.waitUntil(lambda: library.bridge.job is not None)
    models.use("second")
    models.use("third")
    assert banners.texts() == []
    loaded.set()
    qtbot.waitUntil(lambda: not library.bridge.busy)
    assert services.model == "third"
    assert "“third”" in banners.texts()[-1]


def test_pages_show_the_model_in_use_after_a_change_that_was_stopped(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    services.import_model(Path("mine"))
    library.pages.show("settings")
    page_of_settings = library.preferences.page
    with qtbot.waitSignal(page_of_settings.built):
        pass
    combo = page_of_settings.rows["listening.model"].control
    assert isinstance(combo, DropDown)
    library.pages.show("models")
    page = library.workshop.models_page
    qtbot.waitUntil(lambda: names(library) == ["double", "mine"] and combo.count() == 2)
    page.look_at("mine")
    listens = threading.Event()

    def long_track(*arguments: object) -> Iterator[Heard | FileFault]:
        listens.wait(30)  # it is heard to its end although it is asked to stop: the change waits for its turn
        yield from ()

    services.score = long_track  # type: ignore[method-assign]
    library.listen.to(library.listen.new())
    qtbot.waitUntil(lambda: library.bridge.job is not None)
    page.use_button.click()
    combo.pick("mine")
    change = next(job for job in library.bridge.jobs if job.title == "Changing the model")
    library.bridge.stop(change)
    qtbot.waitUntil(page.use_button.isEnabled)
    assert combo.value == "double"
    listens.set()
    qtbot.waitUntil(lambda: not library.bridge.busy)
    assert services.model == "double"


def test_a_change_counts_tracks_whether_the_model_has_heard_them_or_not(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: library.tracks.tally().heard == 4 and not library.bridge.busy)
    tracks = len([row for row in library.tracks.rows() if row.track is not None])
    library.workshop.models.use("other")
    change = next(job for job in library.bridge.jobs if job.title == "Changing the model")
    qtbot.waitUntil(lambda: not library.bridge.busy)
    assert (change.done, change.total) == (tracks, tracks)


def test_scores_of_a_model_that_is_in_use_no_more_are_not_taken(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    """A scan looked them up before the change, and hands them over after it."""
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: library.tracks.tally().heard == 4 and not library.bridge.busy)
    late = [known.path for known in services.heard.values()]
    arrived = [with_verdicts(services, known, 0.0) for known in services.heard.values()]
    library.workshop.models.use("other")
    qtbot.waitUntil(lambda: services.model == "other" and not library.bridge.busy)
    library.scan.found(arrived)
    rows = [row for path in late if (row := library.tracks.row(path)) is not None]
    assert len(rows) == 4
    assert not any(row.scores for row in rows)


def test_a_search_that_finds_nothing_says_so(qtbot: QtBot, library: Window) -> None:
    library.pages.show("models")
    page = library.workshop.models_page
    qtbot.waitUntil(lambda: page.tags.rowCount() > 0)
    before = page.tags_table.viewport().grab().toImage()
    page.search.setText("polka")
    assert page.tags_table.nothing == "No tag fits “polka”"
    shown = page.tags_table.viewport().grab().toImage()
    page.tags_table.nothing = ""
    assert shown != before
    assert page.tags_table.viewport().grab().toImage() != shown


def test_no_part_of_the_page_is_ever_a_window_of_its_own(qtbot: QtBot) -> None:
    shown: list[str] = []

    class Seen(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                shown.append(type(watched).__name__)
            return False

    app, seen = QApplication.instance(), Seen()
    assert app is not None
    app.installEventFilter(seen)
    try:
        qtbot.addWidget(ModelsPage())
    finally:
        app.removeEventFilter(seen)
    assert shown == []


def test_after_a_change_listening_and_the_way_back_are_offered(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.pages.show("models")
    library.listen.to(library.listen.new())
    qtbot.waitUntil(lambda: not library.bridge.busy and library.tracks.tally().new == 0, timeout=10_000)
    heard = len([row for row in library.tracks.rows() if row.scores is not None])
    assert heard
    library.workshop.models.use("other")
    banners = library.workshop.models_page.banners
    qtbot.waitUntil(lambda: not library.bridge.busy and bool(banners.texts()), timeout=10_000)
    banner = banners.findChildren(Banner)[-1]
    assert "not heard by it yet; what you decided is kept" in banner.text
    assert [link.text() for link in banner.links] == ["Listen", "Back to double"]
    banner.links[1].click()
    qtbot.waitUntil(lambda: services.model == "double" and not library.bridge.busy, timeout=10_000)
    banner = banners.findChildren(Banner)[-1]
    banner.links[0].click()
    qtbot.waitUntil(lambda: not library.bridge.busy and library.tracks.tally().new == 0, timeout=10_000)


def test_a_model_that_is_here_already_is_not_said_to_be_imported(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.pages.show("models")
    banners = library.workshop.models_page.banners
    for said in ("is imported as “mine”", "is here already, as “mine”; nothing was imported"):
        library.workshop.models.bring(Path("mine"))
        qtbot.waitUntil(lambda said=said: said in "".join(banners.texts()))


def test_the_page_opens_on_the_model_in_use_and_shows_one_that_is_imported(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    page = library.workshop.models_page
    library.pages.show("models")
    made = Trained("Rock library", "2026-11-28 14:05")
    library.workshop.models.bring(Path("mine"), trained=made)
    qtbot.waitUntil(lambda: looked_at(page) == "mine")
    assert page.facts["Made"].text().endswith("on this computer, with Rock library")
    assert "trained here" in page.models.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    library.pages.show("library")
    library.pages.show("models")
    qtbot.waitUntil(lambda: looked_at(page) == "double")
    library.pages.show("library")
    library.workshop.models.use("mine")
    qtbot.waitUntil(lambda: page.models.chosen == "mine")
    library.pages.show("models")
    assert looked_at(page) == "mine"


def test_what_is_in_use_no_more_is_not_said_to_be_on_another_page(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    services.other_models.append(Model("mine", Path("mine"), replace(CARD, name="mine"), bundled=False))
    library.pages.show("training")
    there = library.pages.current.banners
    library.workshop.models.use("mine")
    qtbot.waitUntil(lambda: any("(“mine”) is in use." in text for text in there.texts()))
    library.pages.show("models")
    library.workshop.models.use("double")
    qtbot.waitUntil(lambda: services.model == "double" and not library.bridge.busy)
    assert there.texts() == []
    here = library.pages.current.banners
    qtbot.waitUntil(lambda: any("(“double”) is in use." in text for text in here.texts()))
    library.workshop.models.delete("mine")
    qtbot.waitUntil(lambda: here.texts() == ["“mine” is deleted."])  # no way back to it


def test_that_tracks_are_not_heard_yet_is_said_until_they_are(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    services.other_models.append(Model("mine", Path("mine"), replace(CARD, name="mine"), bundled=False))
    library.pages.show("training")
    there = library.pages.current.banners
    library.workshop.models.use("mine")
    qtbot.waitUntil(lambda: any("not heard by it yet" in text for text in there.texts()))
    library.listen.to(library.listen.new())
    qtbot.waitUntil(lambda: not library.tracks.tally().new and not library.bridge.busy, timeout=10_000)
    assert there.texts() == []


@pytest.mark.parametrize("doubtful", ["smoke", "guesses"])
@pytest.mark.parametrize("place", ["page", "comparison", "settings"])
def test_a_model_whose_tags_say_nothing_is_used_only_after_a_question(
    qtbot: QtBot, library: Window, services: FakeServices, place: str, doubtful: str
) -> None:
    smoke = {"command": "python -m training reproduce --table 2 --budget smoke", "settings": {"clips": 16}}
    poor, fair = ({"valid": {"mtat": {"roc_auc": roc}}} for roc in (0.4, 0.6))
    how, metrics = (smoke, {}) if doubtful == "smoke" else ({}, poor)
    for name, training, figures in (("smoke", how, metrics), ("good", {}, fair)):
        card = replace(CARD, name=name, training=training, metrics=figures)
        services.other_models.append(Model(name, services.data_dir, card, bundled=False))
    library.pages.show("models")
    page, banners = library.workshop.models_page, library.workshop.models_page.banners
    qtbot.waitUntil(lambda: page.models.rowCount() == 3)
    if place == "settings":
        library.pages.show("settings")
        banners = library.preferences.page.banners

    def use(name: str) -> None:
        if place == "settings":
            library.preferences.page.picked.emit("listening.model", name)
        elif place == "comparison":
            page.comparison.use.emit(name)
        else:
            page.look_at(name)
            page.use_button.click()

    use("smoke")
    qtbot.waitUntil(lambda: bool(banners.texts()))
    why = "16 clips only" if doubtful == "smoke" else "ROC-AUC of 0.40, where chance has 0.50"
    assert why in banners.texts()[0]
    assert QApplication.focusWidget() is banners.findChildren(Banner)[-1].action
    assert services.model == "double"
    assert banners.escape()
    if place == "page":
        qtbot.waitUntil(page.use_button.isEnabled)
    use("smoke")
    qtbot.waitUntil(lambda: bool(banners.texts()))
    banners.findChildren(Banner)[-1].action.click()
    qtbot.waitUntil(lambda: services.model == "smoke" and not library.bridge.busy)
    use("good")
    qtbot.waitUntil(lambda: services.model == "good")
