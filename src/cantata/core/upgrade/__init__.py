"""What another version of its template means for an application: its own values against old and new defaults.

defaults  a chart's defaults, by path: leaves, and the maps that they are in
compare   `compare_values`: three values for each key, and what is to be said of them
renames   variables that are the same one under another name: proposed only
choices   what the user wants of each key, and what is left to decide
edits     which texts have to be changed for that, key by key
services  services that come, go and get other names, and what hangs on them
"""

from cantata.core.upgrade.choices import Choice, Choices, Target, UpgradeChoiceInvalid, choose, written_in
from cantata.core.upgrade.compare import Scope, Side, UpgradeKind, ValueUpgrade, compare_values
from cantata.core.upgrade.defaults import Defaults
from cantata.core.upgrade.edits import Edits, plan_edits
from cantata.core.upgrade.renames import with_renames
from cantata.core.upgrade.services import (
    ServiceFate,
    ServiceUpgrade,
    compare_services,
    renamed_services,
)

__all__ = [
    "Choice",
    "Choices",
    "Defaults",
    "Edits",
    "Scope",
    "ServiceFate",
    "ServiceUpgrade",
    "Side",
    "Target",
    "UpgradeChoiceInvalid",
    "UpgradeKind",
    "ValueUpgrade",
    "choose",
    "compare_services",
    "compare_values",
    "plan_edits",
    "renamed_services",
    "with_renames",
    "written_in",
]
