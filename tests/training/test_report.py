"""Reports on invented runs: what must stand in them, and that nothing can break out of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.errors import UsageFault
from training.__main__ import main
from training.checkpoints import DiskFault
from training.metrics import best_f1, measure, pr_points
from training.published import paper_table, paper_tables, published_results, row_of
from training.report import words as report_words
from training.report import write_report
from training.report.charts import ticks
from training.report.curves import stairs
from training.report.markdown import plain
from training.report.words import HUES, STYLES, shown
from training.results import (
    Budget,
    DataUsed,
    EpochLine,
    ResultFault,
    RunResult,
    read_epochs,
    read_run,
    write_result,
)

HOSTILE = (
    '<script>alert("x")</script>',
    "a|b",
    "`code` *bold* [link](x)",
    "line\nbreak & more",
    "</style>",
    "rare",
)


def invent(
    folder: Path,
    title: str = "2D FCN C=5",
    *,
    budget: Budget = "full",
    data: str = "mtat",
    tags: tuple[str, ...] = HOSTILE,
    seed: int = 1,
    epochs: int = 3,
    table: Any = "2",
    settings: Mapping[str, Any] = {},
) -> RunResult:
    """A finished run whose figures mean nothing."""
    random = np.random.default_rng(seed)
    splits = {}
    for split, clips in (("valid", 60), ("test", 80)):
        labels = (random.random((clips, len(tags))) < 0.3).astype(np.float32)
        labels[:, -1] = 0
        splits[split] = np.clip(random.normal(0.3 + 0.3 * labels, 0.2), 0, 1).astype(np.float32), labels
    thresholds = best_f1(*splits["valid"])
    result = RunResult(
        title=title,
        table=table,
        row=title,
        network=NetworkSpec("fcn2d", 5, 1.0, {"mode": "literal"}),
        parameters=25_183_026,
        multiply_adds=14_900_000_000,
        data=DataUsed(data, {"train": 400, "valid": 60, "test": 80}, "hard"),
        split="public folders, tagged clips",
        budget=budget,
        settings={"learning_rate": 0.001, "seed": seed, "optimiser": "adam", "precision": "auto", **settings},
        hardware="an invented card",
        epochs=epochs,
        seconds_per_epoch=38.04,
        metrics={split: measure(*pair, tags, thresholds, "valid") for split, pair in splits.items()},
        tags=tags,
        precision="bf16-mixed",
    )
    write_result(folder, result, splits)
    lines = [
        {
            "number": number,
            "of": epochs,
            "train_loss": 0.3 / number,
            "valid_loss": 0.4 / number,
            "valid": {
                data: {"roc_auc": 0.5 + number / 100, "pr_auc": 0.2 + number / 100, "top5_overlap": 0.1}
            },
            "seconds": 38.0,
            "waiting": 0.1,
        }
        for number in range(1, epochs + 1)
    ]
    (folder / "epochs.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    return result


@dataclass
class Parsed(HTMLParser):
    """Elements in order, the text, and what was left open."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    hidden: str = ""

    VOID = frozenset({"meta", "br", "link", "img"})
    DRAWN = frozenset({"path", "rect", "circle", "polyline"})

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.DRAWN
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and data.strip():
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(self.words)


def parse(path: Path) -> Parsed:
    parsed = Parsed()
    parsed.feed(path.read_text(encoding="utf-8"))
    parsed.close()
    assert parsed.open == []
    return parsed


def tables_of(text: str) -> list[list[list[str]]]:
    """Markdown's tables as cells; each row must have as many as its head."""
    found: list[list[list[str]]] = []
    previous = ""
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not previous.startswith("|"):
                found.append([])
            found[-1].append(cells)
            assert len(cells) == len(found[-1][0]), line
        previous = line
    for table in found:
        assert all(re.fullmatch(r":--|--:", cell) for cell in table[1])
    return found


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    invent(tmp_path / "big", tags=tuple("abcdef"))
    invent(tmp_path / "small", "1D FCN C=4", tags=tuple("abcdef"), seed=2)
    return tmp_path / "big", tmp_path / "small"


