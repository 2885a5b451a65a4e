"""PodDisruptionBudgets, after kstatus. A budget that is not met stops evictions, never a deploy."""

from __future__ import annotations

import msgspec

from cantata.core.health.health import READY, Health
from cantata.core.health.reading import Head, Live, count, read
from cantata.core.model.states import HealthState


class BudgetStatus(msgspec.Struct, frozen=True, rename="camel"):
    observed_generation: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0


class PodDisruptionBudget(Head, frozen=True, rename="camel"):
    status: BudgetStatus = BudgetStatus()


def observe_pod_disruption_budget(live: Live) -> Health:
    budget = read(live, PodDisruptionBudget)
    status = budget.status
    if status.observed_generation < budget.metadata.generation:
        return Health(
            HealthState.PROGRESSING, "the controller has not seen the budget's newest form yet", notice=True
        )
    if status.current_healthy < status.desired_healthy:
        wanted = count(status.desired_healthy, "healthy pod")
        return Health(HealthState.DEGRADED, f"{status.current_healthy} of {wanted}", notice=True)
    return READY
