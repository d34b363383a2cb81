"""Folders of images."""

import os

import numpy as np
import pytest
from PIL import Image

from layerwise._errors import DataError, FileError
from layerwise.data.readers import load_dataset
from layerwise.data.readers.pixels import Header, pixels, probe


def draw(path, size=(8, 6), mode="L", seed=0, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    shape = (height, width) if mode == "L" else (height, width, 3)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, shape, dtype=np.uint8)).save(
        path, **options
    )
    return path


def many(folder, count=20, **options):
    for number in range(count):
        draw(folder / f"{number:02d}.png", seed=number, **options)


def test_class_folders_are_labels_and_unlabeled_has_none(tmp_path):
    for part in ("dog/a.png", "cat/b.png", "unlabeled/c.png", "cat/deep/d.png"):
        draw(tmp_path / "pets" / part)
    data = load_dataset(tmp_path / "pets")
    assert (data.name, data.target, data.task, data.image_shape) == (
        "pets",
        "label",
        "classification",
        (1, 6, 8),
    )
    assert data.y.tolist() == ["cat", "cat", "dog", None]
    assert data.X.shape == (4, 48)
    assert data.X.dtype == np.uint8
    assert np.array_equal(
        data.X[0].reshape(6, 8), np.asarray(Image.open(tmp_path / "pets/cat/b.png"))
    )


def test_train_and_test_folders(tmp_path):
    for part in (
        "train/a/1.png",
        "train/b/1.png",
        "unlabelled/1.png",
        "test/a/1.png",
        "test/new/2.png",
    ):
        draw(tmp_path / part)
    data = load_dataset(tmp_path)
    assert data.y.tolist() == ["a", "b", None]
    assert data.test.y.tolist() == ["a", "new"]
    assert data.test.notes == (
        "1 test rows are of classes that no training row has: 'new'. They count as errors.",
    )


def test_images_without_folders_have_no_target(tmp_path):
    many(tmp_path, 3)
    data = load_dataset(tmp_path)
    assert (data.y, data.task, data.target, len(data)) == (None, None, None, 3)


def test_one_coloured_image_makes_all_three_channels_in_channel_order(tmp_path):
    draw(tmp_path / "a/1.png", mode="RGB")
    draw(tmp_path / "a/2.png")
    data = load_dataset(tmp_path)
    assert data.image_shape == (3, 6, 8)
    assert np.array_equal(
        data.X[0].reshape(3, 6, 8).transpose(1, 2, 0), np.asarray(Image.open(tmp_path / "a/1.png"))
    )


def test_different_sizes_become_the_most_common_one(tmp_path):
    many(tmp_path / "a", 3)
    draw(tmp_path / "b/1.png", size=(20, 10))
    data = load_dataset(tmp_path)
    assert data.image_shape == (1, 6, 8)
    assert data.notes == ("The images have 2 sizes; 1 were resized to the most common one, 8 x 6.",)


def test_large_images_are_made_smaller_with_a_note(tmp_path):
    many(tmp_path / "a", 2, size=(256, 100))
    data = load_dataset(tmp_path)
    assert data.image_shape == (1, 25, 64)
    assert "from 256 x 100 to 64 x 25" in data.notes[0]


def test_test_images_get_the_shape_of_training(tmp_path):
    draw(tmp_path / "train/a/1.png")
    draw(tmp_path / "test/a/1.png", size=(16, 12), mode="RGB")
    data = load_dataset(tmp_path)
    assert data.test.image_shape == data.image_shape == (1, 6, 8)
    assert "1 test images were resized to 8 x 6" in data.test.notes[0]