def test_a_comparison_has_every_row_of_the_paper_and_of_ours(pair: tuple[Path, Path], tmp_path: Path) -> None:
    html, markdown = write_report(pair, tmp_path / "out")
    page = parse(html)
    tables = tables_of(markdown.read_text(encoding="utf-8"))
    for number in ("2", "3"):
        for row in paper_table(number).rows:
            for words in (page.text, markdown.read_text(encoding="utf-8")):
                assert row.key in words
                for figure in (row.accuracy, row.pr_auc, row.roc_auc):
                    assert f"{figure:.4f}" in words
    assert "Type B" not in page.text, "none of these networks stands in Table 1"
    first, second = (page.text.index(f"Table {number} of the paper and ours") for number in "32")
    assert first < second, "one of its three rows is missing, and seven of the other's nine"
    beside = {row[0]: row for row in tables[1][2:]}
    result = read_run(pair[0]).result
    ours = result.metrics["valid"]
    assert beside["2D FCN C=5"][2].strip("*") == f"{ours.at_half.accuracy.micro:.4f}"
    assert beside["2D FCN C=5"][4].strip("*") == f"{ours.pr_auc.macro:.4f}"
    assert beside["2D FCN C=4"][-1] == "not run"
    tested = {row[0]: row for row in tables[0][2:]}
    assert tested["2D FCN C=5"][4].strip("*") == f"{result.metrics['test'].pr_auc.macro:.4f}"
    for tag in "abcde":
        assert any(row[0] == tag for table in tables for row in table), tag
    assert not any(row[0] == "f" for table in tables for row in table), "nothing is known of it"
    assert "Left out for want of positives: f." in page.text
    for words in (
        "25,183,026",
        "14.9 G",
        "38.0 s",
        "an invented card",
        "public folders, tagged clips",
        "full budget",
        "bf16-mixed, chosen",
    ):
        assert words in page.text
        assert words in markdown.read_text(encoding="utf-8")


def test_differences_stand_above_the_tables(pair: tuple[Path, Path], tmp_path: Path) -> None:
    page = parse(write_report(pair, tmp_path / "out")[0])
    before = page.text.split("Table 2 of the paper and ours")[0]
    for words in ("400 / 60 / 80 clips", "macro", "micro", "0 to 1", "hard labels", "Left out", "f."):
        assert words in before
    assert "cannot be set against" not in before


def test_other_systems_have_their_sources(pair: tuple[Path, Path], tmp_path: Path) -> None:
    html, markdown = write_report(pair, tmp_path / "out")
    systems = tables_of(markdown.read_text(encoding="utf-8"))[-1]
    expected = [result for result in published_results() if result.data == "MagnaTagATune"]
    assert len(systems) == len(expected) + 2
    assert all(row[-1] for row in systems)
    unconfirmed = [result for result in expected if not result.checked]
    assert sum(row[-1].startswith("Unconfirmed") for row in systems) == len(unconfirmed) > 0
    assert "Harmonic CNN" in parse(html).text


def test_a_smoke_run_says_so_on_its_face(tmp_path: Path) -> None:
    invent(tmp_path / "run", budget="smoke", data="corpus")
    html, markdown = write_report([tmp_path / "run"], tmp_path / "out")
    page = parse(html)
    assert page.words.index("Smoke run on the corpus of free music.") < page.words.index(
        "2D FCN C=5, smoke run: training report", 1
    )
    assert [attributes.get("role") for _, attributes in page.elements].count("note") == 1
    assert "Figures on the corpus of free music cannot be set against the paper's" in page.text
    text = markdown.read_text(encoding="utf-8")
    assert text.index("> **Smoke run on the corpus of free music.**") < text.index("ROC-AUC")
    assert "printed in the paper" not in page.text.split("Learning curves")[1].split("Beside")[0], (
        "no rival picture"
    )

    invent(tmp_path / "real")
    both = write_report([tmp_path / "real", tmp_path / "run"], tmp_path / "both")[0]
    assert "1 of 2 are smoke runs on the corpus of free music: 2D FCN C=5 (run)." in parse(both).text
    assert "smoke run" not in parse(write_report([tmp_path / "real"], tmp_path / "alone")[0]).text.lower()


