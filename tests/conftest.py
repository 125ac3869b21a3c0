"""How hard the property tests try, and where the service under test keeps its memory.

`ci` tries the same examples every time. `LEGTRIAGE_HYPOTHESIS_PROFILE=thorough` looks for new ones, and for long.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile("thorough", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("LEGTRIAGE_HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Property tests go without coverage: it doubles their time, and what they reach examples reach too."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("no_cover")


@pytest.fixture(scope="session", autouse=True)
def _memory_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing under test stores below the working directory, where a developer's own database is."""
    folder = tmp_path_factory.mktemp("memory")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LEGTRIAGE_DATABASE_URL", f"sqlite:///{folder / 'legtriage.db'}")
        environment.setenv("LEGTRIAGE_SPOOL", str(folder / "spool"))
        yield
