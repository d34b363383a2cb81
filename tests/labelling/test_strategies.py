"""What to ask about next: against scikit-activeml where both define the same, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin

from layerwise import (
    Badge,
    Candidates,
    Coverage,
    DataError,
    Disagreement,
    Entropy,
    Margin,
    PairingError,
    ParameterError,
    Random,
    Strategy,
    Typical,
    TypicalThenMargin,
    WithRandom,
)
from layerwise._spec import from_dict, registered
from layerwise.labelling import strategy_named
from layerwise.labelling.spread import clusters

OF_CLASSES = [Random(), Typical(), Coverage(), Margin(), Entropy(), Badge(), TypicalThenMargin()]
OF_CLASSES += [WithRandom()]
OF_NUMBERS = [Random(), Typical(), Coverage(), Disagreement(), TypicalThenMargin(), WithRandom()]


class Says(ClassifierMixin, BaseEstimator):
    """A classifier that says what it was told to of rows that it is given by their first number."""

    def __init__(self, probabilities):
        self.probabilities = probabilities
        self.classes_ = np.arange(probabilities.shape[1])

    def fit(self, X, y, sample_weight=None):
        return self

    def predict_proba(self, X):
        return self.probabilities[X[:, 0].astype(int)]


def made(n=60, classes=4, labelled=5, seed=0):
    rng = np.random.default_rng(seed)
    codes = rng.normal(size=(n, 3))
    p = rng.dirichlet(np.ones(classes), size=n)
    return Candidates(codes, labelled=rng.choice(n, labelled, replace=False), probabilities=p)


def answers(pool):
    """Return labels as scikit-activeml has them: NaN where there is none."""
    y = np.full(len(pool.codes), np.nan)
    y[pool.labelled] = 0
    return y


def theirs():
    return pytest.importorskip("skactiveml.pool", reason="pip install scikit-activeml")


def rows(strategy, pool, n, seed=0):
    return [query.row for query in strategy.choose(pool, n, seed)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("strategy", "method"),
    [(Margin(apart=0), "margin_sampling"), (Entropy(apart=0), "entropy")],
)
def test_unsure_rows_are_those_of_scikit_activeml(strategy, method, seed):
    pool_of = theirs()
    from skactiveml.classifier import SklearnClassifier

    pool = made(seed=seed)
    X = np.arange(60.0)[:, None]
    model = SklearnClassifier(Says(pool.probabilities), classes=range(4), missing_label=np.nan)
    found = pool_of.UncertaintySampling(method=method, random_state=0).query(
        X, answers(pool), clf=model, fit_clf=True, batch_size=6
    )
    assert rows(strategy, pool, 6) == list(found)


@pytest.mark.parametrize("seed", range(4))
def test_coverage_is_scikit_activemls_core_set(seed):
    pool_of, pool = theirs(), made(seed=seed)
    found = pool_of.CoreSet(random_state=0).query(pool.codes, answers(pool), batch_size=8)
    assert rows(Coverage(), pool, 8) == list(found)


@pytest.mark.parametrize("seed", range(4))
def test_typical_rows_are_scikit_activemls_where_clusters_are_clear(seed):
    rng = np.random.default_rng(seed)
    sizes = [20, 18, 16, 14, 12, 10]
    centres = 50 * rng.permutation(6)
    codes = np.concatenate(
        [rng.normal(c, 1, (size, 2)) for c, size in zip(centres, sizes, strict=True)]
    )
    pool = Candidates(codes, labelled=[3, 40])
    found = theirs().TypiClust(k=20, random_state=0).query(codes, answers(pool), batch_size=4)
    assert rows(Typical(), pool, 4) == list(found)
    assert rows(Typical(), pool, 4, seed=9) == list(found)


def test_badge_is_k_means_plus_plus_on_the_gradients(monkeypatch):
    pool = made(n=40)
    gradients = pool.probabilities.copy()
    gradients[np.arange(40), gradients.argmax(1)] -= 1
    gradients = (gradients[:, :, None] * pool.codes[:, None, :]).reshape(40, -1)[pool.open]
    seen = []

    def first_likely(away, taken, rng):
        seen.append(away.copy())
        return int(np.argmax(away))

    monkeypatch.setattr("layerwise.labelling.badge._drawn", first_likely)
    found = rows(Badge(), pool, 5)
    taken = [int(np.flatnonzero(pool.open == row)[0]) for row in found]
    np.testing.assert_allclose(seen[0], np.square(gradients).sum(1))
    for i in range(1, 5):
        apart = np.square(gradients[:, None] - gradients[taken[:i]][None]).sum(2).min(1)
        np.testing.assert_allclose(seen[i], apart, atol=1e-9)


def test_badge_draws_rows_as_likely_as_their_squared_distance():
    codes = np.array([[3.0], [1.0], [2.0], [0.0]])
    pool = Candidates(codes, probabilities=np.full((4, 2), 0.5))
    counts = np.zeros(4)
    for seed in range(2000):
        first, second = rows(Badge(), pool, 2, seed)
        assert first == 0
        counts[second] += 1
    np.testing.assert_allclose(counts / 2000, [0, 4 / 14, 1 / 14, 9 / 14], atol=0.03)


@pytest.mark.parametrize("strategy", OF_CLASSES, ids=repr)
def test_a_batch_has_rows_without_a_label_once_each_and_the_same_for_the_same_seed(strategy):
    for n in (1, 7, 55, 80):
        pool = made()
        batch = strategy.choose(pool, n, 3)
        found = [query.row for query in batch]
        assert len(found) == len(set(found)) == min(n, 55)
        assert not set(found) & set(pool.labelled.tolist())
        assert batch == strategy.choose(pool, n, 3)
        assert all(query.reason for query in batch)


@pytest.mark.parametrize("strategy", OF_NUMBERS, ids=repr)
def test_numbers_are_asked_about_too(strategy):
    rng = np.random.default_rng(0)
    pool = Candidates(rng.normal(size=(150, 2)), range(120), predictions=rng.normal(size=(3, 150)))
    assert len(set(rows(strategy, pool, 10))) == 10


@pytest.mark.parametrize("strategy", OF_CLASSES, ids=repr)
def test_rows_that_are_all_equal_or_all_labelled_are_no_trouble(strategy):
    p = np.full((6, 3), 1 / 3)
    assert len(rows(strategy, Candidates(np.zeros((6, 2)), [0], probabilities=p), 4)) == 4
    assert strategy.choose(Candidates(np.zeros((6, 2)), range(6), probabilities=p), 4) == []
    assert rows(strategy, Candidates(np.zeros((1, 2)), probabilities=p[:1]), 4) == [0]


@pytest.mark.parametrize("strategy", [Margin(), Entropy(), Disagreement()], ids=repr)
def test_near_duplicates_are_not_asked_about_twice(strategy):
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(40, 4))
    codes[:10] = codes[0] + 1e-4 * rng.normal(size=(10, 4))
    p = np.tile([0.9, 0.1], (40, 1))
    p[:10] = 0.5
    predictions = np.vstack([np.zeros(40), np.where(np.arange(40) < 10, 9.0, rng.random(40))])
    pool = Candidates(codes, probabilities=p, predictions=predictions)
    found = rows(strategy, pool, 5)
    assert found[0] == 0 and min(found[1:]) >= 10
    assert sorted(rows(strategy.replace("apart", 0.0), pool, 5)) == [0, 1, 2, 3, 4]
    assert len(rows(strategy, pool, 38)) == 38  # where there is nothing else, duplicates follow


def test_typical_rows_come_from_the_largest_cluster_without_a_label():
    rng = np.random.default_rng(0)
    codes = np.concatenate([rng.normal(c, 1, (s, 2)) for c, s in ((0, 30), (40, 20), (80, 10))])
    (query,) = Typical().choose(Candidates(codes, labelled=[0, 59]), 1)
    assert 30 <= query.row < 50
    assert query.reason == "typical of 20 rows that are alike"
    near = np.sort(np.linalg.norm(codes[30:50, None] - codes[None, 30:50], axis=2), axis=1)
    densest = 30 + int(np.argmin(near[:, 1:20].mean(1)))
    assert query.row == densest


def test_clusters_of_outliers_wait():
    rng = np.random.default_rng(0)
    codes = np.concatenate([rng.normal(0, 1, (60, 2)), [[500.0, 0.0]], [[0.0, 500.0]]])
    assert not {60, 61} & set(rows(Typical(), Candidates(codes), 5))


def test_many_clusters_are_found_among_many_rows():
    rng = np.random.default_rng(0)
    found = clusters(rng.normal(size=(3000, 4)), 80, 0)
    assert len(found) == 3000 and len(np.unique(found)) > 60


def test_typical_rows_first_then_those_between_two_classes():
    p = np.tile([0.9, 0.1], (50, 1))
    codes = np.random.default_rng(0).normal(size=(50, 2))
    for labelled, turn in ((19, Typical()), (20, Margin())):
        pool = Candidates(codes, range(labelled), probabilities=p)
        assert TypicalThenMargin().now(pool) == turn
        assert rows(TypicalThenMargin(), pool, 3, 5) == rows(turn, pool, 3, 5)
    numbers = np.zeros((2, 200))
    codes = np.random.default_rng(0).normal(size=(200, 2))
    assert TypicalThenMargin().now(Candidates(codes, range(99), predictions=numbers)) == Coverage()
    more = Candidates(codes, range(100), predictions=numbers)
    assert TypicalThenMargin().now(more) == Disagreement()
    assert TypicalThenMargin().now(Candidates(codes, range(150))) == Typical()


@pytest.mark.parametrize(("share", "drawn"), [(0.0, 0), (0.2, 2), (0.21, 3), (1.0, 10)])
def test_a_share_of_a_batch_is_left_to_chance(share, drawn):
    batch = WithRandom(Margin(), share=share).choose(made(), 10)
    assert sum(query.reason == "drawn at random" for query in batch) == drawn
    assert len({query.row for query in batch}) == 10


def test_reasons_name_the_classes():
    p = [[0.5, 0.3, 0.2]]
    pool = Candidates([[0.0]], probabilities=p, classes=["cat", "dog", "<b>"])
    assert Margin().choose(pool, 1)[0].reason == "uncertain between 'cat' (50 %) and 'dog' (30 %)"
    assert Entropy().choose(pool, 1)[0].reason.endswith("and '<b>' (20 %)")
    one = Candidates([[0.0]], probabilities=[[1.0]])
    assert Margin().choose(one, 1)[0].reason == "uncertain about class 0 (100 %)"


@pytest.mark.parametrize("strategy", [Margin(), Entropy(), Badge(), Disagreement()], ids=repr)
def test_what_a_strategy_looks_at_must_be_there(strategy):
    with pytest.raises(PairingError, match="and the pool has none"):
        strategy.choose(Candidates(np.eye(3)), 1)
    with pytest.raises(PairingError, match="and the pool has none"):
        WithRandom(strategy).choose(Candidates(np.eye(3)), 1)


def test_one_model_cannot_disagree():
    with pytest.raises(PairingError, match="one model was given"):
        Disagreement().choose(Candidates(np.eye(3), predictions=np.zeros((1, 3))), 1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"labelled": [3]}, "Row 3 is labelled, and there are 3 rows"),
        ({"labelled": [-1]}, "Row -1 is labelled, and there are 3 rows"),
        ({"labelled": [0.5]}, "labelled is float64"),
        ({"labelled": [True, False]}, "a mask of 3 truth values"),
        ({"probabilities": np.full((3, 2), 5.0)}, "probabilities run from 5 to 5"),
        ({"probabilities": np.zeros((3, 0))}, "there are 3 rows of codes"),
        ({"probabilities": np.zeros((2, 2))}, "there are 3 rows of codes"),
        ({"predictions": np.zeros((3, 2))}, "there are 3 rows of codes"),
        ({"probabilities": np.full((3, 2), np.nan)}, "probabilities hold a number that is not"),
    ],
)
def test_candidates_that_do_not_belong_together_are_refused(given, words):
    with pytest.raises(DataError, match=words):
        Candidates(np.eye(3), **given)


@pytest.mark.parametrize("codes", [[], np.array(["a"]), 3.0])
def test_what_is_no_code_is_refused(codes):
    with pytest.raises(DataError, match="numbers of at least one row are needed"):
        Candidates(codes)
    with pytest.raises(DataError, match="The codes are sparse"):
        Candidates(csr_matrix(np.eye(3)))


def test_a_mask_is_the_rows_it_holds_and_whole_numbers_do_not_wrap():
    mask = np.array([False, True, True, False])
    assert Candidates(np.eye(4), mask).labelled.tolist() == [1, 2]
    codes = np.array([[250], [3], [120]], dtype=np.uint8)
    p = [[0.5, 0.5], [0.55, 0.45], [0.6, 0.4]]
    whole, real = (Candidates(c, probabilities=p) for c in (codes, codes.astype(float)))
    assert rows(Margin(), whole, 2) == rows(Margin(), real, 2)


def test_settings_and_numbers_of_rows_are_checked():
    for make in (
        lambda: Typical(neighbours=0),
        lambda: Margin(apart=-1),
        lambda: TypicalThenMargin(few=-1),
        lambda: WithRandom("margin"),
        lambda: WithRandom(share=2),
        lambda: Random().choose(made(), 0),
    ):
        with pytest.raises(ParameterError):
            make()


def test_strategies_have_names_and_are_plain_data():
    for strategy in (*OF_CLASSES, Disagreement()):
        assert from_dict(strategy.to_dict()) == strategy
    assert strategy_named("typical-then-margin") == TypicalThenMargin()
    assert {type(strategy_named(n)) for n in ("random", "badge", "with-random")} == {
        Random,
        Badge,
        WithRandom,
    }
    assert len(registered(Strategy)) == 9
    with pytest.raises(ParameterError, match="There is no strategy 'margins'"):
        strategy_named("margins")