def test_what_a_budget_changes_stands_on_the_face(tmp_path: Path) -> None:
    told = {"epochs": 2, "clips": 32, "batch_size": 32, "width": 1.0, "dataset": "corpus"}
    invent(tmp_path / "smoke", budget="smoke", data="corpus", settings=told)
    html, markdown = write_report([tmp_path / "smoke"], tmp_path / "out")
    page = parse(html)
    warning = next(words for words in page.words if words.startswith("Changed: "))
    assert warning.startswith("Changed: clips 32, epochs 2. 400 training clips and 3 epochs show")
    assert "Changed: clips 32, epochs 2." in markdown.read_text(encoding="utf-8").split("ROC-AUC")[0]
    invent(tmp_path / "own", "1D FCN C=4", budget="own", settings={"epochs": 7, "learning_rate": 0.01})
    text = parse(write_report([tmp_path / "own"], tmp_path / "second")[0]).text
    assert "tagged clips (400 / 60 / 80 clips). Own training (changed: epochs 7, learning rate 0.01)." in text
    invent(tmp_path / "full", settings={"epochs": 100})
    assert "changed:" not in parse(write_report([tmp_path / "full"], tmp_path / "third")[0]).text


def test_a_table_of_smoke_runs_says_it_once(tmp_path: Path) -> None:
    folders = [tmp_path / "big", tmp_path / "small"]
    for folder, title in zip(folders, ("2D FCN C=5", "1D FCN C=4"), strict=True):
        invent(folder, title, budget="smoke", data="corpus", epochs=1)
    html, markdown = write_report(folders, tmp_path / "out", "Table 2 of the paper")
    text = parse(html).text
    assert text.startswith("Table 2 of the paper: training report")
    assert "All 2 runs are smoke runs on the corpus of free music." in text
    assert "400 training clips and 1 epoch show" in text
    assert "All 2 runs are smoke runs" in markdown.read_text(encoding="utf-8").split("# Table 2")[1][:200]
    assert "2D FCN C=5, smoke run" not in text, "no need to say it at each name"


def test_tags_of_several_vocabularies_stand_apart(tmp_path: Path) -> None:
    tags = tuple(f"mtat/m{number}" for number in range(20))
    tags += ("mtg_jamendo/mood/theme---happy", "mtg_jamendo/genre---rock")
    invent(tmp_path / "run", tags=tags)
    invent(tmp_path / "other", tags=tags, seed=2)
    for folders in ([tmp_path / "run"], [tmp_path / "run", tmp_path / "other"]):
        html, markdown = write_report(folders, tmp_path / "out")
        tables = [t for t in tables_of(markdown.read_text(encoding="utf-8")) if t[0][0] == "Tag"]
        of_jamendo = [t for t in tables if any(row[0] == "mood/theme---happy" for row in t)]
        assert of_jamendo
        assert not any(row[0].startswith("m1") for table in of_jamendo for row in table)
        assert len(tables) == (2 if len(folders) == 1 else 4)
        captions = parse(html).text
        assert "MagnaTagATune, test split" in captions
        assert "MTG-Jamendo, test split" in captions


