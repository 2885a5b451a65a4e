"""Operations, and the requests that make them."""

from __future__ import annotations

import msgspec

from cantata.contract.cards import FailureCardInfo
from cantata.contract.findings import FindingInfo
from cantata.contract.holds import SkippedInfo
from cantata.contract.states import Also, Condition, OperationState, Verb
from cantata.contract.stored_plans import StoredPlanInfo


class PathLinkInfo(msgspec.Struct, frozen=True, rename="camel"):
    """One service of the chain that decided how long an operation took. `waited_for` is the one before it,
    and `condition` what that had to be; `begun` and `until` are seconds since the first service began;
    `saved` are those by which it would have been shorter without waiting."""

    service: str
    begun: float
    until: float
    waited_for: str = ""
    condition: Condition | None = None
    saved: float = 0.0


class CriticalPathInfo(msgspec.Struct, frozen=True, rename="camel"):
    """The services that decided how long an operation took, in their order."""

    seconds: float
    links: tuple[PathLinkInfo, ...]


class OperationInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`services` empty means all; `revision` is 0 where the operation makes none; `error` says why it
    failed, `failures` has the card of each service that keeps it from its end, or made it fail; `done` names
    the finished steps. `position` is its place in the queue of its cluster while it waits, told where
    operations are shown. `critical_path` is told where one that has ended is shown."""

    id: str
    application: str
    verb: Verb
    state: OperationState
    services: tuple[str, ...]
    author: str
    cause: str
    revision: int = 0
    error: str = ""
    created_at: str = ""
    started_at: str = ""
    ended_at: str = ""
    done: tuple[str, ...] = ()
    also: tuple[Also, ...] = ()
    position: int = 0
    critical_path: CriticalPathInfo | None = None
    recreate: bool = False
    failures: tuple[FailureCardInfo, ...] = ()

    @property
    def ended(self) -> bool:
        return self.state not in ("queued", "running")


class DeployRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`services` empty means all; `outdated` means those that a newer config, template or edit changes.
    `with_dependencies` takes what the services depend on, too, `with_dependents` what depends on them. With
    `queue` the operation waits for the one under way instead of superseding it. With `recreate` an object
    whose changed fields are immutable is deleted and made anew, where that loses no data. Values that a
    rollback took away come back only with `lift_holds`."""

    services: tuple[str, ...] = ()
    cause: str = ""
    outdated: bool = False
    lift_holds: bool = False
    with_dependencies: bool = False
    with_dependents: bool = False
    queue: bool = False
    recreate: bool = False


class RollbackRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Without `revision` the one before the present one; where services are named, each as it was before it
    became what it is. `with_dependencies` and `with_dependents` as in a deploy."""

    revision: int | None = None
    services: tuple[str, ...] = ()
    cause: str = ""
    with_dependencies: bool = False
    with_dependents: bool = False
    queue: bool = False


class RevertRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`services` empty means all that have drifted."""

    services: tuple[str, ...] = ()
    cause: str = ""


class RunTestsRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`services` empty means all tests."""

    services: tuple[str, ...] = ()
    cause: str = ""


class DeployedInfo(msgspec.Struct, frozen=True, rename="camel"):
    """`operation` is null when nothing is to be done, or when the project demands a plan: `plan` is the one
    that was made and stored instead. `skipped` are the keys that a rollback leaves; `findings` tell what
    services outside of the operation have, those in it refer to, and would be another one."""

    changed: bool
    operation: OperationInfo | None = None
    plan: StoredPlanInfo | None = None
    skipped: tuple[SkippedInfo, ...] = ()
    findings: tuple[FindingInfo, ...] = ()
