"""NumPy files, IDX folders and embedded sets."""

import gzip
import io
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest

from layerwise._errors import DataError, FileError
from layerwise.data.readers import EMBEDDED, arrays, files, load_dataset


def idx(array, shape=None, magic=None):
    shape = array.shape if shape is None else shape
    return (
        (magic or bytes((0, 0, 8, len(shape))))
        + struct.pack(f">{len(shape)}I", *shape)
        + array.astype(np.uint8).tobytes()
    )


IMAGES, LABELS = np.arange(60).reshape(5, 3, 4), np.arange(5)


def write_idx(folder, train=True, test=False, pack=False):
    folder.mkdir(exist_ok=True)
    for split, wanted in (("train", train), ("t10k", test)):
        for name, array in (
            (("images-idx3-ubyte", IMAGES), ("labels-idx1-ubyte", LABELS)) if wanted else ()
        ):
            path = folder / f"{split}-{name}{'.gz' if pack else ''}"
            path.write_bytes(gzip.compress(idx(array)) if pack else idx(array))
    return folder


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded_sets_have_labels_for_all_rows(name):
    data = load_dataset(name)
    assert len(data) == len(data.y)
    assert data.target == "label"
    assert data.task == ("regression" if name == "diabetes" else "classification")


def test_digits_are_images_between_zero_and_one():
    data = load_dataset("digits", target="label")
    assert data.X.dtype == np.float32
    assert (data.X.min(), data.X.max(), data.image_shape) == (0, 1, (1, 8, 8))


def test_embedded_sets_know_their_target_and_are_no_test():
    with pytest.raises(
        DataError, match=r"'digits' has no column 'number': its target is always 'label'"
    ):
        load_dataset("digits", target="number")
    with pytest.raises(
        DataError, match=r"'digits' is a set for classification. Got task='regression'"
    ):
        load_dataset("digits", task="regression")
    with pytest.raises(DataError, match=r"embedded set 'digits' cannot be a test set"):
        load_dataset("digits", test="digits")


@pytest.mark.parametrize("pack", [False, True])
def test_idx_folder_has_train_and_test(tmp_path, pack):
    data = load_dataset(write_idx(tmp_path / "small", test=True, pack=pack))
    assert (data.name, data.image_shape, data.task) == ("small", (1, 3, 4), "classification")
    assert np.array_equal(data.X, IMAGES.reshape(5, 12))
    assert data.X.dtype == np.uint8
    assert np.array_equal(data.test.y, LABELS)
    assert data.X.flags.writeable


def test_idx_without_labels_has_no_target(tmp_path):
    write_idx(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    data = load_dataset(tmp_path)
    assert (data.y, data.task, data.target) == (None, None, None)


def test_idx_test_folder_may_be_named(tmp_path):
    data = load_dataset(
        write_idx(tmp_path / "a"), test=write_idx(tmp_path / "b", train=False, test=True)
    )
    assert np.array_equal(data.test.X, data.X)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "train-images-idx3-ubyte",
            idx(IMAGES)[:-1],
            "is truncated: its header .5, 3, 4. needs 60 bytes, it holds 59",
        ),
        ("train-images-idx3-ubyte", idx(IMAGES)[:9], "is truncated inside its header"),
        ("train-images-idx3-ubyte", idx(IMAGES) + b"x", "is damaged.*it holds more"),
        (
            "train-images-idx3-ubyte",
            idx(IMAGES, (10**6, 28, 10)),
            "is truncated.*needs 280000000 bytes, it holds 60",
        ),
        ("train-images-idx3-ubyte", idx(IMAGES, (2**32 - 1,) * 3), "says that it holds"),
        ("train-images-idx3-ubyte", idx(IMAGES, (0, 3, 4)), "says that it holds 0 values"),
        (
            "train-images-idx3-ubyte",
            idx(IMAGES, magic=b"\0\0\x0d\3"),
            "begins with 00 00 0d 03, not 00 00 08 03",
        ),
        ("train-images-idx3-ubyte", b"", "begins with nothing"),
        ("train-labels-idx1-ubyte", idx(np.arange(4)), "4 labels in .*, 5 images"),
        ("train-labels-idx1-ubyte", idx(IMAGES), "unsigned bytes with 1 dimension:"),
        ("other-train-images-idx3-ubyte", idx(IMAGES), "holds two files of train images"),
        (
            "t10k-images-idx3-ubyte",
            idx(IMAGES.reshape(5, 4, 3)),
            "training images are .1, 3, 4., the test images .1, 4, 3.",
        ),
    ],
)
def test_bad_idx_is_refused(tmp_path, name, content, message):
    write_idx(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=message):
        load_dataset(tmp_path)


