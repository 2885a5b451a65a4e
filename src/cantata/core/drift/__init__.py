"""What is done about drift, as pure functions.

leave    which fields are left to others, and how
settle   what is told, what is taken back, and what is a fight
"""

from cantata.core.drift.leave import NOTHING, DriftExceptInvalid, Leave, check_patterns, with_left
from cantata.core.drift.settle import BY_POLICY, FIGHT_SECONDS, MOST_REVERTS, Settled, settle

__all__ = [
    "BY_POLICY",
    "FIGHT_SECONDS",
    "MOST_REVERTS",
    "NOTHING",
    "DriftExceptInvalid",
    "Leave",
    "Settled",
    "check_patterns",
    "settle",
    "with_left",
]
