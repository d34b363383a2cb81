"""A study from end to end with arms of scikit-learn: paired, resumed, widened, killed, on several
workers."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from layerwise import ModelError, ParameterError, Study
from layerwise.evaluation import EstimatorArm, baselines, judge, metric_named, run_study, tables
from layerwise.evaluation.arms import described
from layerwise.evaluation.store import trial_key
from layerwise.evaluation.workers import threads_each

SMALL = Study((6, 20, 40), 3)


class Deadly(ClassifierMixin, BaseEstimator):
    """Kills the process that fits it, unless a file says that it has done so already."""

    def __init__(self, mark=None):
        self.mark = mark

    def fit(self, X, y):
        if self.mark is None or not Path(self.mark).exists():
            if self.mark is not None:
                Path(self.mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        self.classes_, self.most_ = np.unique(y), np.bincount(y).argmax()
        return self

    def predict(self, X):
        return np.full(len(X), self.most_)


class Wrong(Deadly):
    """Raises."""

    def fit(self, X, y):
        raise RuntimeError("no luck")


def values(outcome):
    """Return all that a study measured, without times and memory."""
    keep = ("arm", "labels", "draw", "value", "setting", "macro_f1", "brier", "ece", "log_loss")
    return [{name: row.get(name) for name in keep} for row in tables(outcome)["rows"]]


def test_every_arm_has_a_result_for_every_budget_and_draw(data, arms):
    outcome = run_study(SMALL, data, arms, workers=1)
    found = tables(outcome)
    assert {(r["arm"], r["labels"], r["draw"]) for r in found["rows"]} == {
        (arm.name, labels, draw) for arm in arms for labels in (6, 20, 40) for draw in range(3)
    }
    assert len(found["summary"]) == 9 and len(found["differences"]) == 3
    assert all(row["low"] <= row["mean"] <= row["high"] for row in found["summary"])


def test_differences_are_those_of_the_same_rows(data, arms):
    outcome = run_study(SMALL, data, arms, workers=1)
    by = {(r["arm"], r["labels"], r["draw"]): r["value"] for r in tables(outcome)["rows"]}
    for row in tables(outcome)["differences"]:
        gaps = [by["pca", row["labels"], d] - by["random", row["labels"], d] for d in range(3)]
        assert row["mean"] == pytest.approx(np.mean(gaps))


def test_an_arm_against_itself_differs_by_nothing(data):
    twin = {"estimator": LogisticRegression(), "group": "twins"}
    pair = [
        EstimatorArm("one", **twin, role="pretrained", against="two"),
        EstimatorArm("two", **twin, role="control"),
    ]
    found = tables(run_study(SMALL, data, pair, workers=1))
    assert all(row["mean"] == 0 and row["p_adjusted"] == 1 for row in found["differences"])
    assert judge(found, metric_named("accuracy", "classification"))["kind"] in (
        "nil",
        "not_separable",
    )


def test_settings_are_chosen_on_labelled_rows_and_kept(data, arms):
    record = run_study(SMALL, data, arms, workers=1).records[-4]
    assert record["arm"] == "random" and [one["setting"] for one in record["tried"]] == [
        {"C": 1.0},
        {"C": 0.1},
    ]
    scores = [one["score"] for one in record["tried"]]
    assert record["chosen"] == int(np.argmax(scores)) and all(score < 0 for score in scores)
    one = run_study(Study((6,), 1, settings=1), data, arms, workers=1).records[0]
    assert one["tried"] == [{"setting": {"C": 1.0}, "score": None}]


def test_no_arm_sees_the_test_rows_and_a_transductive_one_does(data):
    seen = []

    class Spy(EstimatorArm):
        def prepare(self, X, seed):
            seen.append(len(X))
            return super().prepare(X, seed)

    arm = Spy("spy", DummyClassifier())
    run_study(Study((6,), 1), data, [arm], workers=1)
    run_study(Study((6,), 1, transductive=True), data, [arm], workers=1)
    assert seen == [252, 300]


def test_a_study_goes_on_and_a_widened_one_only_adds(data, arms, tmp_path):
    told = []
    first = run_study(SMALL, data, arms, workers=1, folder=tmp_path)
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "trials").iterdir()}
    assert len(files) == 27
    run_study(SMALL, data, arms, workers=1, folder=tmp_path, tell=told.append)
    assert "27 of 27 trials are there already" in told
    wider = run_study(Study((6, 20, 40, 60), 4), data, arms, workers=1, folder=tmp_path)
    assert {path: path.stat().st_mtime_ns for path in files} == files
    assert len(list((tmp_path / "trials").iterdir())) == 48
    assert [row for row in values(wider) if row["draw"] < 3 and row["labels"] < 60] == values(first)


def test_an_arm_that_is_renamed_keeps_its_results_under_the_new_name(data, arms, tmp_path):
    first = run_study(
        SMALL, data, [EstimatorArm("one", LogisticRegression())], workers=1, folder=tmp_path
    )
    both = [EstimatorArm("one", LogisticRegression()), EstimatorArm("other", LogisticRegression())]
    second = run_study(SMALL, data, both, workers=1, folder=tmp_path)
    assert [record["arm"] for record in second.records] == (["one"] * 3 + ["other"] * 3) * 3
    assert [row["value"] for row in values(second) if row["arm"] == "other"] == [
        row["value"] for row in values(first)
    ]


def test_functions_are_told_apart_by_what_they_do():
    def scaled(by):
        return lambda X: by * X

    different = [
        lambda X: X[:, :3],
        lambda X: X[:, 3:],
        scaled(2),
        scaled(3),
        partial(np.add, 1),
        partial(np.add, 2),
        np.add,
        np.negative,
    ]
    assert len({described(FunctionTransformer(one)) for one in different}) == len(different)
    assert described(FunctionTransformer(scaled(2))) == described(FunctionTransformer(scaled(2)))


def test_a_setting_that_fails_is_not_chosen(data):
    arm = EstimatorArm("choosy", LogisticRegression(), [{"C": -1.0}, {"C": 1.0}])
    record = run_study(SMALL, data, [arm], workers=1).records[0]
    assert record["chosen"] == 1 and record["tried"][0]["error"].startswith("InvalidParameterError")


class Kept(EstimatorArm):
    """Keeps what it prepares, in a file of its own."""

    keeps = True

    def keep(self, prepared, folder):
        (folder / "kept.txt").write_text("whole")

    def recall(self, folder):
        if (folder / "kept.txt").read_text() != "whole":
            raise ModelError("The file is damaged.")


def test_a_damaged_stack_is_learned_again(data, tmp_path):
    arm = Kept("kept", LogisticRegression())
    whole = run_study(SMALL, data, [arm], workers=1, folder=tmp_path)
    for path in (tmp_path / "stacks").rglob("kept.txt"):
        path.write_text("half")
    shutil.rmtree(tmp_path / "trials")
    again = run_study(SMALL, data, [arm], workers=1, folder=tmp_path)
    assert values(again) == values(whole)
    assert {path.read_text() for path in (tmp_path / "stacks").rglob("kept.txt")} == {"whole"}


def test_a_stack_that_another_process_has_put_there_meanwhile_is_taken(data, tmp_path):
    class Overtaken(Kept):
        def keep(self, prepared, folder):
            super().keep(prepared, folder)
            place = tmp_path / "stacks" / folder.name
            shutil.copytree(folder, place)
            (place / "cost.json").write_text('{"seconds": 7.5, "memory": null}')

    record = run_study(
        SMALL, data, [Overtaken("kept", LogisticRegression())], workers=1, folder=tmp_path
    ).records[0]
    assert record["seconds"]["prepare"] == 7.5


def test_what_decides_a_result_decides_its_name(data, arms):
    arm = arms[0]
    keys = {
        trial_key(arm, data, SMALL, 0, 6),
        trial_key(arms[1], data, SMALL, 0, 6),
        trial_key(arm, data, SMALL, 1, 6),
        trial_key(arm, data, SMALL, 0, 20),
        trial_key(arm, data, Study(seed=1), 0, 6),
        trial_key(arm, data, Study(settings=1), 0, 6),
        trial_key(arm, data, Study(transductive=True), 0, 6),
    }
    assert len(keys) == 7
    assert trial_key(arm, data, Study((6, 20), 9, practical=0.1), 0, 6) == trial_key(
        arm, data, SMALL, 0, 6
    )


def cut(text):
    return text[:50]


def without_digest(text):
    record = json.loads(text)
    del record["digest"]
    return json.dumps(record)


def better(text):
    record = json.loads(text)
    record["measures"] = dict.fromkeys(record["measures"], 0.9)
    return json.dumps(record)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (cut, "damaged"),
        (lambda text: "[]", "damaged"),
        (without_digest, "written without a digest, by an earlier version"),
        (better, "changed after it was written"),
    ],
    ids=["cut", "list", "no digest", "changed figure"],
)
def test_a_record_that_is_not_to_be_trusted_is_measured_again_and_told(
    data, arms, tmp_path, change, reason
):
    whole = run_study(SMALL, data, arms, workers=1, folder=tmp_path)
    assert not whole.notes
    victim = sorted((tmp_path / "trials").iterdir())[0]
    victim.write_text(change(victim.read_text()))
    told = []
    again = run_study(SMALL, data, arms, workers=1, folder=tmp_path, tell=told.append)
    note = f"1 trial is measured again: the file of its result was {reason}."
    assert values(again) == values(whole)
    assert again.notes == (note,) and note in told
    assert run_study(SMALL, data, arms, workers=1, folder=tmp_path).notes == ()


def test_a_pipe_in_place_of_a_record_is_not_waited_for(data, arms, tmp_path):
    whole = run_study(SMALL, data, arms, workers=1, folder=tmp_path)
    victim = sorted((tmp_path / "trials").iterdir())[0]
    victim.unlink()
    os.mkfifo(victim)
    assert values(run_study(SMALL, data, arms, workers=1, folder=tmp_path)) == values(whole)
    assert json.loads(victim.read_text())


def test_workers_change_no_result(data, arms):
    assert values(run_study(SMALL, data, arms, workers=2)) == values(
        run_study(SMALL, data, arms, workers=1)
    )


def test_an_arm_that_raises_is_marked_and_the_others_go_on(data, arms):
    told = []
    outcome = run_study(
        SMALL,
        data,
        [*arms, EstimatorArm("broken", Wrong(), group="broken")],
        workers=1,
        tell=told.append,
    )
    failed = [row for row in tables(outcome)["rows"] if row["arm"] == "broken"]
    assert all(
        row["value"] is None and row["error"].startswith("RuntimeError: no luck") for row in failed
    )
    assert any(
        "broken failed (draw 1, 6 labels and 2 more): RuntimeError: no luck" in line
        for line in told
    )
    assert all(
        row["value"] is not None for row in tables(outcome)["rows"] if row["arm"] != "broken"
    )


def test_a_worker_that_dies_costs_a_retry(data, arms, tmp_path):
    deadly = EstimatorArm("deadly", Deadly(str(tmp_path / "died")), group="deadly")
    outcome = run_study(SMALL, data, [*arms, deadly], workers=2)
    assert (tmp_path / "died").exists()
    assert all("error" not in record for record in outcome.records)


def test_a_worker_that_dies_twice_has_failed_and_the_study_goes_on(data, arms):
    outcome = run_study(
        Study((6, 20), 2), data, [*arms, EstimatorArm("deadly", Deadly())], workers=2
    )
    failed = [record for record in outcome.records if "error" in record]
    assert [record["arm"] for record in failed] == [
        "deadly"
    ] * 4  # and not naive Bayes, its neighbour
    assert "its worker died twice" in failed[0]["error"]
    assert any("deadly failed" in note for note in outcome.notes)


def test_a_time_limit_leaves_out_whole_draws(data, arms):
    outcome = run_study(Study((6, 20), 5), data, arms, workers=1, time_limit=1e-6)
    assert outcome.draws == (0,)
    assert {record["arm"] for record in outcome.records} == {arm.name for arm in arms}
    assert any("The time limit left 1 of 5 draws" in note for note in outcome.notes)


def test_a_regression_is_measured_by_r2(make_data, ridge_arms):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 5))
    data = make_data(X, X @ np.arange(5.0) + rng.normal(size=200), ())
    found = tables(run_study(Study((10, 40), 3), data, ridge_arms, workers=1))
    assert {row["metric"] for row in found["rows"]} == {"r2"}
    assert all("mean_absolute_error" in row for row in found["rows"])


def test_arms_that_do_not_fit_together_are_refused(data, arms):
    with pytest.raises(ParameterError, match="Two arms are called 'pca'"):
        run_study(SMALL, data, [*arms, arms[0]])
    with pytest.raises(ParameterError, match="The control 'random' of 'pca' is not among the arms"):
        run_study(SMALL, data, [arms[0]])
    with pytest.raises(ParameterError, match="There is no backend 'slurm'"):
        run_study(SMALL, data, arms, backend="slurm")
    with pytest.raises(
        ParameterError, match="--address localhost:1 was given for this machine alone"
    ):
        run_study(SMALL, data, arms, address="localhost:1")
    with pytest.raises(ParameterError, match="lacks fit, predict or get_params"):
        EstimatorArm("nothing", object())


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_baseline_runs_on_few_labels(make_data, task):
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 4))
    data = (
        make_data(X, (X[:, 0] > 0).astype(int), ("no", "yes"))
        if task == "classification"
        else make_data(X, X[:, 0], ())
    )
    arms, notes = baselines(task, 120, StandardScaler())
    outcome = run_study(Study((4, 20), 2), data, arms, workers=1)
    assert [record["error"] for record in outcome.records if "error" in record] == []
    assert notes == [] and len(arms) == (8 if task == "classification" else 6)


def test_baselines_are_named_and_label_spreading_stays_out_of_large_data():
    from sklearn.preprocessing import StandardScaler

    arms, notes = baselines("classification", 50_000, StandardScaler())
    assert (
        "label spreading" not in [arm.name for arm in arms]
        and "Label spreading was left out: 50,000 rows" in notes[0]
    )
    assert [arm.name for arm in baselines("regression", 10, None, ["random forest"])[0]] == [
        "random forest"
    ]
    with pytest.raises(
        ParameterError, match=r"no baseline 'random forrest'.*Did you mean 'random forest'"
    ):
        baselines("classification", 10, None, ["random forrest"])


SCRIPT = """
import sys, warnings
sys.path.insert(0, {tests!r})
from conftest import data_of, make_arms
import numpy as np
from layerwise import Study
from layerwise.evaluation import run_study
rng = np.random.default_rng(0)
y = np.arange(300) % 3
X = rng.normal(size=(300, 6)) + 2.0 * np.eye(3, 6)[y]
data = data_of(X, np.where(np.arange(300) % 5 == 0, -1, y))
run_study(Study((6, 20, 40), 3), data, make_arms(), workers=1, folder={folder!r})
"""


def test_a_study_killed_ten_times_ends_with_the_same_table(data, arms, tmp_path):
    undisturbed = run_study(SMALL, data, arms, workers=1)
    script = SCRIPT.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    chance = random.Random(0)
    kills = 0
    while kills < 10:
        process = subprocess.Popen(
            [sys.executable, "-c", script], env=os.environ | {"OMP_NUM_THREADS": "1"}
        )
        trials = tmp_path / "trials"
        trials.mkdir(exist_ok=True)
        before = len(os.listdir(trials))
        deadline = time.monotonic() + 60
        while (
            len(os.listdir(trials)) <= before
            and process.poll() is None
            and time.monotonic() < deadline
        ):
            time.sleep(
                0.002
                # at least one trial has ended: the kill falls among the trials, not among the
                # imports
            )
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.wait()
        kills += 1
    assert values(run_study(SMALL, data, arms, workers=1, folder=tmp_path)) == values(undisturbed)


def test_two_processes_on_one_folder_do_no_harm(data, arms, tmp_path):
    script = SCRIPT.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    both = [
        subprocess.Popen([sys.executable, "-c", script], env=os.environ | {"OMP_NUM_THREADS": "1"})
        for _ in range(2)
    ]
    assert [process.wait(120) for process in both] == [0, 0]
    assert values(run_study(SMALL, data, arms, workers=1, folder=tmp_path)) == values(
        run_study(SMALL, data, arms, workers=1)
    )


@pytest.mark.parametrize(
    ("variable", "workers", "threads"),
    [("", 1, 8), ("", 3, 2), ("1", 1, 1), ("3,2", 2, 3), ("99", 20, 1)],
)
def test_workers_share_the_cores_and_heed_what_the_user_allows(
    monkeypatch, variable, workers, threads
):
    monkeypatch.setenv("OMP_NUM_THREADS", variable)
    monkeypatch.setattr("layerwise.evaluation.workers.cores", lambda: 8)
    assert threads_each(workers) == threads
