"""Quantities into the vocabulary's units, by UCUM. The library is asked once for each pair of units."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isfinite

from pint.errors import PintError
from ucumvert import PintUcumRegistry
from ucumvert.parser import InvalidUcumError

UCUM = "http://unitsofmeasure.org"
_ANNOTATION = re.compile(r"\{([^}]*)\}")
_PAIRS_KEPT = 2_000
_LONGEST_UNIT = 64


class UnitError(ValueError):
    """The quantity cannot be read in the unit that is needed; the message says why, without the value."""


@lru_cache(maxsize=1)
def _registry() -> PintUcumRegistry:
    return PintUcumRegistry()


def convert(
    value: float, unit: str | None, wanted: str, spellings: Mapping[str, str], molar_mass: float | None = None
) -> float:
    """`value` in the unit `wanted`; UnitError when the unit is missing, unknown or of another dimension.

    With the `molar_mass` of what was measured, in g/mol, an amount of substance is read as a mass. Annotations such
    as {FEU} are no units for UCUM, but they say what was measured: two that differ never match.
    """
    if not isfinite(value):
        raise UnitError("the value is not a finite number")
    if unit is None:
        if wanted.startswith("{"):
            return value
        raise UnitError(f"no unit is given, {wanted} is needed")
    unit = unit.strip()
    if len(unit) > _LONGEST_UNIT:
        raise UnitError(f"the unit is too long to be read as {wanted}")
    unit = spellings.get(unit, unit)
    converted = value if unit == wanted else _converter(unit, wanted, molar_mass)(value)
    if not isfinite(converted):
        raise UnitError(f"the value is too large to be read as {wanted}")
    return converted


@lru_cache(maxsize=_PAIRS_KEPT)
def _converter(unit: str, wanted: str, molar_mass: float | None) -> Callable[[float], float]:
    given, needed = _ANNOTATION.findall(unit), _ANNOTATION.findall(wanted)
    if given and needed and given != needed:
        return _refusal(f"{unit} is not {wanted}")
    try:
        registry = _registry()
        source = registry.from_ucum(_bare(unit))
        target = registry.from_ucum(_bare(wanted))
        if molar_mass and "[substance]" in source.dimensionality and "[substance]" not in target.dimensionality:
            source *= registry.from_ucum("g/mol")
            scale = molar_mass
        else:
            scale = 1.0
        zero = registry.Quantity(0.0, source).to(target).magnitude
        one = registry.Quantity(scale, source).to(target).magnitude
    except (PintError, InvalidUcumError, ValueError, AttributeError, TypeError, RecursionError):
        return _refusal(f"{unit} cannot be read as {wanted}")
    # Every unit of the vocabulary is a linear scale, so two points fix the conversion.
    return lambda value: round(zero + value * (one - zero), 9)


def _bare(unit: str) -> str:
    return _ANNOTATION.sub("", unit) or "1"


def _refusal(message: str) -> Callable[[float], float]:
    def refuse(_value: float) -> float:
        raise UnitError(message)

    return refuse
