"""Every fault of a user is an exit code and a few words, in both forms; never a traceback."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

TINY = [
    "--set",
    "widths=[4]",
    "--set",
    "epochs=1",
    "--set",
    "head_epochs=1",
    "--set",
    "finetune_epochs=1",
]
TINY += ["--set", "finetune.0.training.min_steps=0", "--set", "finetune.1.training.min_steps=0"]
FAILURE, USAGE = 1, 2

GOOD = "{files}/good.csv"
KIND = ["--target", "kind"]
LITTLE = [
    "--recipe",
    "stacked_autoencoder",
    "--labels",
    "4",
    "--draws",
    "1",
    "--workers",
    "1",
    "--quiet",
]
FAULTS = [
    (["fit", GOOD], USAGE, "parameter", "column 'kind' of 'good' looks like one.* --target kind"),
    (["fit", GOOD, "--target", "kind", "--task", "regresion"], USAGE, "parameter", "mean 'regr"),
    (["fit", GOOD, "--target", "kind", "--drop", "citty"], USAGE, "parameter", "mean 'city'"),
    (
        ["fit", GOOD, "--target", "kind", "--class-weight", "heavy"],
        USAGE,
        "parameter",
        "--class-weight takes balanced, none or CLASS=WEIGHT. Got 'heavy'",
    ),
    (["fit", GOOD, "--no-target", "--target", "kind"], USAGE, "parameter", "one or the other"),
    (["evaluate", "{model}x", GOOD], FAILURE, "model", "not there. Did you mean '.*/model'"),
    (["evaluate", "{model}", GOOD, "--target", "kin"], FAILURE, "data", "no column 'kin'"),
    (["predict", "{files}/nothing", GOOD], FAILURE, "model", "is no model folder"),
    # (arguments, exit code, kind, words)
    (
        ["fit", GOOD, "--target", "kinds"],
        FAILURE,
        "data",
        "no column 'kinds'.*Did you mean 'kind'.*'x', 'z', 'city', 'kind'",
    ),
    (
        ["fit", "{files}/unlabelled.csv", "--target", "kind"],
        FAILURE,
        "data",
        "'kind' is empty in all 20 rows",
    ),
    (["fit", "{files}/ragged.csv"], FAILURE, "file", "line 3 has 3 fields, the header has 2"),
    (["fit", "{files}/quotes.csv"], FAILURE, "file", "row that begins in line 2 cannot be read"),
    (["fit", "{files}/empty.csv"], FAILURE, "file", "is empty"),
    (["fit", "{files}/header.csv"], FAILURE, "file", "has a header but no rows"),
    (["fit", "{files}/numbers.csv"], FAILURE, "file", "has no header"),
    (["fit", "{files}/twice.csv"], FAILURE, "file", "more than once in the header: 'x'"),
    (["fit", "{files}/utf16.csv"], FAILURE, "file", "UTF-16"),
    (["fit", "{files}/latin1.csv"], FAILURE, "file", "not UTF-8: in line 2"),
    (["fit", "{files}/nul.csv"], FAILURE, "file", "NUL byte"),
    (["fit", "{files}/dates.csv", "--target", "kind"], FAILURE, "data", "Column 'day' holds dates"),
    (["fit", "{files}/datetarget.csv", "--target", "day"], FAILURE, "data", "day.* dates"),
    (
        ["fit", "{files}/lists.parquet", "--target", "tags"],
        FAILURE,
        "data",
        "several labels a row are not supported",
    ),
    (["fit", "{files}/lists.parquet"], FAILURE, "data", "Column 'tags' is of the type List"),
    (["fit", "{files}/broken.parquet"], FAILURE, "file", "broken.parquet"),
    (["fit", "{files}/freetext.csv", "--target", "kind"], FAILURE, "data", "looks like free text"),
    (
        ["fit", "{files}/textcolumn.csv", "--target", "kind", "--text", "nota"],
        FAILURE,
        "data",
        "There is no column 'nota' to read as text. Did you mean 'note'",
    ),
    (
        ["fit", "{files}/oneclass.csv", "--target", "kind"],
        FAILURE,
        "data",
        "one class, 'a'; at least two",
    ),
    (
        ["fit", "{files}/few.csv", "--target", "kind"],
        FAILURE,
        "data",
        "2 rows have a label: too few",
    ),
    (["fit", "{files}/onerow.csv"], FAILURE, "data", "row|sample"),
    (["fit", "{files}/constant.csv"], FAILURE, "data", "constant"),
    (["fit", "{files}/huge.csv"], FAILURE, "data", "Column 'z' holds 1e.39 in row 0"),
    (
        ["fit", "{files}/onlytarget.csv", "--target", "kind"],
        FAILURE,
        "data",
        "no column to learn from",
    ),
    (
        ["fit", "{files}/stray.csv", "--target", "kind"],
        FAILURE,
        "data",
        "the first is 'oops' in row 30",
    ),
    (["fit", "{files}/file.log"], FAILURE, "file", "no form that can be read.*Accepted are .csv"),
    (["fit", "{files}/nothing"], FAILURE, "file", "holds nothing that can be read"),
    (["fit", "{files}/god.csv"], FAILURE, "file", "No file or folder.*Did you mean 'good.csv'"),
    (["fit", "/nowhere/x.csv"], FAILURE, "file", "no folder '/nowhere'"),
    (["fit", "digit"], FAILURE, "file", "Did you mean 'digits'"),
    (["fit", "digits", "--target", "kind"], FAILURE, "data", "its target is always 'label'"),
    (["fit", "{files}/*.parq"], FAILURE, "file", "No file matches"),
    (["fit", ""], FAILURE, "file", "name of the data is empty"),
    (["fit", "{files}/loop"], FAILURE, "file", "link that leads nowhere, or to itself"),
    (["fit", "{files}/links"], FAILURE, "file", "holds nothing that can be read"),
    (["fit", GOOD, "--test", "{files}/loop"], FAILURE, "file", "link that leads nowhere"),
    (["fit", GOOD, "--out", "{files}/loop"], FAILURE, "file", "Cannot write.*Too many levels"),
    (["fit", "{files}/pipe.csv"], FAILURE, "file", "neither a file nor a folder"),
    (["inspect", "{files}/loop"], FAILURE, "model", "no model folder"),
    (["predict", "{model}", "{files}/loop"], FAILURE, "file", "link that leads nowhere"),
    (["fit", "{long}"], FAILURE, "file", "cannot be read|No file"),
    (["fit", "{files}/flat.npy"], FAILURE, "data", r"has the shape \(3,\)"),
    (["fit", "{files}/objects.npy"], FAILURE, "file", "objects.npy"),
    (["fit", "{files}/truncated.npy"], FAILURE, "file", "truncated.npy"),
    (["fit", "{files}/infinite.npy"], FAILURE, "data", "holds inf in row 0, column 1"),
    (
        ["fit", GOOD, "--target", "kind", "--test", "{files}/nowhere.csv"],
        FAILURE,
        "file",
        "nowhere.csv",
    ),
    (
        ["fit", GOOD, "--target", "kind", "--test", "{files}/unlabelled.csv"],
        FAILURE,
        "data",
        "lacks 1 of the 4 columns.*'city'",
    ),
    (
        ["fit", GOOD, "--target", "kind", "--labels", "1"],
        FAILURE,
        "data",
        "--labels 1 was given.*36 labelled rows of 2 classes",
    ),
    (
        ["fit", GOOD, "--target", "kind", "--labels", "37"],
        FAILURE,
        "data",
        "Give a number from 2 to 36",
    ),
    (["fit", GOOD, "--no-target", "--labels", "9"], FAILURE, "data", "has no target.*--target"),
    (["fit", GOOD, "--target", "kind", "--labels", "0"], USAGE, "usage", "--labels.*1"),
    (["fit", GOOD, "--no-target", "--labels", "many"], USAGE, "usage", "--labels.*valid integer"),
    (["fit", GOOD, "--no-target", "--seed", "-1"], USAGE, "usage", "--seed"),
    (
        ["fit", GOOD, "--no-target", "--recipe", "deep_autoencodr"],
        USAGE,
        "parameter",
        "no recipe 'deep_autoencodr'.*Did you mean 'deep_autoencoder'",
    ),
    (
        ["fit", GOOD, "--no-target", "--set", "p"],
        USAGE,
        "parameter",
        "--set takes field.path=value",
    ),
    (
        ["fit", GOOD, "--no-target", "--set", "objective.coruption.p=0.1"],
        USAGE,
        "parameter",
        "Did you mean 'corruption'",
    ),
    (
        ["fit", GOOD, "--no-target", "--set", "p=2"],
        USAGE,
        "parameter",
        r"'p' parameter of Swap must be a number in the range \[0, 1\]. Got 2",
    ),
    (["fit", GOOD, "--no-target", "--set", "widths=5"], USAGE, "parameter", "widths"),
    (["fit", GOOD, "--no-target", "--set", "plan=5"], USAGE, "parameter", "plan"),
    (["fit", GOOD, "--no-target", "--set", "stack=5"], USAGE, "parameter", "[Ss]tack"),
    (
        ["fit", GOOD, "--no-target", "--set", "numbers=ranks"],
        USAGE,
        "parameter",
        "'numbers' parameter.*Got 'ranks'",
    ),
    (
        ["fit", GOOD, "--no-target", "--set", "epochs=[1,2,3,4,5]"],
        USAGE,
        "parameter",
        "lists epochs for 5 phases",
    ),
    (
        ["fit", GOOD, "--no-target", "--set", "training.learning_rate=[1,2,3,4,5]"],
        USAGE,
        "parameter",
        "learning_rate for 5 stages",
    ),
    (
        ["fit", GOOD, "--no-target", "--set", "objective.error=bce"],
        USAGE,
        "pairing",
        r"needs values in \[0, 1\]",
    ),
    (
        ["fit", GOOD, "--no-target", "--set", "stack.in_shape=[3]"],
        FAILURE,
        "data",
        r"in_shape=\(3,\) holds 3",
    ),
    (
        ["fit", GOOD, "--no-target", "--set", "stack.0.units=100000000000"],
        FAILURE,
        "memory",
        "not enough memory",
    ),
    (
        ["fit", GOOD, "--no-target", "--device", "gpu"],
        USAGE,
        "parameter",
        "no device 'gpu' here.*Devices: cpu",
    ),
    (["fit", GOOD, "--no-target", "--out", "{files}/file.log"], FAILURE, "file", "Cannot write"),
    (
        ["fit", GOOD, "--no-target", "--out", "{long}"],
        FAILURE,
        "file",
        "Cannot write.*name too long",
    ),
    (["compare", GOOD], FAILURE, "data", "has no target, so there is nothing to compare.*--target"),
    (
        ["compare", GOOD, *KIND, "--labels", "ten"],
        USAGE,
        "parameter",
        "--labels takes numbers. Got 'ten'",
    ),
    (
        ["compare", GOOD, *KIND, "--labels", "4000"],
        USAGE,
        "parameter",
        "A budget of 4,000 labels was asked for",
    ),
    (
        ["compare", GOOD, *KIND, "--draws", "0"],
        USAGE,
        "parameter",
        "'draws' parameter of Study must be an int",
    ),
    (
        ["compare", GOOD, *KIND, "--settings", "5"],
        USAGE,
        "parameter",
        r"'settings' of Study.*\[1, 4\]. Got 5",
    ),
    (
        ["compare", GOOD, *KIND, "--recipe", "laddr"],
        USAGE,
        "parameter",
        "no recipe 'laddr'.*Did you mean 'ladder'",
    ),
    (
        ["compare", GOOD, *KIND, "--baseline", "forest"],
        USAGE,
        "parameter",
        "no baseline 'forest'.*random forest",
    ),
    (["compare", GOOD, *KIND, "--keep", "agge"], USAGE, "parameter", "no column 'agge' to keep"),
    (["compare", GOOD, *KIND, "--backend", "slurm"], USAGE, "parameter", "no backend 'slurm'"),
    (
        ["compare", GOOD, *KIND, "--workers", "0"],
        USAGE,
        "parameter",
        "number of workers must be at least 1",
    ),
    (
        ["compare", GOOD, *KIND, *LITTLE, "--device", "gpu"],
        USAGE,
        "parameter",
        "no device 'gpu' here",
    ),
    (
        ["compare", GOOD, *KIND, *LITTLE, "--set", "objective.error=bce"],
        USAGE,
        "pairing",
        r"needs values in \[0, 1\]",
    ),
    (["compare", GOOD, *KIND, "--out", "{files}/file.log"], FAILURE, "file", "Cannot write"),
    (["fit"], USAGE, "usage", "Missing argument '(?i:DATA)'"),
    (["fit", GOOD, "--no-target", "--tarjet", "kind"], USAGE, "usage", "No such option.*--tarjet"),
    (["fitt"], USAGE, "usage", "No such command 'fitt'"),
    (["predict"], USAGE, "usage", "Missing argument '(?i:MODEL)'"),
    (["predict", "{model}"], USAGE, "usage", "Missing argument '(?i:DATA)'"),
    (["predict", "{files}", GOOD], FAILURE, "model", "is no model folder"),
    (["predict", "{files}/nowhere", GOOD], FAILURE, "model", "is no model folder"),
    (["predict", "{model}", "{files}/nowhere.csv"], FAILURE, "file", "No file or folder"),
    (
        ["predict", "{model}", "{files}/unlabelled.csv"],
        FAILURE,
        "data",
        "lacks 1 of the 3 columns of the training table: 'city'",
    ),
    (["predict", "{model}", "digits"], FAILURE, "data", "nor rows for a model of a table"),
    (["predict", "{damaged}", GOOD], FAILURE, "model", "is damaged.*nothing was loaded"),
    (["inspect", "{damaged}"], FAILURE, "model", "is damaged"),
    (["inspect", "{files}/file.log"], FAILURE, "model", "is no model folder"),
    (["inspect", "{long}"], FAILURE, "model", "no model folder|name too long"),
    (["embed", "{model}", GOOD, "--out", "{files}"], FAILURE, "file", "Cannot write"),
    (
        ["embed", "{model}", GOOD, "--out", "{files}/file.log/x.csv"],
        FAILURE,
        "file",
        "Cannot write",
    ),
]


@pytest.fixture(scope="module")
def damaged(model, tmp_path_factory):
    folder = shutil.copytree(model, tmp_path_factory.mktemp("damaged") / "model")
    path = folder / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    return folder


@pytest.mark.parametrize(
    ("arguments", "code", "kind", "words"),
    FAULTS,
    ids=[" ".join(fault[0])[:60] for fault in FAULTS],
)
def test_a_fault_is_an_exit_code_and_words(
    layerwise, files, model, damaged, tmp_path, arguments, code, kind, words
):
    places = {"files": files, "model": model, "damaged": damaged, "long": "a" * 300}
    given = [argument.format(**places) for argument in arguments]
    if given[0] == "fit":
        given[2:2] = TINY
    if given[0] in ("fit", "compare") and "--out" not in given and len(given) > 1:
        given += ["--out", str(tmp_path)]
    done = layerwise(*given, "--json")
    error = done.json["error"]
    assert set(done.json) == {"error"} and set(error) == {"kind", "message", "hint"}
    said = f"{error['message']} {error['hint']}".replace("\n", " ")
    assert (done.code, error["kind"]) == (code, kind), said
    import re

    assert re.search(words, said), said
    assert done.out.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "kind", "words"),
    FAULTS[::9],
    ids=[" ".join(f[0])[:40] for f in FAULTS[::9]],
)
def test_without_json_a_fault_is_told_on_standard_error(
    layerwise, files, model, damaged, tmp_path, arguments, code, kind, words
):
    places = {"files": files, "model": model, "damaged": damaged, "long": "a" * 300}
    given = [argument.format(**places) for argument in arguments]
    done = layerwise(
        *given,
        *(
            ["--out", str(tmp_path)]
            if given[0] in ("fit", "compare") and "--out" not in given and len(given) > 1
            else []
        ),
    )
    assert done.code == code and not done.out
    told = done.err.splitlines()  # perhaps a note on the rows before it
    assert any(line.startswith("layerwise: ") for line in told) and len(told) <= 4


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 1, "memory"),
        (
            RuntimeError(
                "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: "
                "you tried to allocate 4 bytes."
            ),
            1,
            "memory",
        ),
        (OSError(28, "No space left on device"), 1, "file"),
        (PermissionError(13, "Permission denied"), 1, "file"),
        (ValueError("Found array with 0 sample(s)"), 1, "data"),
    ],
    ids=["interrupt", "memory", "torch's memory", "disk", "permission", "value"],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_whatever_a_workflow_raises_is_told_in_words(
    layerwise, monkeypatch, error, code, kind, as_json
):
    import layerwise.workflows as workflows

    def failing(*args, **settings):
        raise error

    monkeypatch.setattr(workflows, "fit", failing)
    done = layerwise("fit", "digits", *(["--json"] if as_json else []))
    assert done.code == code
    if as_json:
        assert done.json["error"]["kind"] == kind
    else:
        assert not done.out and done.err.startswith("layerwise: ")


# In a process of its own


def shell(command, **settings):
    command = command.replace("layerwise ", f"{sys.executable} -m layerwise.cli ", 1)
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60, **settings
    )


def test_help_imports_nothing_heavy():
    code = """
