"""Holds what was read of the notes against what they should say, class by class."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FOLDER = Path(__file__).parent
CLASSES = ("present", "absent", "past", "family")
OPPOSITE = {"left": "right", "right": "left"}


class Said(NamedTuple):
    """One thing read: its class, key and side; a number, date or code has the class `value`."""

    kind: str
    key: str
    side: str | None = None
    value: float | str | date | None = None


@dataclass(frozen=True)
class Note:
    """A note with what it should say: by class, the keys with the side where the note tells one."""

    name: str
    text: str
    held_out: bool
    expected: Mapping[str, Mapping[str, str | None]]
    nothing: frozenset[str]
    values: Mapping[str, float | str | date]


@dataclass
class Score:
    """Counts over many notes: by class what was right, wrong and missed; what must never happen, in words."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def precision(self, kind: str) -> float:
        """The share of what was read that is right."""
        return self.right[kind] / max(1, self.right[kind] + self.wrong[kind])

    def recall(self, kind: str) -> float:
        """The share of what stands in the notes that was read."""
        return self.right[kind] / max(1, self.right[kind] + self.missed[kind])

    def table(self, title: str) -> str:
        """Precision and recall of every class."""
        kinds = ("red flag present", *CLASSES, "value", "side")
        lines = [f"{title:24}{'precision':>10}{'recall':>8}{'right':>7}{'wrong':>7}{'missed':>8}"]
        lines += [
            f"{kind:24}{self.precision(kind):10.3f}{self.recall(kind):8.3f}"
            f"{self.right[kind]:7}{self.wrong[kind]:7}{self.missed[kind]:8}"
            for kind in kinds
        ]
        return "\n".join(
            [*lines, f"read as present though denied, past, family, unsure or other side: {len(self.leaks)}"]
        )


def notes() -> list[Note]:
    """Every note of the folder."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for number, entry in enumerate(yaml.safe_load(path.read_text(encoding="utf-8"))["notes"]):
            expected = {kind: dict(_split(words) for words in entry.get(kind, ())) for kind in CLASSES}
            values = dict(entry.get("values", {})) | (
                {"symptom_onset_date": entry["onset"]} if "onset" in entry else {}
            )
            name = f"{path.stem}-{number + 1}"
            nothing = frozenset(entry.get("nothing", ()))
            found.append(Note(name, entry["note"], bool(entry.get("held_out")), expected, nothing, values))
    return found


def _split(words: str) -> tuple[str, str | None]:
    key, _, side = words.partition(" ")
    return key, side or None


def score(
    chosen: Iterable[Note],
    read: Callable[[str], Iterable[Said]],
    red_flags: frozenset[str],
    implied: Mapping[tuple[str, str], str],
) -> Score:
    """The score of a reader; `implied` gives by class and key what a mention sets besides itself."""
    total = Score()
    for note in chosen:
        _score(note, list(read(note.text)), red_flags, implied, total)
    return total


def _score(
    note: Note, said: list[Said], red_flags: frozenset[str], implied: Mapping[tuple[str, str], str], total: Score
) -> None:
    expected = {kind: dict(keys) for kind, keys in note.expected.items()}
    silent = {
        implied[kind, key] for kind in ("past", "family") for key in expected[kind] if (kind, key) in implied
    } - expected["present"].keys()
    for kind in CLASSES:
        read = {each.key for each in said if each.kind == kind} - (silent if kind == "present" else set())
        wanted = expected[kind].keys()
        _count(total, kind, note, read, wanted)
        if kind == "present":
            _count(total, "red flag present", note, read & red_flags, wanted & red_flags)
    _sides(note, said, expected["present"], total)
    _values(note, said, total)
    denied = {key for kind in ("absent", "past", "family") for key in expected[kind]} | note.nothing
    for key in sorted({each.key for each in said if each.kind == "present"} & (denied - expected["present"].keys())):
        total.leaks.append(f"{note.name}: {key}")


def _count(total: Score, kind: str, note: Note, read: Iterable[str], wanted: Iterable[str]) -> None:
    read, wanted = set(read), set(wanted)
    total.right[kind] += len(read & wanted)
    total.wrong[kind] += len(read - wanted)
    total.missed[kind] += len(wanted - read)
    total.faults += [f"{note.name}: {kind} {key} is wrong" for key in sorted(read - wanted)]
    total.faults += [f"{note.name}: {kind} {key} is missed" for key in sorted(wanted - read)]


def _sides(note: Note, said: Iterable[Said], present: Mapping[str, str | None], total: Score) -> None:
    for each in said:
        wanted = present.get(each.key)
        if each.kind != "present" or wanted is None:
            continue
        if each.side is None:
            total.missed["side"] += 1
        elif each.side == wanted:
            total.right["side"] += 1
        else:
            total.wrong["side"] += 1
            total.faults.append(f"{note.name}: side of {each.key} is {each.side}, not {wanted}")
            if each.side == OPPOSITE.get(wanted):
                total.leaks.append(f"{note.name}: {each.key} {each.side}")


def _values(note: Note, said: Iterable[Said], total: Score) -> None:
    read: dict[str, Any] = {each.key: each.value for each in said if each.kind == "value"}
    for key, wanted in note.values.items():
        if key not in read:
            total.missed["value"] += 1
            total.faults.append(f"{note.name}: value {key} is missed")
        elif _same(read[key], wanted):
            total.right["value"] += 1
        else:
            total.wrong["value"] += 1
            total.faults.append(f"{note.name}: value {key} is {read[key]}, not {wanted}")
    for key in sorted(read.keys() - note.values.keys()):
        total.wrong["value"] += 1
        total.faults.append(f"{note.name}: value {key} = {read[key]} is wrong")


def _same(read: Any, wanted: Any) -> bool:
    if isinstance(wanted, int | float) and isinstance(read, int | float):
        return abs(read - wanted) < 0.06
    return bool(read == wanted)
