"""Looks again at applications whose config, template or settings have changed.

What is asked for waits in the store, so a server that dies loses nothing. Edits that come quickly one after
the other are looked at together: a look that may deploy comes some time after the first of them. One server
looks at a time, under a lease.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from cantata.actions.assess import Assessed, Reading, Using, assess
from cantata.actions.deploy import deploy
from cantata.actions.given_values import GivenValues
from cantata.actions.held_values import ValueHeld
from cantata.actions.ports import Ports
from cantata.actions.update_outdated import reasons
from cantata.core.model.access import Actor, Role
from cantata.core.model.applications import Application, Review, UpdatePolicy
from cantata.core.model.impact import Reach
from cantata.errors import CantataError
from cantata.ports import Records
from cantata.reconcile.leased_loop import LeasedLoop

log = logging.getLogger(__name__)

LEASE = "reviews"
TOGETHER = 50
"""How many applications are read at once."""

TRY_AGAIN_SECONDS = 5.0
"""After a look that failed because a cluster was out of reach."""


class Reviews(LeasedLoop):
    """The loop. `coalesce` is how many seconds a look waits that may deploy."""

    def __init__(
        self, ports: Ports, woken: asyncio.Event, *, holder: str, lease_seconds: float, coalesce: float
    ) -> None:
        super().__init__(
            ports, woken, lease=LEASE, holder=holder, lease_seconds=lease_seconds, pause=TRY_AGAIN_SECONDS
        )
        self._coalesce = coalesce
        self._later: dict[str, float] = {}

    async def look(self) -> float:
        waiting = await self._ports.store.read(lambda records: records.reviews.list())
        if not waiting or not await self.may_look():
            return self._lease_seconds / 2
        now = time.time()
        due = [review for review in waiting if self._due_at(review) <= now]
        for start in range(0, len(due), TOGETHER):
            await self._take(due[start : start + TOGETHER])
        done = {review.application_id for review in due} - self._later.keys()
        left = [self._due_at(review) for review in waiting if review.application_id not in done]
        return max(0.01, min([at - time.time() for at in left] + [self._lease_seconds / 2]))

    def _due_at(self, review: Review) -> float:
        at = review.requested_at + (self._coalesce if review.deploy else 0.0)
        return max(at, self._later.get(review.application_id, 0.0))

    async def _take(self, reviews: Sequence[Review]) -> None:
        def read(records: Records) -> list[tuple[Review, Using]]:
            reading = Reading(records)
            return [
                (review, reading.using(records.applications.by_id(review.application_id)))
                for review in reviews
            ]

        given = GivenValues(self._ports)
        found = await self._ports.store.read(read)
        await asyncio.gather(*(self._one(review, using, given) for review, using in found))

    async def _one(self, review: Review, using: Using, given: GivenValues) -> None:
        try:
            assessed = await assess(self._ports, using, given)
            if assessed.unreachable:
                self._later[review.application_id] = time.time() + TRY_AGAIN_SECONDS
                return
            self._later.pop(review.application_id, None)
            await self._ports.store.write(lambda records: _keep(records, review, using, assessed))
            if review.deploy and using.application.updates is UpdatePolicy.AUTO:
                await self._deploy(review, using, assessed)
        except CantataError as error:
            log.warning("application %s could not be looked at: %s", using.application.name, error)
            self._later[review.application_id] = time.time() + TRY_AGAIN_SECONDS

    async def _deploy(self, review: Review, using: Using, assessed: Assessed) -> None:
        """What cannot be deployed stays outdated, and says why."""
        services = tuple(each.service for each in assessed.impact.services)
        if assessed.impact.reach is not Reach.CHANGED or not services:
            return
        application = using.application
        actor = Actor(review.author, application.project, Role.OPERATOR)
        try:
            await self._deploy_unheld(application, actor, services, review.cause)
        except CantataError as error:
            log.warning("application %s is not deployed for %s: %s", application.name, review.cause, error)
            await self._tell(application.id, services, f"{review.cause}; not deployed: {error}")

    async def _tell(self, application_id: str, services: Sequence[str], told: str) -> None:
        reasons_ = dict.fromkeys(services, told)
        await self._ports.store.write(lambda records: records.reviews.set_outdated(application_id, reasons_))

    async def _deploy_unheld(
        self, application: Application, actor: Actor, services: tuple[str, ...], cause: str
    ) -> None:
        """All but those that would have a value again from which they were rolled back. Raises `ValueHeld`
        where that is all."""
        project, name = application.project, application.name
        told: dict[str, str] = {}
        try:
            begun = await deploy(self._ports, actor, project, name, services, cause=cause, automatic=True)
        except ValueHeld as held:
            told = dict.fromkeys(held.services, f"{cause}; not deployed: {held}")
            services = tuple(service for service in services if service not in held.services)
            if not services:
                raise
            begun = await deploy(self._ports, actor, project, name, services, cause=cause, automatic=True)
        if begun.plan is not None:
            waits = f"{cause}; plan {begun.plan.plan.id} waits to be applied"
            told |= dict.fromkeys(services, waits)
        if told:
            await self._ports.store.write(lambda records: records.reviews.set_outdated(application.id, told))


def _keep(records: Records, review: Review, using: Using, assessed: Assessed) -> None:
    records.reviews.set_outdated(review.application_id, reasons(using, assessed))
    records.reviews.done(review)
