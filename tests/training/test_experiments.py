"""The paper's tables as data, and settings."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from mat_desktop.networks.registry import build, names, parameter_count
from training.experiments import BUDGETS, EXPERIMENTS, PAPER, budget_of, changed, rows_of
from training.network import input_of
from training.published import paper_table, row_of
from training.runs import multiply_adds
from training.settings import Settings, SettingsFault


def test_every_row_of_the_tables_is_an_experiment() -> None:
    for number in ("1", "2", "3"):
        assert [row.key for row in rows_of(number, [])] == [row.key for row in paper_table(number).rows]
    assert [row.split for row in rows_of("3", [])] == ["test"] * 3
    assert rows_of("2", [])[5].paper.pr_auc == 0.5161


def test_what_a_row_costs_is_what_its_network_computes() -> None:
    for row in EXPERIMENTS:
        if "CRNN" not in row.key:  # to count these takes long
            counted = multiply_adds(row.settings("full").spec, 50) / 1e6
            assert row.cost == round(counted), row.key
        assert row.cost > 0


def test_every_experiment_is_the_network_that_its_row_names() -> None:
    for experiment in EXPERIMENTS:
        settings = experiment.settings("full")
        assert settings.spec.name in names()
        expected = ("2" if experiment.table == "3" else experiment.table, experiment.key)
        assert row_of(settings.spec) == expected


@pytest.mark.parametrize(
    ("network", "layers", "options"),
    [("crnn2d", 4, {"rnn_axis": "time"}), ("experiment1_e", 0, {"growth": "doubling"})],
)
def test_a_network_with_other_options_is_in_no_row(
    network: str, layers: int, options: dict[str, int | str]
) -> None:
    settings = Settings(network=network, layers=layers, width=1.0, options=options)
    assert row_of(settings.spec) is None
    assert row_of(replace(settings, options={}).spec) is not None


def test_a_budget_is_what_the_settings_are() -> None:
    (row,) = rows_of("2", ["1D FCN C=3"])
    full, short = row.settings("full"), row.settings("short")
    assert budget_of(replace(full, seed=9, precision="32-true", dataset="mtat")) == "full"
    assert budget_of(short) == "short"
    assert budget_of(row.settings("smoke")) == "smoke"
    assert budget_of(replace(full, epochs=1)) == "own"
    assert budget_of(replace(full, clips=4)) == "smoke", "so few clips show nothing else"
    assert budget_of(replace(row.settings("smoke"), width=0.5)) == "own", "of no network of the paper"
    usual = replace(rows_of("2", ["2D FCN C=5"])[0].settings("short"), layers=0)
    assert budget_of(usual) == "short", "its usual depth, not spelt out"
    told = asdict(replace(short, batch_size=8))
    assert changed(told) == {"epochs": 10, "batch_size": 8, "patience": 3}


def test_experiments_have_the_papers_settings() -> None:
    settings = rows_of("2", ["2D FCN C=5"])[0].settings("full")
    assert (settings.dropout, settings.optimiser, settings.learning_rate) == (0.5, "adam", 1e-3)
    assert (settings.width, settings.crop_frames, settings.gain_db, settings.mix) == (1, 0, 0, 0)
    assert parameter_count(settings.spec) == 25_183_026
    assert multiply_adds(settings.spec, 50) == pytest.approx(14.9e9, rel=0.01)


def test_a_network_of_table_3_is_that_of_table_2() -> None:
    """So that reproducing one after the other trains it once."""
    for experiment in rows_of("3", []):
        (other,) = rows_of("2", [experiment.key])
        assert other.settings("short").digest() == experiment.settings("short").digest()


def test_budgets_change_only_how_long_it_takes() -> None:
    (experiment,) = rows_of("2", ["1d fcn c=3"])
    for budget, changes in BUDGETS.items():
        settings = experiment.settings(budget, seed=7)
        assert settings == replace(PAPER, network="fcn1d", layers=3, seed=7, **changes)
    assert len({experiment.settings(budget).digest() for budget in BUDGETS}) == 3


def test_rows_are_chosen_by_words() -> None:
    assert [row.key for row in rows_of("2", ["CRNN", "1D FCN C=4"])] == [
        "1D FCN C=4",
        "2D CRNN C=3",
        "2D CRNN C=4",
        "2D CRNN C=5",
    ]
    with pytest.raises(SettingsFault, match="table 1 has no row 'Type H'; it has Control, Type A"):
        rows_of("1", ["Type H"])


def test_settings_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('network = "crnn2d"\nlayers = 4\n[options]\nrnn_axis = "time"\n[reader]\nclips = "all"\n')
    settings = Settings.load(path)
    assert settings == Settings(
        network="crnn2d", layers=4, options={"rnn_axis": "time"}, reader={"clips": "all"}
    )
    saved = tmp_path / "settings.json"
    saved.write_bytes(settings.as_json())
    assert Settings.load(saved) == settings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 3\nwidht = 1.0", r"run\.toml: no setting epoch, widht"),
        ("epochs = 0", r"run\.toml: epochs must be a number from 1 on, not 0"),
        ("learning_rate = inf", r"learning_rate must be in 1e-07\.\.1, not inf"),
        ("learning_rate = 1e9", r"learning_rate must be in 1e-07\.\.1, not 1000000000"),
        ("learning_rate = 0", r"learning_rate must be in 1e-07\.\.1, not 0"),
        ("checkpoint_minutes = inf", "checkpoint_minutes must be a number from 0 on, not inf"),
        ("batch_size = 1_000_000", r"batch_size must be in 1\.\.4096, not 1000000"),
        ("dropout = 1.0", r"dropout must be in 0\.\.0\.95, not 1"),
        ("ema_decay = 1.0", r"ema_decay must be in 0\.\.0\.9999, not 1"),
        ('epochs = "3"', "“epochs” should be a whole number, not a text"),
        ('optimiser = "sgd"', "“optimiser” cannot be “sgd”"),
        ("epochs = ", r"run\.toml: Invalid value"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(SettingsFault, match=message):
        Settings.load(path)
    with pytest.raises(SettingsFault, match="No such file"):
        Settings.load(tmp_path / "none.toml")


def test_a_run_is_named_by_what_changes_its_result() -> None:
    assert Settings().digest() == Settings(checkpoint_minutes=1).digest()
    assert Settings().digest() != Settings(seed=2).digest()
    assert Settings(options={"a": 1, "b": 2}).digest() == Settings(options={"b": 2, "a": 1}).digest()


def test_settings_that_came_later_do_not_rename_earlier_runs() -> None:
    assert Settings().digest() == "124d29f6"  # of runs made before there was an equaliser
    assert Settings(eq_db=4.0).digest() != Settings().digest()


def test_the_depth_is_spelt_out() -> None:
    assert Settings().spec.layers == 5
    assert Settings(network="musicnn").spec.layers == 0
    with pytest.raises(SettingsFault, match="no option 'x'"):
        input_of(Settings(options={"x": 1}))
    for network in names():
        settings = Settings(network=network, width=1.0)
        assert input_of(settings) == build(settings.spec, 1).input
