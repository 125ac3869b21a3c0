"""The library in force: the knowledge as it was loaded, without the pathways that were switched off at this site.

Every process keeps its own and follows the database in the background, so that no answer waits for it. While the
database is away the last known holds; whoever starts meanwhile starts with all pathways, which says too much rather
than too little.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Final
from weakref import ref

import structlog

from service.knowledge.library import Library
from service.store import DatabaseAwayError, Store, Switch

EVERY: Final = 3.0
"""Seconds between two looks at what other processes switched."""


@dataclass(frozen=True, slots=True)
class _State:
    """What holds now, replaced as a whole: a reader never sees half of a change."""

    library: Library
    off: Mapping[str, Switch] = field(default_factory=dict)


class InForce:
    """Safe for threads."""

    def __init__(self, whole: Library, store: Store) -> None:
        """Begin with all pathways of the library; `refresh` asks the store."""
        self.whole = whole
        self._store = store
        self._state = _State(whole)
        self._refreshing = Lock()
        self._follower: Thread | None = None

    @property
    def library(self) -> Library:
        """By which patients are assessed now. Take it once for one patient."""
        return self._state.library

    @property
    def off(self) -> Mapping[str, Switch]:
        """The pathways that are switched off now, by id."""
        return self._state.off

    def refresh(self) -> None:
        """Take in what was switched, by whichever process; nothing changes when that cannot be told."""
        with self._refreshing, suppress(DatabaseAwayError):
            standing = self._store.switches().values()
            off = {each.pathway: each for each in standing if each.off and each.pathway in self.whole.pathways}
            if off.keys() == self._state.off.keys():
                self._state = _State(self._state.library, off)
                return
            library = self.whole.without(off)
            self._state = _State(library, off)
            knowledge = library.knowledge
            log = structlog.get_logger()
            log.warning("pathways switched", off=sorted(off), version=knowledge.version, digest=knowledge.digest)

    def start(self) -> None:
        """Follow what other processes switch, from now on. Not before a fork, which the thread would not survive."""
        if self._follower and self._follower.is_alive():
            return
        with self._refreshing:
            if self._follower and self._follower.is_alive():
                return
            self._follower = Thread(target=_follow, args=(ref(self),), name="in force", daemon=True)
            self._follower.start()


def _follow(followed: "ref[InForce]") -> None:
    """Refresh now and then, as long as anybody uses it."""
    while (in_force := followed()) is not None:
        in_force.refresh()
        del in_force
        time.sleep(EVERY)
