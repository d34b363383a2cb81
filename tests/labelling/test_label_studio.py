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
    assert made[0]["data"] == {"text": "é <b>", "row": 7, "reason": "typical of 3 rows"}
    assert made[1]["predictions"][0]["score"] == 0.5
    assert "predictions" not in tasks(queries[:1], [{}])[0]
    exported = [
        {"id": 1, **made[0], "annotations": [chosen("lost"), chosen("found")]},
        {"id": 2, **made[1], "annotations": [chosen("found")]},
    ]
    assert read_annotations(written(tmp_path, exported)) == {7: ["lost", "found"], 2: ["found"]}


def test_what_was_skipped_or_left_empty_is_no_label(tmp_path):
    exported = [
        {"data": {"row": 0}, "annotations": [chosen("a", was_cancelled=True)]},
        {"data": {"row": 1}, "annotations": []},
        {"data": {"row": 2}, "annotations": [{"result": []}, {"result": None}, "odd", chosen("b")]},
        {"data": {"row": 3}, "annotations": [chosen("a", "b")]},
    ]
    assert read_annotations(written(tmp_path, exported)) == {2: ["b"]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{", "is no JSON"),
        ({"a": 1}, "is no export of Label Studio"),
        ([{"row": 1, "choice": "a"}], "not JSON-MIN"),
        ([{"data": {}, "annotations": []}], "Task 0 .* does not say its row"),
        ([{"data": {"row": True}, "annotations": []}], "does not say its row"),
        ([{"data": {"row": -1}, "annotations": []}], "does not say its row"),
        ([{"data": 3, "annotations": []}], "does not say its row"),
    ],
)
def test_other_files_are_refused_in_words(tmp_path, data, words):
    with pytest.raises(FileError, match=words):
        read_annotations(written(tmp_path, data))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileError, match="Cannot read .*nowhere.json"):
        read_annotations(tmp_path / "nowhere.json")