@pytest.mark.parametrize("kind", ["1", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_odd_modes_are_converted(tmp_path, kind):
    path = tmp_path / ("a.tif" if kind in ("CMYK", "I;16") else "a.png")
    source = (
        Image.fromarray(np.array([[0, 65535], [65535, 0]], np.uint16))
        if kind == "I;16"
        else Image.new("L", (2, 2), 255)
    )
    (source if kind == "I;16" else source.convert(kind)).save(path)
    header = probe(path)
    assert isinstance(header, Header)
    assert header.grey == (kind in ("1", "LA", "I;16"))
    for grey in (True, False):
        image = pixels(path, (2, 2), grey)
        assert image.shape == (1 if grey else 3, 2, 2)
        assert image.max() == 255


def test_transparency_is_laid_on_white(tmp_path):
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert (pixels(tmp_path / "a.png", (2, 2), False) == 255).all()


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_exif_rotation_is_applied(tmp_path, ending):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees
    path = tmp_path / f"a.{ending}"
    dark = np.zeros((4, 8), np.uint8)
    dark[:, :4] = 255
    Image.fromarray(dark).save(path, exif=exif)
    assert probe(path).size == (4, 8)
    image = pixels(path, (4, 8), True)[0]
    assert image[:4].mean() > 250
    assert image[4:].mean() < 5


def test_the_first_frame_of_an_animation_is_taken(tmp_path):
    frames = [Image.new("L", (4, 4), value) for value in (0, 255)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert (pixels(tmp_path / "a.gif", (4, 4), True) == 0).all()


def test_kind_is_told_by_content_and_other_files_are_ignored(tmp_path):
    many(tmp_path / "a", 2)
    (tmp_path / "a/00.png").rename(tmp_path / "a/00.dat")
    (tmp_path / "a/notes.txt").write_text("x")
    (tmp_path / ".hidden").write_text("x")
    (tmp_path / "labels.csv").write_text("x")
    data = load_dataset(tmp_path)
    assert len(data) == 2
    assert data.notes == ("2 files that are no images were ignored.",)


def test_a_few_unreadable_images_are_skipped_and_listed(tmp_path):
    many(tmp_path / "a", 38)
    (tmp_path / "a/empty.png").touch()
    cut = draw(tmp_path / "a/z<b>.jpg", size=(50, 50))
    cut.write_bytes(cut.read_bytes()[:-400])
    data = load_dataset(tmp_path)
    assert len(data) == len(data.y) == 38
    assert (
        "2 of 40 images could not be read and were skipped: 'a/empty.png' (empty), 'a/z<b>.jpg' "
        "(truncated)." in data.notes
    )


def test_many_unreadable_images_are_an_error(tmp_path):
    many(tmp_path / "a", 4)
    (tmp_path / "a/bad.png").write_bytes(b"GIF89a but not really")
    with pytest.raises(
        FileError, match=r"1 of 5 images could not be read: 'a/bad.png'.*up to 10 %"
    ):
        load_dataset(tmp_path)


def test_wrong_content_under_an_image_ending_is_unreadable(tmp_path):
    (tmp_path / "a.png").write_bytes(b"<svg>")
    assert probe(tmp_path / "a.png") == "not an image of a known kind"


def test_pixel_budget_is_read_from_the_header(tmp_path):
    Image.new("1", (13000, 13000)).save(tmp_path / "bomb.png")
    assert probe(tmp_path / "bomb.png") == "13000 x 13000 is over 25 million pixels"
    many(tmp_path, 2)
    with pytest.raises(FileError, match=r"'bomb.png' .13000 x 13000 is over 25 million pixels"):
        load_dataset(tmp_path)


def test_links_out_of_the_folder_are_skipped(tmp_path):
    outside = draw(tmp_path / "outside.png")
    many(tmp_path / "set/a", 2)
    os.symlink(outside, tmp_path / "set/a/link.png")
    os.symlink(tmp_path, tmp_path / "set/b")
    os.symlink(tmp_path / "set/a/00.png", tmp_path / "set/a/inside.png")
    data = load_dataset(tmp_path / "set")
    assert len(data) == 3
    assert "2 symbolic links" in data.notes[0]
    assert "'a/link.png', 'b'" in data.notes[0]


def test_images_beside_class_folders_are_refused(tmp_path):
    draw(tmp_path / "a/1.png")
    draw(tmp_path / "stray.png")
    with pytest.raises(
        DataError, match=r"1 images lie beside the class folders.*'stray.png'.*'unlabeled'"
    ):
        load_dataset(tmp_path)


def test_images_know_their_target(tmp_path):
    draw(tmp_path / "a/1.png")
    with pytest.raises(DataError, match=r"has no column 'kind': its target is always 'label'"):
        load_dataset(tmp_path, target="kind")


def test_class_folder_that_is_not_utf8_is_refused(tmp_path):
    many(tmp_path / "a", 1)
    try:
        os.mkdir(os.fsencode(tmp_path) + b"/\xff")
    except OSError:
        pytest.skip("this file system refuses such names")
    (tmp_path / "a/00.png").rename(os.path.join(tmp_path, os.fsdecode(b"\xff"), "1.png"))
    with pytest.raises(FileError, match=r"'\\udcff' has a name that is not UTF-8"):
        load_dataset(tmp_path)


def test_mutated_images_never_raise_from_the_decoder(tmp_path):
    rng = np.random.default_rng(0)
    for ending in ("png", "jpg", "gif", "bmp", "tif", "webp", "ppm"):
        path = draw(tmp_path / f"a.{ending}", size=(16, 16))
        content = np.frombuffer(path.read_bytes(), np.uint8)
        for _ in range(60):
            damaged = content[: rng.integers(1, len(content) + 1)].copy()
            damaged[rng.integers(0, len(damaged), 3)] = rng.integers(0, 256, 3)
            path.write_bytes(damaged.tobytes())
            assert isinstance(probe(path), (Header, str, type(None)))
            assert isinstance(pixels(path, (16, 16), True), (np.ndarray, str))
