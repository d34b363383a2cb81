"""Labelling from the command's side: what is read, what comes of it, and how it ends."""

from __future__ import annotations

import csv
import json
import socket
import urllib.request

import numpy as np
import polars as pl
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from layerwise import DataError, FileError, ParameterError
from layerwise.data.readers import load_dataset
from layerwise.workflows import fit, label
from layerwise.workflows.label_codes import Coding, components
from layerwise.workflows.labelling import fingerprint, read_rows
from layerwise.workflows.labels_file import with_labels

QUICK = {"pretrain": 0.0, "seed": 0}
TINY = ("finetune.0.schedule.epochs=2",)


def read(place):
    with open(place, newline="") as file:
        return list(csv.DictReader(file))


def answering(truth, most=None, then="finish"):
    """Return what labels rows as soon as the page can be opened, then finishes or interrupts."""

    def answer(address, session):
        given = 0
        while cards := session.give("p", "ann", 10):
            for card in cards:
                if given == most:
                    break
                record = {"id": f"answer-{card['row']}", "row": card["row"], "who": "ann"}
                session.take("label", record | {"label": truth(card["row"])})
                given += 1
            if given == most:
                break
        if then == "interrupt":
            raise KeyboardInterrupt
        session.done.set()

    return answer


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 3)).round(3)
    words = rng.choice(["red", "blue", "=1+1", "a,b"], 120)
    kind = ["yes" if row[0] > 0 else "no" for row in x]
    frame = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "w": words})
    shown = [label if i < 6 else None for i, label in enumerate(kind)]
    frame.with_columns(pl.Series("kind", shown)).write_csv(tmp_path / "rows.csv")
    frame.write_csv(tmp_path / "bare.csv")
    return tmp_path, kind


def test_a_table_comes_out_whole_with_its_labels_and_a_model(table):
    folder, kind = table
    out, said = folder / "out", []
    result = label(
        str(folder / "rows.csv"),
        target="kind",
        out=out,
        ready=answering(lambda row: kind[row], most=40),
        say=said.append,
        changes=TINY,
        recipe="tabular_denoising_autoencoder",
        **QUICK,
    )
    assert result["finished"] and result["labels"] == 46
    found = load_dataset(result["csv"], target="kind")
    given = load_dataset(str(folder / "rows.csv"), target="kind")
    assert found.X.equals(given.X)
    known = [i for i, value in enumerate(found.y.tolist()) if value is not None]
    assert len(known) == 46 and all(found.y[i] == kind[i] for i in known)
    assert (out / "model").is_dir() and (out / "report.html").is_file()
    again = fit(
        result["csv"],
        target="kind",
        recipe="tabular_denoising_autoencoder",
        changes=TINY,
        out=folder / "again",
    )
    assert again["test"] == result["fit"]["test"]
    weights = list((out / "model").glob("*.safetensors"))
    assert weights
    for one in weights:
        assert one.read_bytes() == (folder / "again" / "model" / one.name).read_bytes()


def test_it_goes_on_where_it_was(table):
    folder, kind = table
    settings = QUICK | {"target": "kind", "out": folder / "out"}
    for labels in (5, 12):
        with pytest.raises(KeyboardInterrupt):
            label(
                str(folder / "bare.csv"),
                classes=["no", "yes"],
                ready=answering(lambda row: kind[row], most=labels, then="interrupt"),
                **settings,
            )
    rows = read(folder / "out" / "labels.csv")
    assert sum(row["kind"] != "" for row in rows) == 17
    answers = read(folder / "out" / "answers.csv")
    assert len(answers) == 17 and {row["who"] for row in answers} == {"ann"}
    assert not (folder / "out" / "model").exists()
    with pytest.raises(FileError, match="holds labels of something else: target"):
        label(str(folder / "bare.csv"), **settings | {"target": "sort"}, ready=lambda *given: None)


