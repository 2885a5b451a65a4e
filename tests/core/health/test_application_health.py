from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.health.application_health import application_state
from cantata.core.model.states import ServiceState

S = ServiceState


@pytest.mark.parametrize(
    ("services", "state"),
    [
        ([], S.NOT_DEPLOYED),
        ([S.NOT_DEPLOYED, S.NOT_DEPLOYED], S.NOT_DEPLOYED),
        ([S.NOT_DEPLOYED, S.READY], S.READY),
        ([S.PAUSED, S.READY], S.READY),
        ([S.PAUSED, S.PAUSED, S.NOT_DEPLOYED], S.PAUSED),
        ([S.PENDING, S.PENDING], S.PENDING),
        ([S.PENDING, S.READY], S.PROGRESSING),
        ([S.PENDING, S.PROGRESSING], S.PROGRESSING),
        ([S.READY, S.DELETING], S.DELETING),
        ([S.READY, S.DEGRADED, S.PROGRESSING], S.DEGRADED),
        ([S.READY, S.FAILED, S.UNKNOWN], S.FAILED),
        ([S.READY, S.UNKNOWN], S.UNKNOWN),
    ],
)
def test_state_of_an_application(services: list[ServiceState], state: ServiceState) -> None:
    assert application_state(services) is state


@settings(deadline=None)
@given(st.lists(st.sampled_from(ServiceState)))
def test_ready_means_that_nothing_is_wrong_anywhere(services: list[ServiceState]) -> None:
    if application_state(services) is S.READY:
        assert set(services) <= {S.READY, S.PAUSED, S.NOT_DEPLOYED}
    assert application_state(services) is application_state(services[::-1])
