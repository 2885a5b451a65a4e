"""Random edits, deploys, rollbacks, cancels, kills and faults, in any order, on the real cluster: after each
of them history was only added to, what is live is what is recorded, the order was kept, and nothing outside
the inventory was touched.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.e2e.conftest import Server
from tests.e2e.fault_proxy import FaultProxy, fault_proxy
from tests.e2e.faults import own_server
from tests.e2e.model import SERVICES, STUMBLES, Play

from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

IMAGES = st.sampled_from(["one:1", "two:2", "three:3"])
MOMENT = st.floats(0, 1.2)
"""Seconds after the start of a deploy of three services in a row, which takes about one and a half."""


class World:
    """The event loop, the server and the proxy, which outlive each run of the machine."""

    def __init__(self, sandbox: Sandbox, server: Server) -> None:
        self.sandbox = sandbox
        self.server = server
        self.loop = asyncio.Runner()
        self._proxy = fault_proxy(sandbox)
        self.proxy: FaultProxy = self.run(self._proxy.__aenter__())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run(work)

    def close(self) -> None:
        self.run(self._proxy.__aexit__(None, None, None))
        self.loop.close()


@pytest.fixture(scope="module")
def world(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    server = own_server(Path(tmp_path_factory.mktemp("model")))
    server.start()
    world = World(sandbox, server)
    yield world
    world.close()
    assert server.stop() == 0, server.log[-4000:]


def machine(world: World) -> type[RuleBasedStateMachine]:
    class Application(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.play = Play(world.server, world.sandbox, world.proxy, f"m-{uuid.uuid4().hex[:8]}")
            world.run(self.play.begin())

        @rule(service=st.sampled_from(SERVICES), image=IMAGES)
        def edit_an_image(self, service: str, image: str) -> None:
            world.run(self.play.edit(service, image))

        @rule(there=st.booleans())
        def add_or_remove_a_service(self, there: bool) -> None:
            world.run(self.play.edit("extra", there))

        @rule()
        def deploy(self) -> None:
            world.run(self.play.deploy())

        @rule(services=st.lists(st.sampled_from(SERVICES), min_size=1, max_size=2, unique=True))
        def deploy_some(self, services: list[str]) -> None:
            world.run(self.play.deploy(services))

        @precondition(lambda self: self.play.history)
        @rule(data=st.data())
        def roll_back(self, data: st.DataObject) -> None:
            numbers = [each.number for each in self.play.history]
            world.run(self.play.rollback(data.draw(st.sampled_from(numbers))))

        @rule(after=MOMENT)
        def cancel(self, after: float) -> None:
            world.run(self.play.cancel(after))

        @rule(after=MOMENT)
        def kill(self, after: float) -> None:
            world.run(self.play.kill(after))

        @rule(how=st.sampled_from(sorted(STUMBLES)), seed=st.integers(0, 99))
        def stumble(self, how: str, seed: int) -> None:
            world.run(self.play.stumble(how, seed))

        def teardown(self) -> None:
            if hasattr(self, "play"):
                world.run(self.play.end())

    return Application


def play(world: World, *, runs: int, steps: int) -> None:
    """The same runs every time; a failure names its steps, which are not made fewer: each takes seconds."""
    run_state_machine_as_test(
        machine(world),
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_happens_the_application_is_what_is_recorded(world: World) -> None:
    play(world, runs=2, steps=8)


@pytest.mark.soak
def test_whatever_happens_for_long(world: World) -> None:
    play(world, runs=40, steps=15)
