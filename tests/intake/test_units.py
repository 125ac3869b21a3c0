"""Quantities into the unit that is needed."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.intake.units import UnitError, convert
from service.knowledge.library import Library


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "converted"),
    [
        (40, "mm", "cm", 4),
        (1, "[in_i]", "cm", 2.54),
        (98.6, "[degF]", "Cel", 37),
        (310.15, "K", "Cel", 37),
        (5, "10*3/uL", "10*9/L", 5),
        (0.5, "mg/L{FEU}", "ug/L{FEU}", 500),
        (0.5, "mg/L", "ug/L{FEU}", 500),
        (500, "ug/L{FEU}", "ug/L", 500),
        (1, "kPa", "mm[Hg]", 7.50062),
        (1, "{ratio}", "1", 1),
        (3, None, "{score}", 3),
        (2, "wk", "d", 14),
        (0, "Cel", "[degF]", 32),
        (1.2, "mg/dL", "mg/dL", 1.2),
        (12, "mg/L", "mg/dL", 1.2),
    ],
)
def test_an_amount_is_the_same_in_another_unit(
    library: Library, value: float, unit: str | None, wanted: str, converted: float
) -> None:
    spellings = library.terminology.unit_spellings
    assert convert(value, unit, wanted, spellings) == pytest.approx(converted, rel=1e-5)


@pytest.mark.parametrize(
    ("value", "unit", "wanted", "why"),
    [
        (1, None, "cm", "no unit is given"),
        (1, "kg", "cm", "cannot be read"),
        (1, "mmol/L", "mg/dL", "cannot be read"),
        (1, "ug/L{DDU}", "ug/L{FEU}", "is not"),
        (1, "{INR}", "{ratio}", "is not"),
        (1, "no such unit", "cm", "cannot be read"),
        (1, "", "cm", "cannot be read"),
        (1, "((", "cm", "cannot be read"),
        (1, "é", "cm", "cannot be read"),
        (1, "cm" * 2_000, "cm", "too long"),
        (1, "m." * 30 + "m", "cm", "cannot be read"),
        (nan, "cm", "cm", "not a finite number"),
        (inf, "mm", "cm", "not a finite number"),
    ],
)
def test_what_cannot_be_converted_is_refused_with_the_reason(
    library: Library, value: float, unit: str | None, wanted: str, why: str
) -> None:
    with pytest.raises(UnitError, match=why):
        convert(value, unit, wanted, library.terminology.unit_spellings)


def test_every_spelling_means_a_unit_that_can_be_read(library: Library) -> None:
    for written, unit in library.terminology.unit_spellings.items():
        assert convert(1.5, written, unit, library.terminology.unit_spellings) == 1.5


@given(st.text(max_size=12), st.sampled_from(["cm", "Cel", "ug/L{FEU}", "{score}", "1", "10*9/L", "mm[Hg]"]))
def test_no_unit_however_odd_does_more_than_be_refused(library: Library, unit: str, wanted: str) -> None:
    try:
        converted = convert(1.0, unit, wanted, library.terminology.unit_spellings)
    except UnitError:
        return
    assert isinstance(converted, float)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_conversion_keeps_the_order_of_amounts(library: Library, one: float, other: float) -> None:
    spellings = library.terminology.unit_spellings
    low, high = sorted((one, other))
    for unit, wanted in (("mm", "cm"), ("[degF]", "Cel"), ("mg/L", "ug/L{FEU}")):
        assert convert(low, unit, wanted, spellings) <= convert(high, unit, wanted, spellings)


@pytest.mark.parametrize(
    ("value", "unit", "molar_mass", "converted"),
    [(10.0, "mmol/L", 180.16, 180.16), (141, "umol/L", 113.12, 1.595), (1.6, "mg/dL", 113.12, 1.6)],
)
def test_an_amount_of_substance_is_read_as_a_mass_where_it_is_known_what_it_is(
    library: Library, value: float, unit: str, molar_mass: float, converted: float
) -> None:
    spellings = library.terminology.unit_spellings
    assert convert(value, unit, "mg/dL", spellings, molar_mass) == pytest.approx(converted, rel=1e-5)


def test_a_volume_of_substance_is_no_mass_by_itself(library: Library) -> None:
    with pytest.raises(UnitError, match="cannot be read"):
        convert(1, "mmol", "mg/dL", library.terminology.unit_spellings, 180.16)
