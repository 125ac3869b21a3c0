"""Scores medspaCy on the same notes with the same words; see README.md beside this file. Not part of the tests.

The names of the lexicon become its targets, a sign at a part of the body a pattern with up to four words between; what
is there, denied, past, of the family or unsure is left to medspaCy's own ConText rules. It reads no sides and no
values.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import medspacy  # type: ignore[import-not-found]
import yaml
from loguru import logger  # type: ignore[import-not-found]
from medspacy.ner import TargetRule  # type: ignore[import-not-found]

from tests.intake.notes.scoring import Said, notes, score

KNOWLEDGE = Path(__file__).parents[3] / "service" / "knowledge"
GAP = {"IS_PUNCT": False, "OP": "?"}
DENIES = "!"


def everything(part: str) -> list[tuple[str, Any]]:
    """One part of all lexicon files together."""
    found: list[tuple[str, Any]] = []
    for path in sorted((KNOWLEDGE / "lexicon").glob("*.yaml")):
        found.extend(yaml.safe_load(path.read_text(encoding="utf-8")).get(part, {}).items())
    return found


def tokens(phrase: str, nlp: Any) -> list[dict[str, Any]]:
    """A phrase as medspaCy's own tokeniser splits it; three dots are up to three words."""
    parts: list[dict[str, Any]] = []
    for number, part in enumerate(phrase.split("...")):
        parts += [GAP] * 3 if number else []
        parts += [{"LOWER": token.lower_} for token in nlp.make_doc(part.strip())]
    return parts


def rules(nlp: Any) -> list[Any]:
    """The lexicon as target rules."""
    found: list[Any] = []
    for key, entry in everything("names"):
        found += [TargetRule(p, key, pattern=tokens(p, nlp)) for p in entry.get("says", ())]
        found += [TargetRule(p, key + DENIES, pattern=tokens(p, nlp)) for p in entry.get("denies", ())]
    sites = dict(everything("sites"))
    for _, sign in everything("signs"):
        words = [*sign.get("nouns", ()), *sign.get("adjectives", ())]
        short = {"LOWER": {"IN": [word for word in words if " " not in word]}}
        long = [tokens(word, nlp) for word in words if " " in word]
        for name, key in sign["at"].items():
            places = [*sites[name]["words"], *sites[name].get("both", ())]
            here = [[{"LOWER": {"IN": [place for place in places if " " not in place]}}]]
            here += [tokens(place, nlp) for place in places if " " in place]
            for place in here:
                for what in ([short], *long):
                    found.append(TargetRule(key, key, pattern=[*place, *[GAP] * 4, *what]))
                    found.append(TargetRule(key, key, pattern=[*what, *[GAP] * 4, *place]))
    return found


def kind(entity: Any, *, denies: bool) -> str | None:
    """The class of an entity by medspaCy's attributes."""
    said = entity._
    if said.is_hypothetical or said.is_uncertain:
        return None
    if said.is_family:
        return "family"
    if said.is_historical:
        return "past"
    return "absent" if said.is_negated != denies else "present"


def main() -> None:
    """Print medspaCy's tables."""
    logger.remove()  # it writes the words of the notes to stderr
    nlp = medspacy.load()
    nlp.get_pipe("medspacy_target_matcher").add(rules(nlp))
    red_flags: set[str] = set()
    implied: dict[tuple[str, str], str] = {}
    for path in (KNOWLEDGE / "vocabulary").glob("*.yaml"):
        for key, entry in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).get("findings", {}).items():
            red_flags |= {key} if entry.get("red_flag") else set()
            for time_of, sets in (("past", "past_sets"), ("family", "family_sets")):
                if sets in entry:
                    implied[time_of, key] = entry[sets]

    def read(text: str) -> Iterator[Said]:
        for entity in nlp(text).ents:
            denies = entity.label_.endswith(DENIES)
            if found := kind(entity, denies=denies):
                yield Said(found, entity.label_.removesuffix(DENIES))

    for group, held_out in (("tuning", False), ("held out", True)):
        chosen = [note for note in notes() if note.held_out is held_out]
        started = time.process_time()
        table = score(chosen, read, frozenset(red_flags), implied).table(f"medspaCy, {group}")
        sys.stdout.write(f"{table}\n{1000 * (time.process_time() - started) / len(chosen):.1f} ms a note\n\n")


if __name__ == "__main__":
    main()
