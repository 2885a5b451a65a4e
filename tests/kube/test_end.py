"""What a client leaves behind when its event loop ends right after it."""

from __future__ import annotations

import asyncio
import gc
import warnings

import pytest
import yaml

from cantata.kube import KubeCluster, Kubeconfig
from cantata.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


def test_watches_end_with_the_loop(sandbox: Sandbox) -> None:
    access = Kubeconfig([("kubeconfig", yaml.safe_load(sandbox.kubeconfig.read_text()))]).access()

    async def watch_and_leave() -> None:
        cluster = KubeCluster(access)
        kinds = [await cluster.resource("", kind) for kind in ("Pod", "Service", "ConfigMap")]
        informers = [cluster.inform(kind) for kind in kinds]
        for informer in informers:
            await informer.wait_synced()
        await cluster.close()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(10):
            asyncio.run(watch_and_leave())
        gc.collect()
    assert [str(each.message) for each in caught] == []
