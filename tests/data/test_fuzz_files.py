"""A few hundred tables whose truth is known; ``make fuzz-files`` reads thousands."""

from tests.fuzz_files import cases, run


def test_no_wrong_value_is_read_without_a_word():
    found, faults = run(250, seed=7)
    assert faults == [] and found["right"] == 250


def test_the_generator_reaches_every_form_and_kind():
    drawn = [case for case, _ in zip(cases(0), range(2000), strict=False)]
    assert len({case.form for case in drawn}) == 12
    assert len({case.what.split(",")[0] for case in drawn}) == 5
