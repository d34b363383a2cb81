"""docs/extending.md is done as it is written: every file of the page, then its commands."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import linecache
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from layerwise import Denoising, recipes
from layerwise.cli import app as commands
from layerwise.cli import parts
from layerwise.cli.ending import ended
from layerwise.workflows.arms import own_parts

PAGE = (Path(__file__).parents[1] / "docs" / "extending.md").read_text()
BLOCKS = re.findall(r"^## (.*?)$|```(\w+)\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
FILES = {
    code.splitlines()[0][2:]: code
    for _, language, code in BLOCKS
    if language == "python" and code.startswith("# ")
}
SECTIONS = {}
for title, language, code in BLOCKS:
    if title:
        current = title
    elif language == "sh":
        SECTIONS.setdefault(current, []).extend(code.splitlines())


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the files of the page and some data; modules that are imported there are
    forgotten."""
    for name, code in FILES.items():
        (tmp_path / name).write_text(code)
    rng = np.random.default_rng(0)
    people = [
        {"age": float(rng.normal(40, 9)), "city": "ab"[i % 2], "paid": ["no", "yes", None][i % 3]}
        for i in range(90)
    ]
    lines = "\n".join(json.dumps(person) for person in people)
    (tmp_path / "people.lines").write_text(lines + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in FILES:
        sys.modules.pop(name.removesuffix(".py"), None)


def run(line, capsys):
    words = shlex.split(line)
    assert words[0] == "layerwise"
    code = ended(lambda: commands.app(words[1:], standalone_mode=False), as_json=False)
    told = capsys.readouterr()
    assert code == 0, f"{line}\n{told.err}"
    return told.out


def rows_in(name):
    return list(csv.DictReader(io.StringIO(Path(name).read_text())))


def test_the_page_has_a_file_and_a_command_for_each_kind_of_part():
    assert len(FILES) == 6 and len(SECTIONS) == 6
    assert all("--with" in " ".join(lines) for lines in SECTIONS.values())


@pytest.mark.parametrize("title", SECTIONS)
def test_a_part_is_reached_from_the_command(title, place, capsys):
    out = [run(line, capsys) for line in SECTIONS[title]]
    if "objective" in title:
        assert len(rows_in("codes.csv")) == 1797
        assert "pretraining Alike() on Joint(3)" in out[2]
    elif "only encodes" in title:
        assert len(rows_in("answers.csv")) == 1797
        description = json.loads(Path("patched/model/model.json").read_text())
        assert description["pretrainer"]["stack"]["stages"][0]["type"] == "Patched"
    elif "file format" in title:
        assert {row["prediction"] for row in rows_in("paid.csv")} <= {
            "no",
            "yes",
        }
    elif "baseline" in title:
        facts = json.loads(Path("centroid/report.json").read_text())
        assert "nearest centroid" in {row["arm"] for row in facts["summary"]}
    elif "schedule" in title:
        description = json.loads(Path("all/model/model.json").read_text())
        spans = [(r["first"], r["last"]) for r in description["pretrainer"]["history"]]
        assert spans == [(0, 0)] * 2 + [(1, 1)] * 2 + [(0, 1)] * 2
    else:
        assert "wide_autoencoder" in out[1] and "one wide layer, denoised." in out[1]


def test_two_views_learn_and_draw_the_same_bits_again(place):
    sys.path.insert(0, str(place))
    from sklearn.datasets import load_digits
    from two_views import Alike

    from layerwise import Dense, Joint, Pretrainer, Stack

    X = load_digits().data[:200] / 16
    fits = [
        Pretrainer(Stack(Dense(32)), objective=Alike(), schedule=Joint(8), random_state=0).fit(X)
        for _ in range(2)
    ]
    losses = [row["loss"] for row in fits[0].history_]
    assert losses[-1] < losses[0] and not hasattr(fits[0], "score")
    assert np.array_equal(fits[0].transform(X), fits[1].transform(X))


def test_hidden_patches_do_not_reach_the_code_and_layers_have_rates_of_their_own(place):
    sys.path.insert(0, str(place))
    import torch
    from patches import Patched

    from layerwise import At, Pool, Space, Stack, Training
    from layerwise.schedule import Phase
    from layerwise.training.rates import layers_of

    stack = Stack(Patched(2, 8), Pool())
    module = stack.build(Space.of("unit", 1, 4, 4), torch.Generator().manual_seed(0)).eval()
    x = torch.rand(1, 1, 4, 4)
    at = At.of(0).seeing(keep=torch.tensor([[0, 3]]))
    changed = x.clone()
    changed[:, :, :2, 2:] = 9.0  # patch 1, hidden
    with torch.no_grad():
        assert torch.equal(module.encode(x, at), module.encode(changed, at))
        assert not torch.equal(module.encode(x), module.encode(changed))
    training = Training(learning_rate=1.0, layer_decay=0.5)
    rates = [rate for _, rate in layers_of(module, Phase(0, 1, 1), None, training)]
    # the look-up, the layer above, and what else the stage holds; the pool has no parameters
    assert rates == [0.25, 0.5, 0.5]
    listed = Training(learning_rate=1.0, layer_decay=(0.1, 0.2))
    rates = [rate for _, rate in layers_of(module.slice(0, 0), Phase(0, 0, 1), None, listed)]
    assert rates == [0.1, 0.2, 0.2]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("absent.py", None, "There is no file 'absent.py' to take parts from"),
        ("wrong.py", "def (", "'wrong.py' cannot be imported: SyntaxError"),
        ("needs.py", "import nowhere_at_all", "ModuleNotFoundError: No module named"),
        ("json.py", "", "called like the module 'json' that is installed or loaded"),
        ("no_such_module_here", None, "The module 'no_such_module_here' cannot be imported"),
        (
            "taken.py",
            "import layerwise, dataclasses\n@layerwise.register\n@dataclasses.dataclass("
            "frozen=True)\nclass Dense(layerwise.Schedule):\n    def spans(self, depth): return []",
            "'taken.py': The name 'Dense' is taken by layerwise",
        ),
    ],
)
def test_parts_that_cannot_be_had_are_said_in_words(name, code, words, place, capsys):
    if code is not None:
        (place / name).write_text(code)
    line = ["recipes", "--with", name]
    code = ended(lambda: commands.app(line, standalone_mode=False), as_json=False)
    assert code in (1, 2) and words in capsys.readouterr().err