def test_images_come_out_as_rows_and_names_that_fit_takes(tmp_path):
    digits = load_digits()
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(60):
        Image.fromarray((digits.images[i] * 15).astype(np.uint8)).save(folder / f"{i:03}.png")
    result = label(
        str(folder),
        classes=list("0123456789"),
        ready=answering(lambda row: str(digits.target[row]), most=50),
        out=tmp_path / "out",
        recipe="stacked_denoising_autoencoder",
        changes=["plan.0.schedule.epochs=1", *TINY],
        **QUICK,
    )
    lines = read(result["csv"])
    assert list(lines[0]) == ["row", "file", "label"] and len(lines) == 50
    assert all(line["file"] == f"{int(line['row']):03}.png" for line in lines)
    assert result["fit"]["labels"] + result["fit"]["test"]["rows"] == 50
    data = load_dataset(str(folder))
    by_row = with_labels(data, result["csv"])
    pl.read_csv(result["csv"]).drop("row").write_csv(tmp_path / "names.csv")
    by_name = with_labels(data, tmp_path / "names.csv")
    assert by_row.y.tolist() == by_name.y.tolist()
    assert by_row.task == "classification" and by_row.y[int(lines[0]["row"])] is not None


def test_numbers_are_asked_for_and_come_out_as_numbers(table):
    folder, _ = table
    result = label(
        str(folder / "bare.csv"),
        target="size",
        task="regression",
        ready=answering(lambda row: row / 2, most=8),
        out=folder / "out",
        **QUICK,
    )
    assert result["labels"] == 8 and result["fit"] is None  # too few for a model
    rows = read(folder / "out" / "labels.csv")
    assert all(float(row["size"]) == i / 2 for i, row in enumerate(rows) if row["size"])


def test_the_address_holds_the_token_and_answers(table):
    folder, _ = table
    seen = []

    def look(address, session):
        import threading

        def ask():
            with urllib.request.urlopen(address, timeout=20) as answer:
                seen.append((answer.status, b"<main>" in answer.read()))
            session.done.set()

        threading.Thread(target=ask, daemon=True).start()

    label(str(folder / "bare.csv"), target="kind", out=folder / "out", ready=look, **QUICK)
    assert seen == [(200, True)]


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({}, ParameterError, "which column do the labels go into"),
        ({"target": "kind", "task": "regression", "classes": ["a"]}, ParameterError, "is a number"),
        ({"target": "kind", "overlap": 2.0}, ParameterError, r"overlap is a share in \[0, 1\]"),
        ({"target": "kind", "batch": 0}, ParameterError, "batch is at least 1"),
        ({"target": "kind", "host": "203.0.113.9"}, ParameterError, "Cannot listen on"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left(table, settings, error, words):
    folder, _ = table
    with pytest.raises(error, match=words):
        label(str(folder / "bare.csv"), out=folder / "out", **QUICK | settings)
    assert not (folder / "out" / "model").exists()


def test_where_every_row_has_a_label_there_is_nothing_to_ask(tmp_path):
    with pytest.raises(DataError, match="Every one of the 1,797 rows"):
        label("digits", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_fingerprint_is_of_the_rows_and_not_of_their_labels(table):
    folder, _ = table
    rows, _ = read_rows(str(folder / "rows.csv"), target="kind")
    bare, notes = read_rows(str(folder / "bare.csv"), target="kind")
    assert fingerprint(rows) == fingerprint(bare)
    assert any("No row" in note and "'kind' yet" in note for note in notes)
    frame = pl.read_csv(folder / "bare.csv")
    frame[5, "a"] = 99.0
    frame.write_csv(folder / "other.csv")
    assert fingerprint(read_rows(str(folder / "other.csv"), target="kind")[0]) != fingerprint(bare)


def test_an_empty_column_of_the_target_is_no_column_of_the_rows(table):
    folder, _ = table
    frame = pl.read_csv(folder / "bare.csv")
    frame.with_columns(pl.lit(None, dtype=pl.String).alias("kind")).write_csv(folder / "empty.csv")
    empty, _ = read_rows(str(folder / "empty.csv"), target="kind")
    bare, _ = read_rows(str(folder / "bare.csv"), target="kind")
    assert empty.X.equals(bare.X) and fingerprint(empty) == fingerprint(bare)


def test_texts_of_many_classes_come_out_without_a_question(tmp_path):
    texts = [f"the text of number {i} about the thing {i % 40}" for i in range(80)]
    pl.DataFrame({"text": texts}).write_csv(tmp_path / "texts.csv")
    said = []
    result = label(
        str(tmp_path / "texts.csv"),
        target="thing",
        text=("text",),
        classes=[f"thing {i}" for i in range(40)],
        ready=answering(lambda row: f"thing {row % 40}", most=9),
        out=tmp_path / "out",
        say=said.append,
        **QUICK,
    )
    assert result["labels"] == 9 and not any("reads back otherwise" in line for line in said)


def test_codes_of_an_encoder_are_made_once(table):
    folder, _ = table
    given = {"data": str(folder / "bare.csv"), "target": "kind"}
    coding = Coding(lambda **given: read_rows(**given)[0], given, folder, {"rows": 120}, seconds=60)
    said = []
    name, place = coding.better(said.append)
    codes = np.load(place)
    assert len(codes) == 120 and "learns from all rows meanwhile" in said[0]
    assert name.startswith("the codes of ")
    said.clear()
    assert coding.better(said.append) == (name, place) and said == []


@pytest.mark.parametrize("kind", ["table", "text", "images"])
def test_rows_of_every_kind_have_codes_within_seconds(table, tmp_path, kind):
    if kind == "table":
        data = read_rows(str(table[0] / "bare.csv"), target="kind")[0]
    elif kind == "text":
        texts = [f"the word number {i} of {i % 7} and some more letters" for i in range(90)]
        pl.DataFrame({"text": texts}).write_csv(tmp_path / "texts.csv")
        data = read_rows(str(tmp_path / "texts.csv"), target="kind", text=("text",))[0]
    else:
        data = load_dataset("digits")
    codes = components(data)
    assert len(codes) == len(data) and 1 <= codes.shape[1] <= 50 and np.isfinite(codes).all()


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("a,label\n1,x\n", FileError, r"a column 'row' and one 'label'|'row' or"),
        ("row,kind\n1,x\n", FileError, "one 'label' are needed"),
        ("row,label\n9999,x\n", DataError, "Line 2 of .* names row '9999'"),
        ("row,label\n1,x\nz,x\n", DataError, "Line 3 of .* names row 'z'"),
        ("row,label\n1,x\n1,y\n", DataError, "names row '1' twice"),
        ("row,label\n", DataError, "is empty in all"),
    ],
)
def test_a_file_of_labels_that_cannot_be_used_is_refused(tmp_path, text, error, words):
    place = tmp_path / "labels.csv"
    place.write_text(text)
    with pytest.raises(error, match=words):
        with_labels(load_dataset("digits"), place)
    with pytest.raises(FileError, match="Cannot read"):
        with_labels(load_dataset("digits"), tmp_path / "none.csv")