def test_idx_of_a_truncated_gzip_is_refused(tmp_path):
    path = write_idx(tmp_path, pack=True) / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(FileError, match=r"compressed data ends too early"):
        load_dataset(tmp_path)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("f4", "f4"),
        ("f2", "f4"),
        (">f8", "f8"),
        ("u1", "u1"),
        ("i2", "f4"),
        ("i8", "f8"),
        ("?", "f4"),
    ],
)
def test_npy_rows_become_float_or_uint8(tmp_path, dtype, expected):
    np.save(tmp_path / "rows.npy", np.ones((3, 2), dtype))
    data = load_dataset(tmp_path / "rows.npy")
    assert data.X.dtype == np.dtype(expected)
    assert (data.name, data.y, data.X.shape) == ("rows", None, (3, 2))


@pytest.mark.parametrize(
    ("shape", "image"), [((4, 6), None), ((4, 2, 3), (1, 2, 3)), ((4, 3, 2, 2), (3, 2, 2))]
)
def test_npz_shapes_tell_images(tmp_path, shape, image):
    np.savez(tmp_path / "t.npz", X=np.zeros(shape, np.uint8), y=np.arange(4))
    data = load_dataset(tmp_path / "t.npz")
    assert data.image_shape == image
    assert data.X.shape == (4, np.prod(shape[1:]))
    assert data.y.dtype == np.int64


def test_npz_nan_marks_a_missing_label_and_minus_one_does_not(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2)), target=np.array([1.0, np.nan, 0.0]))
    assert load_dataset(tmp_path / "a.npz").y.tolist() == [1, None, 0]
    np.savez(tmp_path / "b.npz", x=np.zeros((3, 2)), target=np.array([1, -1, 0]))
    assert load_dataset(tmp_path / "b.npz").y.tolist() == [1, -1, 0]


def test_npz_texts_regression_and_test_part(tmp_path):
    np.savez(
        tmp_path / "a.npz",
        X=np.zeros((2, 2)),
        y=np.array(["p", "q"]),
        X_test=np.zeros((1, 2)),
        y_test=np.array(["q"]),
        z=[1],
    )
    data = load_dataset(tmp_path / "a.npz")
    assert data.y.tolist() == ["p", "q"]
    assert data.test.y.tolist() == ["q"]
    assert data.notes == ("Arrays that were not read: 'z'.",)
    np.savez(tmp_path / "b.npz", X=np.zeros((2, 2)), y=np.array([0.5, 2.0]))
    assert load_dataset(tmp_path / "b.npz").task == "regression"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"Y": np.zeros(3)}, "has no array 'X': it holds 'Y'"),
        ({"X": np.zeros(3)}, r"has the shape \(3,\).*Expected \(n, d\)"),
        ({"X": np.zeros((0, 3))}, r"has the shape \(0, 3\)"),
        ({"X": np.zeros((2, 8, 8, 3))}, "channels seem to be last"),
        ({"X": np.array([["a"]])}, "rows must be numbers"),
        ({"X": np.zeros((3, 2)), "y": np.zeros(2)}, r"y' has the shape \(2,\); expected \(3,\)"),
        ({"X": np.zeros((3, 2)), "y": np.eye(3)}, "one-hot labels"),
        ({"X": np.array([[0, 1], [0, np.inf]])}, "holds inf in row 1, column 1"),
        ({"X": np.array([[0, 1], [1e39, 0]])}, "holds 1e.39 in row 1, column 0"),
        (
            {"X": np.zeros((3, 2)), "X_test": np.zeros((3, 5))},
            "'X_test' has 5 features, the training rows have 2",
        ),
    ],
)
def test_bad_npz_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "t.npz", **arrays)
    with pytest.raises(DataError, match=message):
        load_dataset(tmp_path / "t.npz")


def test_wide_numbers_are_refused_or_kept_without_a_warning(tmp_path):
    np.savez(tmp_path / "t.npz", X=np.zeros((2, 2)), y=np.array([2**63 + 5, 1], np.uint64))
    assert load_dataset(tmp_path / "t.npz").y.tolist() == [str(2**63 + 5), "1"]
    np.save(tmp_path / "t.npy", np.full((2, 2), np.finfo(np.longdouble).max))
    with pytest.raises(DataError, match=r"numbers must stay within"):
        load_dataset(tmp_path / "t.npy")


def test_npz_target_may_be_named(tmp_path):
    np.savez(tmp_path / "t.npz", X=np.zeros((2, 2)), age=np.array([0.5, 1.5]), y=[0, 1])
    assert load_dataset(tmp_path / "t.npz", target="age").target == "age"
    with pytest.raises(DataError, match=r"no array 'agee'. Did you mean 'age'"):
        load_dataset(tmp_path / "t.npz", target="agee")


def test_npy_has_no_target(tmp_path):
    np.save(tmp_path / "t.npy", np.zeros((2, 2)))
    with pytest.raises(DataError, match=r"holds one array and no target 'y'.*npz"):
        load_dataset(tmp_path / "t.npy", target="y")


