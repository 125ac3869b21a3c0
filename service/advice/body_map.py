"""The legs as outlines: the places of pain as the intake page asks for them, and as clinicians see them marked."""

from dataclasses import dataclass
from typing import Final

WIDTH: Final = 124
"""Of a drawing of both legs."""
HEIGHT: Final = 326
LEFTMOST: Final = 59
"""Where the inner side of the leg on the left of the drawing stands; that leg is mirrored."""
RIGHTMOST: Final = 65


@dataclass(frozen=True, slots=True)
class Region:
    """One place of one leg: the finding that names it, and its outline as an SVG path.

    The inner side of the leg is at x = 0; the other leg is its mirror image.
    """

    finding: str
    outline: str


@dataclass(frozen=True, slots=True)
class LegView:
    """Both legs from one direction. `sides` are those of the patient, from the left of the drawing to its right."""

    title: str
    regions: tuple[Region, ...]
    sides: tuple[str, str]


FRONT: Final = LegView(
    "From the front",
    (
        Region("hip_or_groin_pain", "M3 28 Q24 12 47 26 L52 58 Q28 66 3 56 Z"),
        Region("leg_pain", "M3 60 Q28 70 52 62 Q54 104 45 134 L12 134 Q5 100 3 60 Z"),
        Region("knee_pain", "M12 138 L45 138 Q48 154 44 168 L13 168 Q10 153 12 138 Z"),
        Region("leg_pain", "M13 172 L30 172 Q31 216 27 252 L17 252 Q10 210 13 172 Z"),
        Region("lateral_lower_leg_pain", "M34 172 L44 172 Q51 208 39 252 L31 252 Q35 216 34 172 Z"),
        Region("malleolar_zone_pain", "M16 256 L39 256 L40 272 L15 272 Z"),
        Region("midfoot_pain", "M15 276 L40 276 Q48 296 42 304 L14 304 Q9 292 15 276 Z"),
    ),
    ("right", "left"),
)
BACK: Final = LegView(
    "From the back",
    (
        Region("buttock_pain", "M3 26 Q26 10 48 26 Q58 50 50 62 Q28 72 3 62 Z"),
        Region("posterior_thigh_pain", "M3 66 Q28 76 51 66 Q53 104 45 134 L12 134 Q5 100 3 66 Z"),
        Region("posterior_knee_pain", "M12 138 L45 138 Q47 152 44 164 L13 164 Q10 151 12 138 Z"),
        Region("calf_pain", "M13 168 L44 168 Q54 200 39 248 L17 248 Q6 204 13 168 Z"),
        Region("achilles_tendon_pain", "M18 252 L39 252 L38 274 L17 274 Z"),
        Region("midfoot_pain", "M15 278 L40 278 Q44 292 38 300 L17 300 Q11 290 15 278 Z"),
    ),
    ("left", "right"),
)
VIEWS: Final = (FRONT, BACK)
