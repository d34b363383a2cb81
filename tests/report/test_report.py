"""The report: complete without the network, unmoved by any text, and calm about what is missing."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from layerwise.report import render, write_report
from layerwise.report.formats import clean
from layerwise.report.pixels import as_images

NAN = float("nan")
SECTIONS = {
    "comparison": "comparison",
    "history": "history",
    "pictures": "pictures",
    "table_reconstruction": "table",
    "codes": "codes",
    "confusion": "confusion",
    "residuals": "residuals",
    "transfer": "transfer",
    "data": "data",
    "run": "run",
    "seconds": "seconds",
}


def history(phases: int, epochs: int = 3) -> list[dict[str, Any]]:
    return [
        {
            "step": 0,
            "phase": p,
            "epoch": e,
            "epochs": epochs,
            "objective": "Denoising",
            "first": p,
            "last": p,
        }
        | {
            "loss": 2.0 / (e + 1),
            "validation": 2.1 / (e + 1),
            "seconds": 0.5,
            "rows_per_second": 1000.0,
        }
        for p in range(phases)
        for e in range(epochs)
    ]


def make_facts() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "title": "Digits",
        "version": "0.1.0",
        "command": "layerwise fit digits.csv",
        "headline": {
            "kind": "helps",
            "text": "Pretraining took the test error from 7.3 % to 5.9 %.",
        },
        "data": {
            "name": "digits",
            "rows": 1797,
            "labels": 100,
            "test_rows": 360,
            "features": 64,
            "task": "classification",
        }
        | {
            "unlabelled": 1697,
            "classes": ["zero", "one", "two"],
            "target": "digit",
            "notes": ["a note", "another note"],
        },
        "comparison": {
            "metric": "accuracy",
            "higher_is_better": True,
            "rows": [
                {"arm": "pretrained", "value": 0.941, "seconds": 3.0},
                {"arm": "random start", "value": 0.927},
            ],
            "flags": ["a flag"],
            "draws": [
                {"seed": 0, "pretrained": 0.9, "random_start": 0.85},
                {"seed": 1, "pretrained": 0.91, "random_start": 0.88},
            ],
            "difference": {"mean": 0.04, "low": 0.01, "high": 0.07, "draws": 2},
        },
        "run": {
            "recipe": "denoising",
            "stack": "Stack(Dense(32))",
            "plan": ["(Denoising(), Greedy(3))"],
            "finetune": ["(Supervised())"],
        }
        | {
            "seed": 0,
            "parameters": 1234,
            "settings": {"device": "cpu"},
            "versions": {"torch": "2.13"},
            "machine": "two cores",
        },
        "history": {
            "pretraining": history(2),
            "finetuning": {"pretrained": history(1), "random start": history(1)},
        },
        "pictures": {
            "image_shape": (1, 8, 8),
            "originals": rng.random((4, 1, 8, 8)),
            "corrupted": rng.random((4, 1, 8, 8)),
            "reconstructions": rng.random((4, 1, 8, 8)),
            "filters": rng.normal(size=(6, 1, 8, 8)),
            "filter_note": "the first stage",
        },
        "table_reconstruction": {
            "columns": ["age", "kind"],
            "original": [[1.5, "brick"]],
            "reconstruction": [[1.4, "wood"]],
        },
        "codes": {
            "method": "PCA",
            "points": rng.normal(size=(9, 2)),
            "labels": ["zero", "one", "two"] * 3,
            "tsne": rng.normal(size=(9, 2)),
        },
        "confusion": {
            "classes": ["zero", "one", "two"],
            "matrix": [[9, 1, 0], [2, 8, 0], [0, 0, 7]],
            "rows": "true",
            "columns": "predicted",
        },
        "residuals": {"true": [1.0, 2.0], "predicted": [1.1, 1.8]},
        "transfer": [{"layer": "stage 1", "start_difference": 0.0, "moved": 0.12}],
        "seconds": {"pretrain": 3.0, "finetune": 1.0, "random_start": 1.0, "report": 0.2},
    }


class Page(HTMLParser):
    """What a page is made of: its tags with the names of their attributes, the attributes' values,
    and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.skeleton: list[Any] = []
        self.values: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skeleton.append((tag, tuple(name for name, _ in attrs)))
        self.values += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self.skeleton.append("/" + tag)

    def handle_comment(self, data: str) -> None:
        self.skeleton.append("comment")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page() -> str:
    return render(make_facts())


def test_page_names_no_external_address_and_holds_no_script(page: str) -> None:
    parsed = Page(page)
    tags = {item[0] for item in parsed.skeleton if isinstance(item, tuple)}
    assert not tags & {"script", "link", "iframe", "object", "embed", "base", "form", "a"}
    assert "//" not in re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", page)
    for tag, name, value in parsed.values:
        assert not name.startswith("on")
        if name in ("src", "href", "xlink:href"):
            assert value.startswith(("data:image/png;base64,", "#")), (tag, name)
        if name not in ("title", "aria-label"):
            assert "url(" not in value.replace("url(#", "")
    assert "@import" not in page


