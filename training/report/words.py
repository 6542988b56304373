"""How a report names runs, data and sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.experiments import changed, row_named
from training.metrics import LOWEST_POSITIVE, QUANTILE, RARE_QUANTILE, SURELY_POSITIVE, Decisions, Metrics
from training.results import Budget, DataUsed, Run, RunResult, Scores

PAPER_DATA = "MagnaTagATune"

BUDGETS: dict[Budget, str] = {
    "full": "full budget",
    "short": "short budget",
    "smoke": "smoke run",
    "own": "own training",
}
SPLITS = {"valid": "validation", "test": "test"}

_DATA = {
    "mtat": PAPER_DATA,
    "magnatagatune": PAPER_DATA,
    "jamendo": "MTG-Jamendo",
    "mtg": "MTG-Jamendo",
    "msd": "Million Song Dataset",
    "corpus": "corpus of free music",
}
"""Full names, by the first word of the short name of a data set or vocabulary."""


HUES = 8
STYLES = ("solid", "dashed", "dotted", "dash-dotted")
MOST_BUDGETS = 3
"""So many budgets are told with all that they change; of more only the names."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A run in a report.

    :param label: its name there; that of a smoke run says so, unless all of several runs are
    :param index: its place, which gives its colour
    """

    run: Run
    label: str
    index: int

    @property
    def split(self) -> str:
        """The test split, or the validation split of a run that was not tested."""
        return "test" if "test" in self.run.result.metrics else "valid"

    @property
    def metrics(self) -> Metrics:
        """Of :attr:`split`."""
        return self.run.result.metrics[self.split]

    @property
    def scores(self) -> Scores | None:
        """Of :attr:`split`, if they were kept."""
        return self.run.scores.get(self.split)

    @property
    def style(self) -> str:
        """Of its curves: hues repeat after eight, each time with other dashes."""
        return STYLES[self.index // HUES % len(STYLES)]


def shown(runs: Sequence[Run]) -> list[Shown]:
    """The runs with their labels; the folder parts two of the same title."""
    counts = Counter(run.result.title for run in runs)
    smoke = [run.result.budget == "smoke" for run in runs]
    said_above = len(runs) > 1 and all(smoke)
    labelled = []
    for index, run in enumerate(runs):
        label = run.result.title
        if counts[label] > 1:
            label += f" ({run.folder.resolve().name})"
        labelled.append(
            Shown(run, f"{label}, smoke run" if smoke[index] and not said_above else label, index)
        )
    return labelled


def comparable(entries: Sequence[Shown]) -> bool:
    """Whether one of several figures may be called the best: same data and split, and no smoke run."""
    return len(entries) > 1 and all(
        entry.run.result.budget != "smoke"
        and entry.run.result.data == entries[0].run.result.data
        and entry.run.result.split == entries[0].run.result.split
        for entry in entries
    )


def papers_parameters(result: RunResult) -> int | None:
    """Of the paper's network, which has 50 outputs where ours may have others; None if it is in no table."""
    row = row_named(result.table, result.row)
    return row.parameters if row else None


def changes_words(result: RunResult) -> str:
    """Settings that are other than in a full run of the paper's row; empty for a network of no row."""
    if row_named(result.table, result.row) is None:
        return ""
    return listed_changes(changed(result.settings))


def listed_changes(changes: Mapping[str, Any]) -> str:
    """Settings and their values, one after another."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in changes.items())


def budgets_words(results: Iterable[RunResult]) -> str:
    """The budgets of runs, each with what it changes of the paper's rows."""
    found: dict[str, None] = {}
    for result in results:
        changes = changes_words(result)
        found[f"{BUDGETS[result.budget]}{f' (changed: {changes})' if changes else ''}"] = None
    if len(found) > MOST_BUDGETS:
        found = {words.partition(" (")[0]: None for words in found}
    return " and ".join(found)


def data_words(run: Run) -> str:
    """Data, labels and split with its sizes."""
    result = run.result
    return (
        f"{full_name(result.data)}, {len(result.tags)} tags, {result.data.labels} labels; "
        f"split: {result.split} ({clips_words(result.data)})"
    )


def clips_words(data: DataUsed) -> str:
    """Clips of the splits, in their order."""
    known = [f"{data.clips[split]:,}" for split in ("train", "valid", "test") if split in data.clips]
    return f"{' / '.join(known)} clips"


def full_name(data: DataUsed) -> str:
    """Of a data set that has one."""
    return named_data(data.name)


def named_data(name: str) -> str:
    """The full name of a data set or vocabulary that has one, else its short one."""
    return _DATA.get(name.lower().replace("_", "-").split("-")[0], name)


def vocabularies(tags: Iterable[str]) -> dict[str, dict[str, str]]:
    """Names of the tags within their vocabulary, by its full name and the tag's own.

    Tags without vocabularies belong to one without a name.
    """
    parts = {tag: tag.partition("/") for tag in tags}
    if not all(slash for _, slash, _ in parts.values()):
        return {"": {tag: tag for tag in parts}}
    found: dict[str, dict[str, str]] = {}
    for tag, (vocabulary, _, name) in parts.items():
        found.setdefault(named_data(vocabulary), {})[tag] = name
    return found


def tag_words(tags: Iterable[str]) -> str:
    """Tags one after another, by vocabulary where there are several."""
    known = vocabularies(tags)
    listed = {title: ", ".join(names.values()) for title, names in known.items()}
    return "; ".join(f"{title}: {names}" if len(known) > 1 else names for title, names in listed.items())


def chosen_words(decisions: Decisions) -> str:
    """Where best-F1 thresholds come from."""
    return f"best F1 on {SPLITS.get(decisions.chosen_on, decisions.chosen_on) or 'the same clips'}"


def label_words(entries: Iterable[Shown]) -> str:
    """Which soft labels are positives, as a further sentence; empty where all labels are hard."""
    if all(entry.run.result.data.labels == "hard" for entry in entries):
        return ""
    return (
        f" Soft labels: for areas and curves a label from the tag's {QUANTILE * 100:.0f} % quantile on is a "
        f"positive, but none below {LOWEST_POSITIVE}; for decisions and calibration one from "
        f"{SURELY_POSITIVE} on is another, and of each tag the highest {100 - RARE_QUANTILE * 100:.0f} %, "
        "however low."
    )


def network_words(run: Run) -> str:
    """Name, depth, width and options."""
    network = run.result.network
    words = [network.name]
    if network.layers:
        words.append(f"{network.layers} layers")
    if network.width != 1:
        words.append(f"width {network.width:g}")
    return ", ".join([*words, *(f"{name} {value}" for name, value in network.options.items())])


def large(count: int) -> str:
    """A large number with three digits and a unit."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            digits = 2 if count < 9.995 * size else 1 if count < 99.95 * size else 0
            return f"{count / size:,.{digits}f} {unit}"
    return str(count)


def duration(seconds: float) -> str:
    """Seconds, minutes or hours."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"