def test_a_file_of_parts_stands_before_no_installed_module(place, capsys):
    (place / "colorsys.py").write_text("raise RuntimeError('not this one')")
    line = ["recipes", "--with", "colorsys.py"]
    assert ended(lambda: commands.app(line, standalone_mode=False), as_json=False) != 0
    assert "called like the module 'colorsys' that is installed" in capsys.readouterr().err
    import colorsys

    assert colorsys.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0.0)


def test_an_installed_package_whose_parts_fail_stops_nothing(place, capsys, monkeypatch):
    class Broken:
        name, value = "broken", "broken.parts"

        def load(self):
            raise ImportError("no such thing")

    monkeypatch.setattr(parts, "entry_points", lambda group: [Broken()])
    run("layerwise recipes", capsys)
    commands.app(["recipes"], standalone_mode=False)
    told = "parts of the installed 'broken' (broken.parts) are left out: ImportError: no such thing"
    assert told in capsys.readouterr().err


def test_a_part_whose_code_changes_is_another_part_for_a_study(place):
    code = "import layerwise, dataclasses\n\n@dataclasses.dataclass(frozen=True, repr=False)\n"
    code += "class Mine(layerwise.Masking):\n    def corrupt(self, x, space, generator):\n"
    code += "        return x * {}, x == x\n"
    found = set()
    for factor in (1, 2, 2):
        (place / "mine_part.py").write_text(code.format(factor))
        spec = importlib.util.spec_from_file_location("mine_part", place / "mine_part.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules["mine_part"] = module
        spec.loader.exec_module(module)
        linecache.clearcache()
        recipe = recipes.deep_autoencoder(widths=[4]).replace(
            "plan.0.objective", Denoising(module.Mine(0.1))
        )
        found.add(tuple(own_parts(recipe)))
        del sys.modules["mine_part"]
    assert len(found) == 2 and own_parts(recipes.deep_autoencoder()) == []
