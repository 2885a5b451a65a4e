"""The answer that every rule of this package gives."""

from __future__ import annotations

import msgspec

from cantata.core.model.cards import CauseKind
from cantata.core.model.states import HealthState


class Cause(msgspec.Struct, frozen=True, rename="camel"):
    """One reason why something does not work.

    `terminal` means that waiting alone does not help: somebody has to change something. `reason` is
    Kubernetes' word (`ImagePullBackOff`), `message` a sentence for a person. `pod` and `container` are names,
    empty where the cause is not theirs; `exit_code` and `restarts` are the container's, where one ran. `said`
    are words of the program itself: it may write secrets, so that only cards, which are masked, tell them.
    """

    kind: CauseKind
    reason: str
    message: str
    terminal: bool = True
    pod: str = ""
    container: str = ""
    exit_code: int | None = None
    restarts: int = 0
    said: str = ""


class Health(msgspec.Struct, frozen=True, rename="camel"):
    """What one live object says.

    `message` is empty when there is nothing to say. `ready`, `desired`, `updated` and `available` count pods
    (completions of a Job) and are None for kinds that have none; of an `OnDelete` or partitioned workload
    `updated` still counts the pods of the newest revision. `notice` marks a state that is shown and never
    blocks. `completed` is true for a Job or pod that ended well. `observed` is false while the controller has
    not seen the newest specification, so that the pods are still those of the one before. `settled` is true
    when the rollout of this generation is known to have been complete once, so that what is missing now was
    lost afterwards.
    """

    state: HealthState
    message: str = ""
    ready: int | None = None
    desired: int | None = None
    updated: int | None = None
    available: int | None = None
    images: tuple[str, ...] = ()
    notice: bool = False
    completed: bool = False
    observed: bool = True
    settled: bool = False
    cause: Cause | None = None

    @property
    def blocks(self) -> bool:
        """Whether somebody who waits for this object has to go on waiting."""
        return self.state is not HealthState.READY and not self.notice


READY = Health(HealthState.READY)

UNOBSERVED = "the controller has not seen the newest specification yet"
