"""Label Studio's files."""

from __future__ import annotations

import json

import pytest

from layerwise import FileError, Query
from layerwise.labelling.label_studio import read_annotations, tasks


def chosen(*names, **more):
    return {"result": [{"type": "choices", "value": {"choices": list(names)}}]} | more


def written(folder, data):
    path = folder / "export.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_what_is_exported_after_import_comes_back_by_row(tmp_path):
    queries = [Query(7, "typical of 3 rows"), Query(2, "drawn at random")]
    made = tasks(queries, [{"text": "é <b>"}, {"text": ""}], [("lost", 0.75), ("found", 0.5)])
    assert json.loads(json.dumps(made)) == made
    assert made[0]["data"] == {
        "text": "é <b>",
        "layerwise_row": 7,
        "layerwise_reason": "typical of 3 rows",
    }
    assert made[1]["predictions"][0]["score"] == 0.5
    assert "predictions" not in tasks(queries[:1], [{}])[0]
    exported = [
        {"id": 1, **made[0], "annotations": [chosen("lost"), chosen("found")]},
        {"id": 2, **made[1], "annotations": [chosen("found")]},
    ]
    assert read_annotations(written(tmp_path, exported)) == {7: ["lost", "found"], 2: ["found"]}


def test_what_was_skipped_or_left_empty_is_no_label(tmp_path):
    exported = [
        {"data": {"layerwise_row": 0}, "annotations": [chosen("a", was_cancelled=True)]},
        {"data": {"layerwise_row": 1}, "annotations": []},
        {
            "data": {"layerwise_row": 2},
            "annotations": [{"result": []}, {"result": None}, "odd", chosen("b")],
        },
        {"data": {"layerwise_row": 3}, "annotations": [chosen("a", "b")]},
    ]
    assert read_annotations(written(tmp_path, exported)) == {2: ["b"]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{", "is no JSON"),
        ({"a": 1}, "is no export of Label Studio"),
        ([{"row": 1, "choice": "a"}], "not JSON-MIN"),
        ([{"data": {}, "annotations": []}], "Task 0 .* does not say its row"),
        ([{"data": {"layerwise_row": True}, "annotations": []}], "does not say its row"),
        ([{"data": {"layerwise_row": -1}, "annotations": []}], "does not say its row"),
        ([{"data": 3, "annotations": []}], "does not say its row"),
    ],
)
def test_other_files_are_refused_in_words(tmp_path, data, words):
    with pytest.raises(FileError, match=words):
        read_annotations(written(tmp_path, data))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileError, match="Cannot read .*nowhere.json"):
        read_annotations(tmp_path / "nowhere.json")


def test_columns_that_are_called_row_and_reason_stay(tmp_path):
    (task,) = tasks([Query(3, "typical")], [{"row": "mine", "reason": "ours"}])
    assert task["data"]["row"] == "mine" and task["data"]["reason"] == "ours"


def test_of_several_controls_the_labels_are_those_called_label(tmp_path):
    def export(*names):
        results = [
            {"type": "choices", "from_name": name, "value": {"choices": [name.upper()]}}
            for name in names
        ]
        task = {"data": {"layerwise_row": 3}, "annotations": [{"result": results}]}
        (tmp_path / "export.json").write_text(json.dumps([task]))
        return read_annotations(tmp_path / "export.json")

    assert export("comment", "label") == {3: ["LABEL"]} == export("label", "comment")
    assert export("kind") == {3: ["KIND"]}
    with pytest.raises(FileError, match="choices of comment, kind: which are the labels"):
        export("comment", "kind")
