"""Sentences -> mentions of findings: a name, or a sign at a part of the body, each with its side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.intake.sentences import Item, Sentence
from service.knowledge.phrases import Lexicon, Name, SideWord, Sign, SignRecord, Site
from service.triage.findings import Side

_FARTHEST_SITE = 12
_FARTHEST_SIDE = 8
_BESIDE = 2
_JOINS = frozenset({",", "and", "or", "/", "&", "+", "the", "in", "also", "but", "my", "his", "her"})
_OTHER = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}


@dataclass(slots=True)
class Mention:
    """A finding that a sentence speaks of, wherever its words say that it is there or not.

    `item` holds the words that decide how it is meant. `start` and `end` are characters of the text. `side` may be the
    side alone that the text speaks of elsewhere (`side_is_told` False).
    """

    key: str
    item: Item
    start: int
    end: int
    side: Side | None = None
    side_is_told: bool = False
    denies: bool = False
    counts_denied: bool = True
    only_denied: bool = False
    dated: bool = False
    unplaced: bool = False


class Places:
    """What the text has spoken of so far: the part of the leg, and its side."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        self.site: Site | None = None
        self.side: Side | None = None


def mentions(sentence: Sentence, lexicon: Lexicon, places: Places) -> list[Mention]:
    """The mentions of one sentence, in order; `places` remembers for the sentences that follow."""
    sites = [item for item in sentence.items if isinstance(item.meaning, Site)]
    sides = _sides(sentence, places)
    found: list[Mention] = []
    for item in sentence.items:
        meaning = item.meaning
        if isinstance(meaning, Name):
            if not meaning.leg or _may_be_leg(sites):
                found.append(_named(sentence, item, meaning, sides))
        elif isinstance(meaning, Sign):
            record = lexicon.signs[meaning.id]
            found.extend(_signs(sentence, item, record, sides, places))
    if sites:
        last = sites[-1].meaning
        places.site = last if isinstance(last, Site) and last.leg else None
    told = {side for _, side in sides if side}
    if told:
        places.side = told.pop() if len(told) == 1 else None
    return _distinct(found)


def _may_be_leg(sites: Sequence[Item]) -> bool:
    """Whether no part of the body is named, or one of the leg is."""
    return not sites or any(isinstance(item.meaning, Site) and item.meaning.leg for item in sites)


def _sides(sentence: Sentence, places: Places) -> list[tuple[Item, Side | None]]:
    """The words for a side, and the side each means; None for an other side that nobody can tell."""
    found: list[tuple[Item, Side | None]] = []
    latest = places.side
    for item in sentence.items:
        if isinstance(item.meaning, SideWord) and _is_side(sentence, item) and not _is_compared(sentence, item):
            other = item.meaning.side == "other"
            if item.meaning.side == "same":
                side = latest
            else:
                side = (_OTHER.get(latest) if latest else None) if other else Side(item.meaning.side)
            found.append((item, side))
            latest = latest if other else side
        elif isinstance(item.meaning, Site) and item.meaning.side:
            found.append((item, Side(item.meaning.side)))
    told = [side for item, side in found if isinstance(item.meaning, SideWord)]
    if Side.LEFT in told or Side.RIGHT in told:  # "shins" of the left leg
        return [each for each in found if isinstance(each[0].meaning, SideWord)]
    return found


def _is_side(sentence: Sentence, item: Item) -> bool:
    """Whether the words mean a side of the body here: `other` and `good` only before a part of it."""
    if isinstance(item.meaning, SideWord) and item.meaning.side == "other":
        return any(isinstance(i.meaning, Site) and item.end <= i.start <= item.end + 1 for i in sentence.items)
    if sentence.word(item.start) == "right" and sentence.word(item.end) in {"now", "away", "up", "down", "through"}:
        return False
    return not (sentence.word(item.start) == "left" and sentence.word(item.end) in {"the", "work", "hospital", "home"})


def _is_compared(sentence: Sentence, item: Item) -> bool:
    """Whether the side is only what the other one is held against: "cool compared with right"."""
    before = item.start - 1
    while sentence.word(before) in {"the", "my", "his", "her", "on"}:
        before -= 1
    word = sentence.word(before)
    return word in {"than", "vs", "versus"} or (
        word in {"with", "to"} and sentence.word(before - 1) in {"compared", "relative"}
    )


def _named(sentence: Sentence, item: Item, name: Name, sides: Sequence[tuple[Item, Side | None]]) -> Mention:
    mention = _mention(sentence, item, item, name.key)
    mention.denies, mention.dated = name.denies, name.dated
    _take_side(sentence, mention, item, sides)
    return mention