def test_page_has_a_content_security_policy_before_anything_else_can_load(page: str) -> None:
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', page)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "script" not in policy[1]
    assert policy.start() < page.index("<style>")


def test_ids_are_unique_and_references_are_met(page: str) -> None:
    values = Page(page).values
    ids = [value for _, name, value in values if name == "id"]
    assert len(ids) == len(set(ids))
    asked = {
        found for _, _, value in values for found in re.findall(r"^#(\S+)$|url\(#([^)]+)\)", value)
    }
    assert {a or b for a, b in asked} <= set(ids)


def test_first_screen_answers_whether_by_how_much_and_on_what(page: str) -> None:
    text = Page(page).text
    top = text[: text.index("Learning curves")]
    for words in (
        "Digits",
        "It helped",
        "from 7.3 % to 5.9 %",
        "1,797",
        "94.10 %",
        "92.70 %",
        "+4.00 points",
    ):
        assert words in top


def test_plots_take_the_colours_of_the_page(page: str) -> None:
    assert "var(--first)" in page
    assert not re.search(r"#0([1-6])(0\1){2}", page)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_missing_section_is_left_out(section: str) -> None:
    facts = make_facts()
    facts[section] = None
    if section == "run":
        facts["command"] = None
    ids = {
        value for tag, name, value in Page(render(facts)).values if (tag, name) == ("section", "id")
    }
    assert ids == set(SECTIONS.values()) - {SECTIONS[section]}


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_stands_alone(section: str) -> None:
    ids = [
        value
        for tag, name, value in Page(render({section: make_facts()[section]})).values
        if (tag, name) == ("section", "id")
    ]
    assert ids == [SECTIONS[section]]


def test_no_facts_make_a_page() -> None:
    assert "<section" not in render({})
    assert "<section" not in render(dict.fromkeys(make_facts()))
    empty = {key: type(value)() for key, value in make_facts().items()}
    assert "<section" not in render(empty)


def emptied(value: Any, of: Any) -> Any:
    """Return the same structure with every number (or every text, or every list) replaced by an
    empty one."""
    if isinstance(value, dict):
        return {key: emptied(item, of) for key, item in value.items()}
    if of is list and isinstance(value, (list, np.ndarray)):
        return []
    if isinstance(value, np.ndarray):
        return np.full_like(value, NAN) if of is float else value
    if isinstance(value, (list, tuple)):
        return [emptied(item, of) for item in value]
    if of is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return NAN
    return "" if of is str and isinstance(value, str) else value


@pytest.mark.parametrize("of", [float, str, list])
def test_nan_empty_text_and_empty_lists_do_not_break(of: Any, tmp_path: Any) -> None:
    facts = emptied(make_facts(), of)
    facts["pictures"]["image_shape"] = (1, 8, 8)
    html = write_report(facts, tmp_path).read_text("utf-8")
    assert not re.search(r"\bnan\b|\bNone\b", Page(html).text)


@pytest.mark.parametrize(
    "leave_out", ["rows", "metric", "draws", "difference", "flags", "higher_is_better"]
)
def test_comparison_needs_none_of_its_keys(leave_out: str) -> None:
    facts = make_facts()["comparison"]
    del facts[leave_out]
    assert 'id="comparison"' in render({"comparison": facts})


def test_lower_is_better_turns_best_around() -> None:
    rows = [{"arm": "pretrained", "value": 1.2}, {"arm": "random start", "value": 1.5}]
    html = render(
        {
            "comparison": {
                "metric": "rmse",
                "higher_is_better": False,
                "rows": rows,
                "flags": [],
                "draws": None,
            }
        }
    )
    row = re.search(r'num best">1.200</td><td><span class="track">(.*?)</span>', html)
    marks = re.findall(r'<i class="end" style="left:([\d.]+)%">([\d.]+)</i>', html)
    assert row and '<i style="left:100.0%">' in row[1]
    assert marks == [("0.0", "1.5"), ("100.0", "1.2")]
    assert "lower is better" in html


def test_many_classes_become_the_most_confused_pairs() -> None:
    size = 300
    names = [f"a class with a long name, number {i}" for i in range(size)]
    matrix = np.eye(size, dtype=int) * 50
    matrix[7, 9] = 40
    points = np.random.default_rng(0).normal(size=(size, 2))
    html = render(
        {
            "confusion": {"classes": names, "matrix": matrix},
            "codes": {"points": points, "labels": names},
        }
    )
    assert "The most confused pairs of 300 classes" in html
    assert "44.44 %" in html
    assert "and 270 more" in html


