"""A server that is killed at any point of an operation ends it as if it had not been."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator

import pytest
from tests.e2e.conftest import Kubectl, Server, register
from tests.e2e.faults import own_server
from tests.e2e.kills import Ended, Round, cancel_once, kill_once, references

from cantata.kube import KubeCluster
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def own(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server to be killed, which every test leaves running."""
    server = own_server(tmp_path_factory.mktemp("killed"))
    server.start()
    register(server, sandbox)
    yield server
    assert server.stop() == 0, server.log[-4000:]


EXPECTED: dict[str, Ended] = {}


@pytest.fixture
async def expected(own: Server, cluster: KubeCluster, kubectl: Kubectl) -> dict[str, Ended]:
    """Made by the first test that asks."""
    if not EXPECTED:
        EXPECTED.update(await references(own, cluster, kubectl))
    return EXPECTED


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_killed_at_a_random_point_all_ends_as_without(
    seed: int, own: Server, cluster: KubeCluster, kubectl: Kubectl, expected: dict[str, Ended]
) -> None:
    """Ten points and more, four operations each time."""
    assert {end.state for end in expected.values()} == {"succeeded"}
    round_ = await kill_once(seed, own, cluster, kubectl, expected)
    assert {point.verb for point in round_.points} == expected.keys()


@pytest.mark.parametrize("seed", [1, 2])
async def test_cancelled_at_a_random_point_the_next_deploy_goes_on_from_there(
    seed: int, own: Server, kubectl: Kubectl, expected: dict[str, Ended]
) -> None:
    async with own.client() as client:
        await cancel_once(seed, client, kubectl, expected)


@pytest.mark.soak
async def test_a_hundred_random_points(
    own: Server, cluster: KubeCluster, kubectl: Kubectl, expected: dict[str, Ended]
) -> None:
    """Counted are the operations that had not ended when the server was killed."""
    rounds: list[Round] = []
    hit: Counter[str] = Counter()
    while hit.total() < 100:
        round_ = await kill_once(1000 + len(rounds), own, cluster, kubectl, expected)
        rounds.append(round_)
        hit.update(point.verb for point in round_.points if not point.ended)
        events = [f"{point.verb}@{'end' if point.ended else point.events}" for point in round_.points]
        print(f"kill {len(rounds)}: {' '.join(events)}, taken up after {round_.takeover:.1f} s", flush=True)
    takeovers = [each.takeover for each in rounds if each.takeover]
    print(
        f"{len(rounds)} kills hit {hit.total()} operations: {dict(hit)}; taken up after"
        f" {statistics.median(takeovers):.1f} s (median), {max(takeovers):.1f} s (most)"
    )