def _signs(
    sentence: Sentence, item: Item, record: SignRecord, sides: Sequence[tuple[Item, Side | None]], places: Places
) -> Iterator[Mention]:
    sites = [each for each in sentence.items if isinstance(each.meaning, Site)]
    near = _nearest(sentence, item, sites) or (_spoken_of(item, sites) if record.carries else None)
    if near is None:  # "no numbness" far from every part of the body
        if record.carries and places.site and places.site.id in record.at:
            mention = _mention(sentence, item, item, record.at[places.site.id])
            mention.counts_denied = record.counts_denied
            _take_side(sentence, mention, item, sides)
            if not mention.side_is_told:
                mention.side = places.side
            yield mention
        elif record.alone:
            mention = _mention(sentence, item, item, record.alone)
            mention.only_denied = True
            yield mention
        return
    for site_item in _joined(sentence, near, item, sites):
        site = site_item.meaning
        if isinstance(site, Site) and site.id in record.at:
            mention = _mention(sentence, item, site_item, record.at[site.id])
            mention.counts_denied = record.counts_denied
            _take_side(sentence, mention, site_item, sides)
            yield mention


def _mention(sentence: Sentence, item: Item, other: Item, key: str) -> Mention:
    first, last = min(item.start, other.start), max(item.end, other.end)
    return Mention(key, item, sentence.words[first].start, sentence.words[last - 1].end)


def _distance(one: Item, other: Item) -> int:
    return max(one.start - other.end, other.start - one.end, 0)


def _nearest(sentence: Sentence, item: Item, sites: Sequence[Item]) -> Item | None:
    """The part of the body that a sign is at: the nearest one, the one before it when two are as near."""

    def far(site: Item) -> tuple[float, bool]:
        between = range(min(site.end, item.end), max(site.start, item.start))
        # "pain in the calf": the preposition binds, whatever stands before.
        bound = site.start > item.end and any(sentence.word(i) in {"in", "of", "behind"} for i in between)
        crossed = sum(sentence.word(i) in {",", "but", "-", ":"} for i in between)
        return _distance(item, site) + 3 * crossed - (2 if bound and not crossed else 0), site.start > item.start

    near = min(sites, key=far, default=None)
    return near if near is not None and _distance(item, near) <= _FARTHEST_SITE else None


def _spoken_of(item: Item, sites: Sequence[Item]) -> Item | None:
    """The part of the leg that a long sentence is about, however far it stands, where it names no other part."""
    before = [site for site in sites if site.end <= item.start]
    is_leg = bool(before) and all(isinstance(site.meaning, Site) and site.meaning.leg for site in sites)
    return before[-1] if is_leg else None


def _joined(sentence: Sentence, near: Item, sign: Item, sites: Sequence[Item]) -> list[Item]:
    """The parts that are named together with this one: "in the calf and thigh"."""
    found = [near]
    if near.start < sign.start:
        return found
    for site in sites:
        between = range(found[-1].end, site.start)
        if site.start >= found[-1].end and len(between) <= 5 and between:  # noqa: PLR2004 - "but also in the"
            joined = all(sentence.word(i) in _JOINS or _is_side_at(sentence, i) for i in between)
            if joined and not _has_sign_after(sentence, site):
                found.append(site)
    return found


def _is_side_at(sentence: Sentence, position: int) -> bool:
    return any(isinstance(i.meaning, SideWord) and i.start <= position < i.end for i in sentence.items)


def _has_sign_after(sentence: Sentence, site: Item) -> bool:
    return any(isinstance(i.meaning, Sign) and site.end <= i.start <= site.end + 1 for i in sentence.items)


def _take_side(sentence: Sentence, mention: Mention, place: Item, sides: Sequence[tuple[Item, Side | None]]) -> None:
    """The side beside the part of the body, or else the nearest one in the sentence."""
    inside = [(item, side) for item, side in sides if place.start <= item.start < place.end]
    beside = [each for each in sides if _distance(each[0], place) <= _BESIDE and not _cut(sentence, each[0], place)]
    around = [each for each in sides if _distance(each[0], place) <= _FARTHEST_SIDE]
    for group in (inside, beside, around):
        if group:
            _, side = min(group, key=lambda each: (_distance(each[0], place), each[0].start > place.start))
            mention.side, mention.side_is_told = side, True
            mention.unplaced = side is None
            return
    words = range(place.start, place.end)
    if any(sentence.word(i) in {"left", "right"} for i in words):
        mention.side = Side(next(sentence.word(i) for i in words if sentence.word(i) in {"left", "right"}))
        mention.side_is_told = True


def _cut(sentence: Sentence, one: Item, other: Item) -> bool:
    between = range(min(one.end, other.end), max(one.start, other.start))
    return any(sentence.word(i) in {",", "but", "and"} for i in between)


def _distinct(found: Sequence[Mention]) -> list[Mention]:
    seen: dict[tuple[str, int, int], Mention] = {}
    for mention in found:
        seen.setdefault((mention.key, mention.item.start, mention.start), mention)
    return list(seen.values())