def test_many_tags_without_positives_are_named_once(tmp_path: Path) -> None:
    tags = tuple(f"t{number:02}" for number in range(30))
    for name in ("one", "two"):
        result = invent(tmp_path / name, tags=tags)
        bare = {split: np.zeros((20, 30), np.float32) for split in ("valid", "test")}
        for labels in bare.values():
            labels[0, :5] = 1
        measured = {split: measure(labels / 2, labels, tags) for split, labels in bare.items()}
        write_result(tmp_path / name, replace(result, metrics=measured))
    text = parse(write_report([tmp_path / "one", tmp_path / "two"], tmp_path / "out")[0]).text
    assert "25 of 30 tags, named under" in text
    named = [
        line for line in text.split("Left out for want of positives")[1:] if line.startswith(": all runs")
    ]
    assert len(named) == 2, "once for each split"
    assert text.count("t07, t08") == 3, "and once above the tags"


def test_names_cannot_break_out(tmp_path: Path) -> None:
    result = invent(tmp_path / "run", table="")
    write_result(tmp_path / "run", replace(result, title="<b>&\"'|", hardware="--> <!--", split="]]>"))
    html, markdown = write_report([tmp_path / "run"], tmp_path / "out")
    page = parse(html)
    assert not {"script", "b ", "iframe"} & {element for element, _ in page.elements}
    assert page.elements.count(("style", {})) == 1
    assert '<script>alert("x")</script>' in page.words
    assert page.words.count("<b>&\"'|: training report") == 2
    text = markdown.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "<b>" not in text
    names = [row[0] for row in tables_of(text)[1][2:]]
    assert plain("a|b") in names
    assert plain("line\nbreak & more") in names
    assert plain("`code` *bold* [link](x)") == r"\`code\` \*bold\* \[link\](x)"


def test_the_page_needs_nothing_else(pair: tuple[Path, Path], tmp_path: Path) -> None:
    html, _ = write_report(pair, tmp_path / "out")
    text = html.read_text(encoding="utf-8")
    assert not re.search(r"https?://|url\(|@import|src=", text)
    page = parse(html)
    policies = [attributes["content"] for _, attributes in page.elements if "http-equiv" in attributes]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]
    links = [attributes["href"] for element, attributes in page.elements if element == "a"]
    targets = [attributes["id"] for element, attributes in page.elements if element == "section"]
    assert links == [f"#{target}" for target in targets]
    for part in ("prefers-color-scheme: dark", "@media print"):
        assert part in text


def test_markdown_shows_the_same_pictures(pair: tuple[Path, Path], tmp_path: Path) -> None:
    invent(tmp_path / "hostile")
    for folders in (pair, [tmp_path / "hostile"]):
        out = tmp_path / f"out{len(folders)}"
        html, markdown = write_report(folders, out)
        text = markdown.read_text(encoding="utf-8")
        linked = re.findall(r"!\[(.+?)\]\((report-[a-z-]+-\d\.svg)\)", text)
        assert sorted(name for _, name in linked) == sorted(path.name for path in out.glob("*.svg"))
        charts = html.read_text(encoding="utf-8").split("<body>")[1]
        drawn = "".join((out / name).read_text(encoding="utf-8") for _, name in linked)
        for kind in ("<polyline", 'class="fill"', 'class="paper-mark" d="M', 'class="chance" d="M'):
            assert charts.count(kind) == drawn.count(kind) > 0, kind
        for name in ("learning-curves", "roc-and-pr-curves", "tags", "calibration", "beside-the-paper"):
            root = ElementTree.parse(out / f"report-{name}-1.svg").getroot()
            words = "".join(root.itertext())
            assert root.tag == "{http://www.w3.org/2000/svg}svg"
            assert ".curve" in words and "--bg" in words, "it needs no other file"
        assert "2D FCN C=5" in words and "printed in the paper" in words, "its legend is drawn in"