def test_labels_of_a_file_take_the_place_of_the_datas_own(tmp_path):
    data = load_dataset("digits")
    lines = "".join(f"{i},{data.y[i]}\n" for i in range(0, 300, 2))
    (tmp_path / "labels.csv").write_text(f"row,label\n{lines}")
    result = fit(
        "digits",
        labels_from=tmp_path / "labels.csv",
        recipe="stacked_denoising_autoencoder",
        changes=["plan.0.schedule.epochs=1", *TINY],
        out=tmp_path / "out",
    )
    assert result["labels"] + result["test"]["rows"] == 150
    assert any("150 rows have a label in" in note for note in result["notes"])


def test_a_table_comes_out_with_its_cells_as_they_were_given(tmp_path):
    """Names of rows, words for true and false and numbers keep their spelling."""
    lines = [f"person {i},{'TRUE' if i % 2 else 'false'},0{i % 3},{i / 7:.9f}" for i in range(60)]
    place = tmp_path / "rows.csv"
    place.write_text("\n".join(["name,member,code,x", *lines]))
    ready = answering(lambda row: "yes" if row % 3 else "no", most=20, then="finish")
    label(
        str(place), target="kind", classes=["yes", "no"], ready=ready, out=tmp_path / "o", **QUICK
    )
    written = (tmp_path / "o" / "labels.csv").read_text().splitlines()
    assert written[0] == "name,member,code,x,kind"
    assert [line.rpartition(",")[0] for line in written[1:]] == lines
    assert sum(line.endswith((",yes", ",no")) for line in written) == 20


