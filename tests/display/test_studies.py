"""Pictures of a study: what stands on the axes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from layerwise import (
    BudgetCurveDisplay,
    DataError,
    DifferenceDisplay,
    FileError,
    LabelsSavedDisplay,
    ParameterError,
)

ALL = (BudgetCurveDisplay, DifferenceDisplay, LabelsSavedDisplay)
HOSTILE = "_$\\frac{1}{2$ <b>&\x1b[31m\x00"


def told(legend):
    return [text.get_text() for text in legend.get_texts()]


def labels_of(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_curves_show_the_verdicts_recipe_its_control_and_the_best_baseline(make_study):
    display = BudgetCurveDisplay.from_study(make_study())
    assert told(display.legend_) == ["sdae, pretrained", "sdae, random start", "forest"]
    first = display.lines_[0]
    assert first.get_xdata().tolist() == [20, 200]
    assert first.get_ydata() == pytest.approx([80, 90])
    assert display.ax_.get_xscale() == "log" and labels_of(display.ax_.xaxis) == ["20", "200"]
    assert display.ax_.get_ylabel() == "test accuracy, %"
    assert all(band is not None for band in display.bands_)


def test_curves_are_told_apart_without_colour(make_study):
    lines = BudgetCurveDisplay.from_study(make_study(), arms="all").lines_
    looks = {(line.get_marker(), line.get_markerfacecolor() == "#ffffff") for line in lines}
    assert len(lines) == len(looks) == 6


def test_chosen_arms_are_drawn_in_the_order_given_and_an_unknown_one_is_refused(make_study):
    display = BudgetCurveDisplay.from_study(make_study(), arms=["forest", "deep, pretrained"])
    assert display.arms == ["forest", "deep, pretrained"]
    with pytest.raises(ParameterError, match=r"no arm 'forests'.*Did you mean 'forest'"):
        BudgetCurveDisplay.from_study(make_study(), arms=["forests"])


def test_of_a_loss_the_lowest_baseline_is_the_best_and_the_axis_says_so(make_study):
    found = make_study("log_loss", higher_is_better=False)
    display = BudgetCurveDisplay.from_study(found)
    assert display.arms[-1] == "majority"
    assert display.ax_.get_ylabel() == "test log loss (lower is better)"
    assert display.lines_[0].get_ydata() == pytest.approx([0.8, 0.9])


def test_a_budget_without_a_result_leaves_a_gap_and_no_band_is_wider_than_the_picture(make_study):
    found = make_study("r2")
    found["summary"][0] |= {"mean": None, "low": None, "high": None}
    found["summary"][3] |= {"low": -40.0, "high": 40.0}
    display = BudgetCurveDisplay.from_study(found)
    assert np.isnan(display.lines_[0].get_ydata()[0])
    low, high = display.ax_.get_ylim()
    assert -1 < low < high < 2


def test_without_recipes_all_arms_are_drawn(make_study):
    display = BudgetCurveDisplay.from_study(make_study(differences=[]), bands=False)
    assert len(display.lines_) == 6 and display.bands_ == [None] * 6


def test_differences_stand_against_zero_and_the_region_of_practical_equivalence(make_study):
    display = DifferenceDisplay.from_study(make_study())
    points, _, [bars] = display.errorbar_.lines
    assert points.get_xdata() == pytest.approx([10, 2])
    ends = [segment[:, 0].tolist() for segment in bars.get_segments()]
    assert ends[0] == pytest.approx([9, 11])
    assert display.zero_.get_xdata() == [0, 0]
    assert display.region_.get_x() == pytest.approx(-0.5)
    assert display.region_.get_width() == pytest.approx(1.0)
    assert labels_of(display.ax_.yaxis) == ["20 labels", "200 labels"]
    assert display.ax_.get_title(loc="left") == "sdae"
    assert display.ax_.get_xlabel() == "gain over the control, points of accuracy"


def test_a_recipe_is_chosen_by_name(make_study):
    display = DifferenceDisplay.from_study(make_study(), "deep")
    assert display.mean.tolist() == [-0.01, -0.01]
    with pytest.raises(ParameterError, match=r"no recipe 'sdea'.*deep, sdae.*Did you mean 'sdae'"):
        DifferenceDisplay.from_study(make_study(), "sdea")


def test_a_difference_without_an_interval_is_a_point(make_study):
    found = make_study()
    found["differences"][2] |= {"low": None, "high": None}
    display = DifferenceDisplay.from_study(found)
    [bars] = display.errorbar_.lines[2]
    assert np.ptp(bars.get_segments()[0][:, 0]) == 0


def test_labels_needed_beyond_the_largest_budget_are_a_triangle_and_an_arrow(make_study):
    display = LabelsSavedDisplay.from_study(make_study())
    assert [line.get_marker() for line in display.points_] == ["o", "^"]
    assert display.points_[0].get_ydata() == [70.0] and display.points_[1].get_ydata() == [200]
    line, arrow = display.intervals_
    assert list(line.get_ydata()) == [30.0, 120.0]
    assert arrow.xyann == (200, 180.0) and arrow.xy[1] > 200
    diagonal = display.diagonal_
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata())
    assert display.ax_.get_xscale() == display.ax_.get_yscale() == "log"


def test_where_the_control_needs_fewer_than_its_smallest_budget_the_triangle_points_down():
    display = LabelsSavedDisplay([20], [20], [20], [20], or_fewer=[True]).plot()
    assert display.points_[0].get_marker() == "v"


def test_a_study_that_cannot_tell_labels_saved_is_refused(make_study):
    with pytest.raises(DataError, match="nothing of labels saved by 'sdae'.*three draws"):
        LabelsSavedDisplay.from_study(make_study(labels_saved=[]))


@pytest.mark.parametrize("display", ALL)
def test_a_study_is_read_from_the_file_of_its_report(display, make_study, tmp_path):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(make_study()))
    for given in (path, str(path)):
        assert display.from_study(given).figure_ is not None
    with pytest.raises(FileError, match=r"other\.json"):
        display.from_study(tmp_path / "other.json")
    path.write_text('{"title": "a fit"}')
    with pytest.raises(DataError, match=r"is no result of a study.*report\.json in its folder"):
        display.from_study(path)


@pytest.mark.parametrize("display", ALL)
def test_given_axes_are_painted_on_and_no_figure_is_opened(display, make_study):
    axes = Figure().add_subplot()
    before = pyplot.get_fignums()
    made = display.from_study(make_study(), ax=axes)
    assert made.ax_ is axes and made.figure_ is axes.figure and pyplot.get_fignums() == before


@pytest.mark.parametrize("display", ALL)
def test_a_study_without_recipes_has_nothing_beside_a_control(display, make_study):
    if display is not BudgetCurveDisplay:
        with pytest.raises(DataError, match="No recipe took part"):
            display.from_study(make_study(differences=[]))


def test_names_are_only_ever_text(make_study, tmp_path):
    found = json.loads(json.dumps(make_study()).replace("sdae", json.dumps(HOSTILE)[1:-1]))
    for display in ALL:
        made = display.from_study(found)
        made.figure_.savefig(tmp_path / "picture.png")  # a formula would fail here
    shown = told(BudgetCurveDisplay.from_study(found).legend_)[0]
    assert shown.startswith("_$\\frac{1}{2$ <b>&") and "\x1b" not in shown


@pytest.mark.parametrize(
    "make",
    [
        lambda: BudgetCurveDisplay([20], [[0.1, 0.2]], [[0.1]], [[0.3]], ["a"]),
        lambda: DifferenceDisplay([20, 50], [0.1], [0.0], [0.2]),
        lambda: LabelsSavedDisplay([20, 50], [30], [20], [40]),
        lambda: LabelsSavedDisplay([], [], [], []),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(make):
    with pytest.raises(DataError, match="have the shapes"):
        make()
