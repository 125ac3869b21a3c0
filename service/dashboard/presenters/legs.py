"""Where it hurts: the places of pain on a drawing of the legs, and in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.advice import body_map
from service.dashboard.presenters.findings import FindingLine

_BOTH = frozenset({"left", "right"})


@dataclass(frozen=True, slots=True)
class Place:
    """One outline; `state` is `present`, `absent`, `unsided` (which leg is not known) or nothing."""

    outline: str
    state: str


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a drawing: which, where it stands there, and its places."""

    side: str
    x: int
    mirrored: bool
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Both legs from one direction."""

    title: str
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Legs:
    """The drawings, the same in words, and which signs are elsewhere on a leg."""

    drawings: tuple[Drawing, ...]
    description: str
    other_signs: tuple[FindingLine, ...]
    unsided: bool
    width: int = body_map.WIDTH
    height: int = body_map.HEIGHT


def legs(lines: Iterable[FindingLine], symptom_side: str | None) -> Legs:
    """Where it hurts.

    Args:
        lines: All that is known of the patient.
        symptom_side: The side of the symptoms, for pain whose own side nobody told.
    """
    drawn = {region.finding for view in body_map.VIEWS for region in view.regions}
    now = [line for line in lines if line.state in {"present", "absent"}]
    pains = [line for line in now if line.key in drawn]
    states: dict[tuple[str, str], str] = {}
    for line in sorted(pains, key=lambda each: each.state == "present"):
        sides = _sides(line.side or symptom_side)
        for side in sides or _BOTH:
            states[line.key, side] = line.state if sides or line.state == "absent" else "unsided"
    present = [line for line in pains if line.state == "present"]
    return Legs(
        drawings=tuple(_drawing(view, states) for view in body_map.VIEWS),
        description="; ".join(line.statement for line in present) or "No place of pain is known",
        other_signs=tuple(line for line in now if line.state == "present" and line.side and line.key not in drawn),
        unsided="unsided" in states.values(),
    )


def _sides(side: str | None) -> frozenset[str]:
    return _BOTH if side in {"both sides", "bilateral"} else frozenset({side} if side else ())


def _drawing(view: body_map.LegView, states: dict[tuple[str, str], str]) -> Drawing:
    return Drawing(
        view.title,
        tuple(
            Leg(
                side=side,
                x=body_map.LEFTMOST if mirrored else body_map.RIGHTMOST,
                mirrored=mirrored,
                places=tuple(Place(region.outline, states.get((region.finding, side), "")) for region in view.regions),
            )
            for side, mirrored in zip(view.sides, (True, False), strict=True)
        ),
    )
