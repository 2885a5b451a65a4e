"""Services of Kubernetes. A load balancer without an address is a notice."""

from __future__ import annotations

from typing import Any

import msgspec

from cantata.core.health.health import READY, Health
from cantata.core.health.reading import Head, Live, read
from cantata.core.model.states import HealthState


class LoadBalancer(msgspec.Struct, frozen=True, rename="camel"):
    ingress: list[Any] | None = None


class LoadBalancerStatus(msgspec.Struct, frozen=True, rename="camel"):
    load_balancer: LoadBalancer = LoadBalancer()


class ServiceSpec(msgspec.Struct, frozen=True, rename="camel"):
    type: str | None = None


class Service(Head, frozen=True, rename="camel"):
    spec: ServiceSpec = ServiceSpec()
    status: LoadBalancerStatus = LoadBalancerStatus()


def observe_service(live: Live) -> Health:
    service = read(live, Service)
    if service.spec.type == "LoadBalancer" and not service.status.load_balancer.ingress:
        return Health(HealthState.PROGRESSING, "the load balancer has no address yet", notice=True)
    return READY