def test_pictures_and_tables_can_be_read_aloud(pair: tuple[Path, Path], tmp_path: Path) -> None:
    page = parse(write_report(pair, tmp_path / "out")[0])
    charts = [attributes for element, attributes in page.elements if element == "svg"]
    assert len(charts) > 6
    assert all(chart.get("aria-label") or chart.get("aria-hidden") == "true" for chart in charts)
    counts = {
        name: sum(element == name for element, _ in page.elements) for name in ("table", "caption", "thead")
    }
    assert counts["table"] == counts["caption"] == counts["thead"] > 6
    heads = [attributes for element, attributes in page.elements if element == "th"]
    assert all(head["scope"] in ("col", "row", "colgroup") for head in heads)


def test_what_guessing_reaches_stands_in_a_comparison_too(pair: tuple[Path, Path], tmp_path: Path) -> None:
    html, _ = write_report(pair, tmp_path / "out")
    page = parse(html)
    ours = [read_run(folder).result.metrics["test"] for folder in pair]
    for metrics in ours:
        assert f"guessing {metrics.density:.4f}" in page.words
    assert len([a for element, a in page.elements if element == "path" and a.get("class") == "chance"]) == 20
    drawn = html.read_text(encoding="utf-8").split("PR-AUC of each tag")[2].split("ROC-AUC of each tag")[0]
    tag = max("abcde", key=lambda tag: sum(m.pr_auc.tags["abcdef".index(tag)] or 0 for m in ours))
    first = re.search(r'class="chance" d="M([\d.]+) ', drawn)
    assert first
    expected = 96 * ours[0].positives["abcdef".index(tag)] / ours[0].clips
    assert float(first[1]) == pytest.approx(expected, abs=0.06)


def test_the_papers_network_is_named_where_ours_has_other_outputs(tmp_path: Path) -> None:
    result = invent(tmp_path / "run", "1D FCN C=3")
    write_result(tmp_path / "run", replace(result, parameters=608_022))
    html, markdown = write_report([tmp_path / "run"], tmp_path / "out")
    assert "556,722 with the paper's 50 tags" in parse(html).text
    tables = tables_of(markdown.read_text(encoding="utf-8"))
    size = next(table for table in tables if "Time per epoch" in table[0])
    row = dict(zip(size[0], size[2], strict=True))
    assert (row["Parameters, here"], row["Parameters, paper's 50 tags"]) == ("608,022", "556,722")
    write_result(tmp_path / "run", replace(result, parameters=556_722))
    assert "paper's 50 tags" not in parse(write_report([tmp_path / "run"], tmp_path / "out")[0]).text


def test_the_table_that_was_asked_for_stands_first(tmp_path: Path) -> None:
    keys = [row.key for row in paper_table("3").rows]
    for key in keys:
        invent(tmp_path / key, key, tags=tuple("abc"))
    folders = [tmp_path / key for key in keys]

    def order(page: Path) -> list[str]:
        return re.findall(r"<caption>Table (\d) of", page.read_text(encoding="utf-8"))

    assert order(write_report(folders, tmp_path / "out")[0]) == ["3", "2"], "all its rows are run"
    assert order(write_report(folders, tmp_path / "out", table="2")[0]) == ["2", "3"]
    invent(tmp_path / "more", "1D FCN C=3", tags=tuple("abc"))
    assert order(write_report([*folders, tmp_path / "more"], tmp_path / "out")[0]) == ["2", "3"], (
        "it has them all"
    )


def test_one_run_shows_each_tag_with_its_threshold(tmp_path: Path) -> None:
    result = invent(tmp_path / "run")
    html, markdown = write_report([tmp_path / "run"], tmp_path / "out")
    tags = next(t for t in tables_of(markdown.read_text(encoding="utf-8")) if t[0][0] == "Tag")
    rows = {row[0]: row for row in tags[2:]}
    thresholds = result.metrics["test"].at_best.thresholds
    assert rows[plain("a|b")][4] == f"{thresholds[1]:.4f}"
    assert rows["rare"][2] == "left out"
    assert "At best F1 on validation, threshold" in tags[0]
    page = parse(html)
    faint = [a for element, a in page.elements if element == "polyline" and "faint" in (a["class"] or "")]
    assert len(faint) == 2 * (len(HOSTILE) - 1)
    assert "paper 0.9191" in page.words, "the paper's figure stands in the learning curve"