def test_amounts_are_coloured_along_a_ramp() -> None:
    html = render(
        {"codes": {"points": np.eye(2), "labels": [1.5, 20.25]}, "data": {"task": "regression"}}
    )
    assert "20.25" in html
    assert 'class="ramp"' in html


def test_codes_without_any_label_need_no_legend() -> None:
    html = render({"codes": {"points": np.eye(2), "labels": ["", ""]}})
    assert 'class="sign"' not in html and "The codes of 2 rows" in html


@pytest.mark.parametrize("shape", [(3, 4, 4), (1, 300, 20), (2, 5, 5)])
def test_pictures_of_any_shape_and_range(shape: tuple[int, int, int]) -> None:
    images = np.random.default_rng(0).normal(size=(3, *shape)) * 1e6
    part = {
        "image_shape": shape,
        "originals": images.reshape(3, -1),
        "reconstructions": images,
        "filters": np.zeros((2, *shape)),
    }
    assert render({"pictures": part}).count("data:image/png") == 8


def test_flat_pictures_without_a_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Pictures of shape \(3, 64\) need an 'image_shape'"):
        as_images(np.zeros((3, 64)))


def test_page_of_many_points_stays_small(tmp_path: Any) -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(5000, 2))
    facts = {
        "codes": {"points": points, "labels": [str(i % 10) for i in range(5000)], "tsne": points}
    }
    page = write_report(facts, tmp_path)
    assert page.stat().st_size < 3_000_000
    assert page.with_suffix(".json").stat().st_size < 1_000_000


def test_the_same_facts_give_the_same_page(page: str) -> None:
    assert render(make_facts()) == page


def test_json_twin_is_strict_and_small(tmp_path: Any) -> None:
    facts = make_facts()
    facts["comparison"]["rows"].append({"arm": "broken \ud800\x00", "value": NAN})
    facts["comparison"]["difference"]["low"] = math.inf
    before = facts["pictures"]["originals"].copy()

    def refuse(name: str) -> None:
        raise AssertionError(name)

    page = write_report(facts, tmp_path / "new" / "folder")
    assert page == tmp_path / "new" / "folder" / "report.html"
    twin = json.loads(page.with_suffix(".json").read_text("utf-8"), parse_constant=refuse)
    assert twin["pictures"]["originals"] == {"shape": [4, 1, 8, 8]}
    assert twin["pictures"]["image_shape"] == [1, 8, 8]
    assert len(twin["codes"]["points"]) == 9
    assert twin["comparison"]["rows"][2] == {"arm": "broken \ufffd\ufffd", "value": None}
    assert set(twin) == set(facts)
    assert (facts["pictures"]["originals"] == before).all()


def test_rendering_leaves_matplotlib_as_it_was() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    render({"residuals": {"true": [1.0, 2.0], "predicted": [1.0, 2.5]}})
    assert dict(matplotlib.rcParams) == before


def test_clean_keeps_ordinary_text() -> None:
    text = "Käse, 漢字, عربي, 🙂\n\ttab $x^2$ <b>"
    assert clean({text: [text, 1, None]}) == {text: [text, 1, None]}


def test_a_log_scale_of_less_than_two_decades_has_labels_that_do_not_overlap():
    from layerwise.report.plots import Line, curves

    values = [0.2 * 0.0425 ** (i / 59) for i in range(60)]  # from 0.2 to 0.0085
    svg = str(curves("loss", "loss by epoch", [Line(list(range(60)), values)]))
    assert ">0.05<" in svg and ">0.02<" in svg
    assert ">0.009<" not in svg and ">0.09<" not in svg


def test_what_is_told_beside_the_loss_is_drawn_with_its_words():
    from layerwise.report.learning import history

    rows = [{"step": 0, "phase": 0, "objective": "SimCLR", "first": 0, "last": 1, "loss": 1.0}] * 3
    told = [row | {"spread": 0.9, "knn": 0.5 + i / 10} for i, row in enumerate(rows)]
    shown = history({"pretraining": told, "finetuning": {"pretrained": [{"loss": 1.0}] * 2}})
    (signal,) = shown["signals"]
    assert signal["name"] == "pretraining"
    assert [words for words, _, _ in signal["looks"]] == [
        "nearest neighbours on the labelled rows",
        "spread of the embeddings",
    ]
    assert "<svg" in signal["plot"]


def test_losses_of_two_objectives_are_two_curves(monkeypatch):
    from layerwise.report import learning

    drawn = []
    monkeypatch.setattr(
        learning.plots, "curves", lambda name, label, lines, *rest: drawn.extend(lines)
    )
    rows = [{"objective": "Supervised", "loss": 1.0}] * 4 + [{"objective": "FixMatch", "loss": 0.1}]
    learning.history({"finetuning": {"pretrained": rows}})
    assert [line.epochs for line in drawn] == [[1.0, 2.0, 3.0, 4.0], [5.0]]