class Armed:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize("name", ["t.npy", "t.npz"])
def test_objects_are_refused_and_never_loaded(tmp_path, name):
    rows = np.array([[Armed()]], dtype=object)
    np.save(tmp_path / name, rows) if name.endswith("npy") else np.savez(tmp_path / name, X=rows)
    with pytest.raises(FileError, match=r"holds Python objects.*never loaded"):
        load_dataset(tmp_path / name)


@pytest.mark.parametrize("name", ["t.npy", "t.npz"])
@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps(Armed())])
def test_what_is_no_numpy_file_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=r"cannot be read as a NumPy file|is not a .npz file"):
        load_dataset(tmp_path / name)


def test_truncated_numpy_files_are_refused(tmp_path):
    np.save(tmp_path / "t.npy", np.zeros((100, 20)))
    np.savez(tmp_path / "t.npz", X=np.zeros((100, 20)))
    for name in ("t.npy", "t.npz"):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:1000])
        with pytest.raises(FileError, match=r"cannot be read as a NumPy file|truncated"):
            load_dataset(path)


def test_npz_that_claims_more_than_it_holds_is_refused_before_allocation(tmp_path):
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        member, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**3)}
    )
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as archive:
        archive.writestr("X.npy", member.getvalue())
    with pytest.raises(FileError, match=r"says that it holds 8000000000000 bytes"):
        load_dataset(tmp_path / "t.npz")


def test_test_arrays_must_have_the_same_features_and_form(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 2)))
    np.save(tmp_path / "b.npy", np.zeros((2, 3)))
    (tmp_path / "c.csv").write_text("a,b\n1,2\n")
    assert load_dataset(tmp_path / "a.npy", test=tmp_path / "a.npy").test.X.shape == (2, 2)
    with pytest.raises(DataError, match=r"'b' has 3 features, the data 'a' 2"):
        load_dataset(tmp_path / "a.npy", test=tmp_path / "b.npy")
    with pytest.raises(DataError, match=r"is not of the same form as 'a'"):
        load_dataset(tmp_path / "a.npy", test=tmp_path / "c.csv")


# Sizes


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("most", [1 << 28, 0], ids=["in memory", "mapped"])
def test_a_file_is_never_mapped_itself(tmp_path, monkeypatch, order, most):
    monkeypatch.setattr(arrays, "_MAPPED", most)
    X = np.asarray(np.random.default_rng(0).normal(size=(50, 3)), order=order)
    np.save(tmp_path / "x.npy", X)
    found = load_dataset(str(tmp_path / "x.npy")).X
    (tmp_path / "x.npy").write_bytes(b"")  # a map of it would end the process now
    assert np.array_equal(found, X)


@pytest.mark.parametrize("most", [1 << 28, 0], ids=["in memory", "mapped"])
def test_a_file_that_is_truncated_while_it_is_read_is_an_error(tmp_path, monkeypatch, most):
    path, real = tmp_path / "x.npy", arrays.open_memmap
    np.save(path, np.zeros((1000, 3)))

    def truncating(*given, **settings):
        found = real(*given, **settings)
        os.truncate(path, 1000)
        return found

    monkeypatch.setattr(arrays, "_MAPPED", most)
    monkeypatch.setattr(arrays, "open_memmap", truncating)
    with pytest.raises(FileError, match="was truncated while it was read: 872 of 24,000 bytes"):
        load_dataset(str(path))


def test_a_npz_that_grows_without_bounds_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_FREE", 1 << 20)
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, X=np.zeros((4, 1 << 20), np.uint8))
    with pytest.raises(FileError, match=r"grows from 4,\d+ packed bytes to 4,194,\d+ or more"):
        load_dataset(str(path))


def test_a_gzip_file_that_grows_without_bounds_is_refused_while_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_FREE", 1 << 20)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * (1 << 19), 9))
    with pytest.raises(FileError, match="at most 200 times the packed ones.*unpack it"):
        load_dataset(str(path))


def test_what_compresses_well_is_still_read(tmp_path):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, X=np.eye(2000, dtype=np.float32))
    assert path.stat().st_size * 200 < 2000 * 2000 * 4
    assert load_dataset(str(path)).X.shape == (2000, 2000)


@pytest.mark.parametrize("packed", [False, True], ids=["npy", "npz"])
def test_a_header_without_bounds_is_refused_before_it_is_read(tmp_path, packed):
    size = 200_000
    data = b"\x93NUMPY\x02\x00" + size.to_bytes(4, "little") + b" " * size
    path = tmp_path / ("x.npz" if packed else "x.npy")
    path.write_bytes(data)
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("X.npy", data)
    with pytest.raises(FileError, match="header says that it has 200,000 bytes; at most 131,072"):
        load_dataset(str(path))