def test_scores_are_calibrated_on_validation_and_judged_on_test(tmp_path: Path) -> None:
    invent(tmp_path / "a")
    write_report([tmp_path / "a"], tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "## Calibration" in text
    row = next(table for table in tables_of(text) if "Calibration error" in table[0][1])[2]
    scored, calibrated, tags, precision, recall = map(float, row[1:])
    assert calibrated < scored  # its scores say 0.6 where a tag is heard, and 0.3 where not
    assert 0 < tags <= 5  # the sixth is never heard
    assert 0.6 < precision <= 1 and 0 < recall < 1


def test_of_soft_labels_the_report_decides_as_a_card_does(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    splits = {}
    for split in ("valid", "test"):
        heard = random.permuted(np.repeat([[True] * 40 + [False] * 60], 2, axis=0), axis=1).T
        labels = np.where(heard, random.uniform(0.5, 0.9, heard.shape), 0.02).astype(np.float32)
        scores = np.where(heard, random.uniform(0.5, 0.9, heard.shape), 0.1).astype(np.float32)
        splits[split] = scores, labels
    result = invent(tmp_path / "a", tags=("x/common", "x/other"))
    soft = replace(
        result,
        data=replace(result.data, labels="soft"),
        metrics={split: measure(*pair, result.tags) for split, pair in splits.items()},
    )
    write_result(tmp_path / "a", soft, splits)
    text = write_report([tmp_path / "a"], tmp_path / "out")[1].read_text(encoding="utf-8")
    row = next(table for table in tables_of(text) if "Calibration error" in table[0][1])[2]
    assert float(row[3]) == 2, "with a label of 0.5 it is right to say so: precision 0.8 is reached"
    assert [float(value) for value in row[4:]] == pytest.approx([1, 1], abs=0.05)
    assert "saying no to everything scores 0.6000" in text
    assert (
        "for areas and curves a label from the tag's 93 % quantile on is a positive, but none below 0.1; for "
        "decisions and calibration one from 0.35 on is another, and of each tag the highest 3 %, however low."
    ) in text


def test_a_run_without_curves_or_place_in_the_paper(tmp_path: Path) -> None:
    invent(tmp_path / "run", "choi_fcn", table="", epochs=1)
    (tmp_path / "run" / "epochs.jsonl").unlink()
    (tmp_path / "run" / "scores.npz").unlink()
    page = parse(write_report([tmp_path / "run"], tmp_path / "out")[0])
    for title in ("Beside the paper", "Learning curves", "ROC and PR curves"):
        assert title not in page.words
    assert "Published figures of other systems" in page.words


def test_no_run_and_broken_runs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageFault):
        write_report([], tmp_path)
    with pytest.raises(ResultFault, match=r"no result\.json"):
        write_report([tmp_path], tmp_path)
    assert not (tmp_path / "report.html").exists()
    result = invent(tmp_path / "run")
    (tmp_path / "run" / "scores.npz").replace(tmp_path / "out.npz")
    (tmp_path / "run" / "scores.npz").write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(ResultFault, match=r"scores\.npz"):
        read_run(tmp_path / "run")
    damaged = bytearray((tmp_path / "out.npz").read_bytes())
    damaged[len(damaged) // 2] ^= 255
    (tmp_path / "run" / "scores.npz").write_bytes(damaged)
    with pytest.raises(ResultFault, match=r"scores\.npz"):
        read_run(tmp_path / "run")
    np.save(tmp_path / "run" / "one.npy", np.zeros(3))
    (tmp_path / "run" / "one.npy").replace(tmp_path / "run" / "scores.npz")
    with pytest.raises(ResultFault, match=r"scores\.npz"):
        read_run(tmp_path / "run")
    write_result(tmp_path / "run", replace(result, format=2))
    with pytest.raises(ResultFault, match="format 2"):
        read_run(tmp_path / "run")
    write_result(tmp_path / "run", replace(result, tags=tuple("abcdef")))
    with pytest.raises(ResultFault, match="tags of the valid split"):
        read_run(tmp_path / "run")
    (tmp_path / "run" / "result.json").write_text('{"title": 3}')
    with pytest.raises(ResultFault, match=r"result\.json.*title"):
        read_run(tmp_path / "run")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda plain: plain["metrics"].clear(), "the run was measured on no split"),
        (lambda plain: plain["metrics"].update(train=plain["metrics"]["test"]), "on a split 'train'"),
        (
            lambda plain: plain["metrics"]["test"]["positives"].pop(),
            "positives of the test split has 5 values",
        ),
        (
            lambda plain: plain["metrics"]["valid"]["pr_auc"]["tags"].clear(),
            "pr_auc of the valid split has 0",
        ),
        (
            lambda plain: plain["metrics"]["test"]["at_best"]["thresholds"].append(0.5),
            "at_best.thresholds of the test split has 7 values for 6 tags",
        ),
        (lambda plain: plain["metrics"]["test"].update(clips=0), "the test split has no clips"),
    ],
)
def test_a_result_that_contradicts_itself_is_refused_in_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    broken: Callable[[dict[str, Any]], object],
    said: str,
) -> None:
    invent(tmp_path / "run")
    path = tmp_path / "run" / "result.json"
    plain = json.loads(path.read_text(encoding="utf-8"))
    broken(plain)
    path.write_text(json.dumps(plain), encoding="utf-8")
    assert main(["report", str(tmp_path / "run"), "--out", str(tmp_path / "out")]) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert f"{path}: " in line and said in line
    assert not (tmp_path / "out").exists()


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    result = invent(tmp_path / "run")
    run = read_run(tmp_path / "run")
    assert run.result == result
    assert [epoch.number for epoch in run.epochs] == [1, 2, 3]
    assert run.best_epoch == run.epochs[2]
    figures = {"all": {"pr_auc": 1.0}}
    losses = zip(run.epochs, (0.5, 0.3, None), strict=True)
    tied = tuple(replace(epoch, valid=figures, valid_loss=loss) for epoch, loss in losses)
    assert replace(run, epochs=tied).best_epoch == tied[1], "the lowest loss of those that rank alike"
    unranked = tuple(replace(epoch, valid={}) for epoch in tied)
    assert replace(run, epochs=unranked).best_epoch == unranked[1], "as the loop keeps it"
    assert set(run.scores) == {"valid", "test"}
    assert run.scores["test"].scores.shape == (80, len(HOSTILE))
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "epochs.jsonl",
        "result.json",
        "scores.npz",
    ]