import sys
sys.argv = ["layerwise", "--help"]
from layerwise.cli import main
try:
    main()
except SystemExit:
    pass
heavy = {"torch", "numpy", "sklearn", "matplotlib", "scipy"}
heavy |= {"polars", "pandas", "narwhals", "jinja2", "PIL"}
print("HEAVY", sorted(heavy & set(sys.modules)))
import layerwise
print("LIGHT", "torch" in sys.modules)
layerwise.PretrainedClassifier, layerwise.load
report = "typer" in sys.modules and "layerwise.report" in sys.modules
print("PLOTS", "matplotlib" in sys.modules, report)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "HEAVY []" in done.stdout, done.stdout + done.stderr
    assert "LIGHT False" in done.stdout and "PLOTS False False" in done.stdout


@pytest.mark.parametrize(
    "ending", [">&-", "> /dev/full", ">&- 2>&-"], ids=["closed", "full", "both closed"]
)
@pytest.mark.parametrize("command", ["layerwise --help", "layerwise --version"])
def test_a_standard_output_that_takes_nothing_is_no_traceback(command, ending):
    done = shell(f"{command} {ending}")
    assert "Traceback" not in done.stderr + done.stdout, done.stderr[-400:] + done.stdout[-400:]
    assert "Exception ignored" not in done.stderr


def test_a_reader_that_has_gone_is_no_traceback():
    done = shell("layerwise --help | true")
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


@pytest.mark.parametrize("verb", ["inspect", "embed"])
def test_a_closed_standard_error_is_no_fault(layerwise, monkeypatch, files, model, verb):
    monkeypatch.setattr(sys, "stderr", None)
    done = layerwise(verb, model, *([files / "good.csv"] if verb == "embed" else []))
    assert done.code == 0 and done.out


def test_sigterm_ends_with_143_and_leaves_nothing(tmp_path):
    code = """
import os, signal, sys
out = sys.argv[1]
sys.argv = ["layerwise", "fit", "digits", "--out", out, "--json", "--quiet", "--device", "cpu"]
from layerwise import observing
from layerwise.cli import main
with observing(lambda event: None):
    import layerwise.estimators.pretrainer as module
    real = module.run_plan
    def run(*args, **settings):
        os.kill(os.getpid(), signal.SIGTERM)
        return real(*args, **settings)
    module.run_plan = run
    main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 143 and "Traceback" not in done.stderr
    assert '"kind": "interrupted"' in done.stdout and not list(tmp_path.iterdir())
