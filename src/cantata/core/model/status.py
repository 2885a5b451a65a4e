"""What a person sees of an application: states by service, derived from live objects."""

from __future__ import annotations

import msgspec

from cantata.core.model.applications import Application, Operation
from cantata.core.model.autoscaling import Autoscaler
from cantata.core.model.cards import FailureCard
from cantata.core.model.drift import DriftedField
from cantata.core.model.states import ServiceState


class ServiceStatus(msgspec.Struct, frozen=True, rename="camel"):
    """`config` reads `shop-dev@3`; `message` says in one sentence why the state is what it is; `outdated`
    says what is newer than what runs, and would change it. `failure` is the card of what does not work, where
    one application is asked for."""

    name: str
    state: ServiceState
    kind: str = ""
    ready: int = 0
    desired: int = 0
    images: tuple[str, ...] = ()
    config: str = ""
    revision: int = 0
    message: str = ""
    blocked_by: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    outdated: str = ""
    drifted: tuple[DriftedField, ...] = ()
    held: tuple[str, ...] = ()
    failure: FailureCard | None = None
    autoscalers: tuple[Autoscaler, ...] = ()


class ApplicationStatus(msgspec.Struct, frozen=True, rename="camel"):
    """`state` is derived from the services' states; `operation` is the one under way, or the last."""

    application: Application
    state: ServiceState
    revision: int = 0
    services: tuple[ServiceStatus, ...] = ()
    operation: Operation | None = None
