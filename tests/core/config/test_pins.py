"""Pins of config versions."""

from __future__ import annotations

import pytest

from cantata.core.model.configs import ConfigPin


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (ConfigPin("dev", 1, "a"), ConfigPin("test", 1, "a"), True),
        (ConfigPin("dev", 1, "a"), ConfigPin("dev", 2, "a"), False),
        (ConfigPin("dev", 1, "a"), ConfigPin("dev", 1, "b"), False),
        (ConfigPin("dev", 1), ConfigPin("dev", 1, "a"), True),
        (ConfigPin("dev", 1), ConfigPin("test", 1, "a"), False),
    ],
)
def test_pins_are_of_one_version_whatever_the_config_was_called(
    one: ConfigPin, other: ConfigPin, same: bool
) -> None:
    assert (one.same(other), other.same(one)) == (same, same)
