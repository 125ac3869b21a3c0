"""How hard the property tests try.

`ci` tries the same examples every time. `LEGTRIAGE_HYPOTHESIS_PROFILE=thorough` looks for new ones, and for long.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True, database=None)
settings.register_profile("thorough", max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("LEGTRIAGE_HYPOTHESIS_PROFILE", "ci"))
