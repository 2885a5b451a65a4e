"""Ingresses. One without an address is a notice: many controllers never write one."""

from __future__ import annotations

from cantata.core.health.health import READY, Health
from cantata.core.health.kinds.service import LoadBalancerStatus
from cantata.core.health.reading import Head, Live, read
from cantata.core.model.states import HealthState


class Ingress(Head, frozen=True, rename="camel"):
    status: LoadBalancerStatus = LoadBalancerStatus()


def observe_ingress(live: Live) -> Health:
    if not read(live, Ingress).status.load_balancer.ingress:
        return Health(HealthState.PROGRESSING, "the Ingress has no address yet", notice=True)
    return READY