def test_files_of_labels_are_for_their_owner_and_notes_are_no_formulas(table):
    folder, _ = table

    def answer(address, session):
        row = session.give("p", "ann", 1)[0]["row"]
        about = {"id": "answer-0000", "row": row, "who": "=1+1"}
        session.take("label", about | {"label": "yes"})
        session.take("note", about | {"id": "note-00000", "text": '=HYPERLINK("http://x")'})
        session.done.set()

    label(
        str(folder / "bare.csv"),
        target="kind",
        classes=["yes"],
        ready=answer,
        out=folder / "o",
        **QUICK,
    )
    for name in ("labels.log", "labels.csv", "answers.csv"):
        assert (folder / "o" / name).stat().st_mode & 0o777 == 0o600
    (one,) = read(folder / "o" / "answers.csv")
    assert one["who"] == "'=1+1" and one["note"].startswith("'=HYPERLINK")


def test_classes_that_were_named_are_there_when_it_goes_on_without_them(table):
    folder, _ = table
    settings = {"target": "kind", "out": folder / "o", **QUICK}
    seen = []
    ready = answering(lambda row: "yes", most=2, then="finish")
    label(str(folder / "bare.csv"), classes=["yes", "no", "perhaps"], ready=ready, **settings)
    label(
        str(folder / "bare.csv"),
        ready=lambda address, session: (seen.extend(session.classes), session.done.set()),
        **settings,
    )
    assert seen == ["yes", "no", "perhaps"]
    with pytest.raises(ParameterError, match="stands for a missing cell"):
        label(str(folder / "bare.csv"), classes=["yes", "NA"], **settings)


def test_numbers_as_classes_are_fitted_as_classes_by_the_command_that_is_said(table):
    folder, _ = table
    said = []
    ready = answering(lambda row: ["1.5", "2.5"][row % 2], most=30, then="finish")
    settings = {"target": "score", "ready": ready, "out": folder / "o", "say": said.append}
    settings |= {"recipe": "stacked_denoising_autoencoder", "changes": ("epochs=1", *TINY)}
    result = label(str(folder / "bare.csv"), classes=["1.5", "2.5"], **settings, **QUICK)
    assert result["fit"]["task"] == "classification"
    (command,) = [one for one in said if one.startswith("fit takes them: ")]
    own = f"layerwise fit {folder / 'o' / 'labels.csv'} --task classification --target score"
    assert command.endswith(f"{own} --recipe stacked_denoising_autoencoder --seed 0")


def test_a_test_part_of_the_data_stays_the_test_part(table):
    folder, _ = table
    parts = folder / "parts"
    parts.mkdir()
    frame = pl.read_csv(folder / "bare.csv")
    kind = pl.Series("kind", ["yes" if value > 0 else "no" for value in frame["a"]])
    frame[:80].write_csv(parts / "train.csv")
    frame.with_columns(kind)[80:].write_csv(parts / "test.csv")
    frame[:80].with_columns(pl.Series("kind", ["yes", "no", *[None] * 78])).write_csv(
        parts / "train.csv"
    )
    ready = answering(lambda row: kind[row], most=40, then="finish")
    settings = {"target": "kind", "ready": ready, "out": folder / "o"}
    settings |= {"recipe": "stacked_denoising_autoencoder", "changes": ("epochs=1", *TINY)}
    result = label(str(parts), **settings, **QUICK)
    assert result["fit"]["test"]["rows"] == 40 and result["fit"]["labels"] == 42


def test_a_port_that_is_in_use_is_refused_before_anything_is_written(table):
    folder, _ = table
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ParameterError, match=f"Cannot listen on 127.0.0.1, port {port}"):
            label(str(folder / "bare.csv"), target="k", classes=["a"], port=port, out=folder / "o")
    assert not (folder / "o" / "labels.csv").exists()


def test_an_export_of_label_studio_is_a_file_of_labels(table, tmp_path):
    folder, _ = table

    def task(row, *chosen):
        results = [
            {"result": [{"type": "choices", "from_name": "label", "value": {"choices": [one]}}]}
            for one in chosen
        ]
        return {"data": {"layerwise_row": row}, "annotations": results}

    place = tmp_path / "export.json"
    tasks = [task(0, "yes"), task(1, "no", "no", "yes"), task(2, "no", "yes")]
    place.write_text(json.dumps(tasks))
    rows = load_dataset(str(folder / "bare.csv"))
    found = with_labels(rows, place, "kind")
    assert found.y[:3].tolist() == ["yes", "no", None]