def test_epochs_of_resumed_killed_and_chatty_runs(tmp_path: Path) -> None:
    assert read_epochs(tmp_path) == ()

    def line(number: int, loss: float, area: float) -> str:
        figures = {"number": number, "of": 2, "train_loss": 0.5, "valid_loss": loss, "seconds": 1}
        return json.dumps({**figures, "valid": {"m": {"pr_auc": area}}})

    lines = [
        '{"event": "begin", "epoch": 0}',
        line(1, np.nan, np.nan),
        line(1, 0.4, 0.1),
        line(2, np.nan, np.nan),
        '{"number": 3, "of"',
    ]
    path = tmp_path / "epochs.jsonl"
    path.write_text("\n".join(lines))
    first, second = read_epochs(tmp_path)
    assert first == EpochLine(1, 2, 0.5, 0.4, {"m": {"pr_auc": 0.1}}, 1)
    assert second.valid_loss is None
    assert second.mean("pr_auc") is None
    path.write_text("\n".join([lines[-1], *lines]))
    with pytest.raises(ResultFault, match="line 1"):
        read_epochs(tmp_path)


def test_what_the_paper_prints() -> None:
    assert [(table.number, len(table.rows), table.split) for table in paper_tables()] == [
        ("1", 8, "valid"),
        ("2", 9, "valid"),
        ("3", 3, "test"),
    ]
    best = paper_table("3").row("2D FCN C=5")
    assert best is not None
    assert (best.accuracy, best.pr_auc, best.roc_auc) == (0.9425, 0.5207, 0.9182)
    assert {row.key for row in paper_table("3").rows} <= {row.key for row in paper_table("2").rows}
    for result in published_results():
        assert result.source
        assert 0.5 < result.roc_auc < 1
        assert result.pr_auc is None or 0 < result.pr_auc < 1


