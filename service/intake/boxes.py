"""The boxes of a template: "Leg swelling: No [x] Yes [ ]", "Calf pain [ ] Numbness [x]"."""

from collections.abc import Sequence

from service.intake.sentences import Item, Sentence
from service.knowledge.phrases import Means, Trigger

_ANSWERS = {"yes": Means.AFFIRMED, "y": Means.AFFIRMED, "no": Means.NEGATED, "n": Means.NEGATED}
_BESIDE = frozenset({":", "-"})
_EMPTY = 2  # words of an empty box

Reach = tuple[Means, tuple[int, int]]


def ticked(sentence: Sentence, mentioned: Sequence[int]) -> tuple[list[Reach], set[int]]:
    """What the boxes say of which words, and the words of boxes and labels that say nothing else.

    `mentioned` are the words at which something is mentioned. A box that stands before what it is about, as in
    "[x] leg swelling", is left to the triggers.
    """
    boxes = [i for i in sentence.items if isinstance(i.meaning, Trigger) and sentence.word(i.start) == "["]
    if not boxes:
        return [], set()
    labelled = [(box, label) for box in boxes if (label := _label(sentence, box)) is not None]
    if labelled:
        return _answered(sentence, labelled, mentioned)
    if boxes[-1].end == len(sentence.words) and any(position < boxes[0].start for position in mentioned):
        starts = [0, *(box.end for box in boxes)]
        reaches = [(_state(box), (start, box.start)) for start, box in zip(starts, boxes, strict=False)]
        return reaches, {box.start for box in boxes}
    return [], set()


def _label(sentence: Sentence, box: Item) -> int | None:
    """The word beside a box that is a yes or a no."""
    before = box.start - 1 - (sentence.word(box.start - 1) in _BESIDE)
    return next((position for position in (before, box.end) if sentence.word(position) in _ANSWERS), None)


def _state(box: Item) -> Means:
    return Means.AFFIRMED if box.end - box.start > _EMPTY else Means.UNCERTAIN


def _answered(
    sentence: Sentence, labelled: Sequence[tuple[Item, int]], mentioned: Sequence[int]
) -> tuple[list[Reach], set[int]]:
    """Boxes with a yes or a no beside them answer what stands before them, or else behind."""
    groups: list[list[tuple[Item, int]]] = []
    for box, label in labelled:
        behind = groups[-1][-1][0].end if groups else 0
        first = min(box.start, label)
        if groups and not any(behind <= position < first for position in mentioned):
            groups[-1].append((box, label))
        else:
            groups.append([(box, label)])
    reaches: list[Reach] = []
    start = 0
    for number, group in enumerate(groups):
        first, last = min(group[0][0].start, group[0][1]), max(group[-1][0].end, group[-1][1] + 1)
        following = groups[number + 1][0] if number + 1 < len(groups) else None
        end = min(following[0].start, following[1]) if following else len(sentence.words)
        is_before = any(start <= position < first for position in mentioned)
        said = {_ANSWERS[sentence.word(label)] for box, label in group if _state(box) is Means.AFFIRMED}
        meant = said.pop() if len(said) == 1 else Means.UNCERTAIN
        reaches.append((meant, (start, first) if is_before else (last, end)))
        start = last
    return reaches, {position for box, label in labelled for position in (box.start, label)}