@pytest.mark.parametrize(
    ("network", "row"),
    [
        (NetworkSpec("fcn2d", 0, 1.0), ("2", "2D FCN C=5")),
        (NetworkSpec("crnn2d", 4, 1.0), ("2", "2D CRNN C=4")),
        (NetworkSpec("experiment1_control", 0, 1.0), ("1", "Control")),
        (NetworkSpec("experiment1_g", 0, 1.0), ("1", "Type G")),
        (NetworkSpec("fcn2d", 5, 0.25), None),
        (NetworkSpec("fcn2d", 7, 1.0), None),
        (NetworkSpec("choi_fcn", 5, 1.0), None),
    ],
)
def test_the_row_of_a_network(network: NetworkSpec, row: tuple[str, str] | None) -> None:
    assert row_of(network) == row


def test_ticks_are_round() -> None:
    assert ticks(0, 1, 5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert ticks(1, 3, 5, whole=True) == [1, 2, 3]
    assert ticks(0.3, 0.3, 5) == [0.3]


def test_the_area_under_the_drawn_precision_is_the_average_precision() -> None:
    from sklearn.metrics import average_precision_score

    random = np.random.default_rng(4)
    positives = random.random(40) < 0.2
    scores = random.random(40).astype(np.float32)
    recalls, precisions = pr_points(scores, positives)
    drawn = np.array(stairs(tuple(zip(recalls.tolist(), precisions.tolist(), strict=True))))
    assert drawn[0, 0] == 0
    area = float((np.diff(drawn[:, 0]) * drawn[1:, 1]).sum())
    assert area == pytest.approx(average_precision_score(positives, scores))


def test_what_is_the_same_for_all_runs_is_said_once(pair: tuple[Path, Path], tmp_path: Path) -> None:
    invent(tmp_path / "short", "1D FCN C=4", budget="short", tags=tuple("abcdef"), seed=3)
    for runs, said in ((pair, False), ((pair[0], tmp_path / "short"), True)):
        _, text = write_report(runs, tmp_path / "out")
        size = text.read_text(encoding="utf-8").split("## Size and time")[1].split("##")[0]
        assert ("Data and split" in size) is said


def test_a_full_disk_leaves_the_report_before(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    invent(tmp_path / "run")
    pages = write_report([tmp_path / "run"], tmp_path / "out")
    before = [path.read_bytes() for path in pages]
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 10, limit[1]))
    try:
        with pytest.raises(DiskFault, match=r"out/report\.html could not be written: File too large"):
            write_report([tmp_path / "run"], tmp_path / "out", "another title")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert [path.read_bytes() for path in pages] == before
    assert not [path for path in (tmp_path / "out").iterdir() if path.suffix not in (".html", ".md", ".svg")]


def test_no_two_of_many_curves_look_the_same(tmp_path: Path) -> None:
    invent(tmp_path / "run")
    looks = {(entry.index % HUES, entry.style) for entry in shown([read_run(tmp_path / "run")] * 30)}
    assert len(looks) == 30
    css = (Path(report_words.__file__).parent / "charts.css").read_text(encoding="utf-8")
    assert all(f".curve.{style} " in css for style in STYLES[1:])
