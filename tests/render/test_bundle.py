"""Objects of any source become a template that, rendered with its config, gives the objects again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.bundle import Bundle, Extract, Source, make_bundle
from cantata.core.model.charts import Capabilities, Numbers, Release, RenderedObject, RenderInputs
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.stamp import normalise, place
from cantata.render import RenderPool

from .conftest import ROOT

CLUSTER = {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "PriorityClass", "APIService"}
EXTRACTS = [frozenset(Extract), frozenset[Extract](), frozenset({Extract.ENV})]


def namespaced(_group: str, kind: str) -> bool:
    return kind not in CLUSTER and not kind.endswith("WebhookConfiguration")


def sent(manifests: Iterable[Manifest], namespace: str) -> dict[ObjectKey, Manifest]:
    """As a deploy would send them."""
    placed = place([RenderedObject("", 0, each) for each in manifests], namespace, namespaced)
    return {ObjectKey.of(each.manifest): normalise(each.manifest)[0] for each in placed}


async def rendered(pool: RenderPool, bundle: Bundle, namespace: str) -> dict[ObjectKey, Manifest]:
    files = {path: text.encode() for path, text in bundle.files.items()}
    archive = await pool.pack(files, "made")
    chart = await pool.load(archive)
    (config,) = await pool.parse_yaml(bundle.config_text) or (None,)
    values = config.value if config is not None and config.value != b"null" else msgspec.Raw(b"{}")

    async def given() -> bytes:
        return archive

    found = await pool.render(
        RenderInputs(
            chart=chart.digest,
            release=Release("made", namespace),
            capabilities=Capabilities(""),
            values=msgspec.Raw(values),
            numbers=Numbers.EXACT,
        ),
        given,
    )
    return sent([each.manifest for each in (*found.crds, *found.objects)], namespace)


async def assert_same(
    pool: RenderPool, sources: Sequence[Source], extract: frozenset[Extract], namespace: str
) -> Bundle:
    bundle = make_bundle(sources, name="made", wanted=extract)
    wanted = sent([each.manifest for each in sources], namespace)
    assert await rendered(pool, bundle, bundle.namespace or namespace) == wanted
    return bundle


def in_files(objects: Iterable[RenderedObject]) -> list[Source]:
    return [Source(each.manifest, each.path, each.index + 1) for each in objects]


@pytest.mark.parametrize("extract", EXTRACTS, ids=["all", "none", "env"])
async def test_the_objects_of_our_example_come_back(
    extract: frozenset[Extract], pack_folder: Callable[[Path], bytes], loaded: Callable[[bytes], Any]
) -> None:
    rendering = await loaded(pack_folder(ROOT / "examples" / "shop"))
    objects = (await rendering.render(numbers=Numbers.EXACT)).objects
    bundle = await assert_same(rendering.pool, in_files(objects), extract, "space")
    assert sorted(bundle.services) == [
        "cache", "catalog", "gateway", "log-agent", "migrate", "orders", "payment", "postgres", "report",
        "web",
    ]  # fmt: skip


@pytest.mark.parametrize("extract", EXTRACTS, ids=["all", "none", "env"])
async def test_the_objects_of_public_charts_come_back(
    extract: frozenset[Extract], public_charts: list[Path], loaded: Callable[[bytes], Any]
) -> None:
    for chart in public_charts:
        rendering = await loaded(chart.read_bytes())
        found = await rendering.render()
        await assert_same(rendering.pool, in_files((*found.crds, *found.objects)), extract, "space")


WORDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8),
    st.sampled_from(["yes", "1e3", "{{ .Values }}", "$(A)", "a: b", "1.10", "a\nb\n", "-", "https://u:p@x"]),
)
IMAGES = st.one_of(
    WORDS,
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["nginx", "localhost:5000/a/b", "ghcr.io/x/y"]),
        st.sampled_from(["", ":1", ":1.10", ":latest"]),
        st.sampled_from(["", "@sha256:" + "0a" * 32]),
    ),
)
NAMES = st.sampled_from(["web", "db", "web-2", "2048", "a.b", "DB_PASSWORD", "PORT", "tls.crt", "token"])
ENTRIES = st.dictionaries(NAMES, WORDS, max_size=4)
COUNTS = st.integers(0, 2_000_000)
LABELS = st.sampled_from(["web", "db", "hosts", "global", "web-2", "n2048", "shared"])


def deployment(name: str, containers: list[Any], replicas: int) -> Manifest:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


CONTAINERS = st.builds(
    lambda name, image, env, cpu: {
        "name": name,
        "image": image,
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "resources": {"limits": {"cpu": cpu, "memory": "1Gi"}},
        "envFrom": [{"configMapRef": {"name": "web-env"}}],
    },
    NAMES,
    IMAGES,
    ENTRIES,
    COUNTS,
)
HOSTS = st.sampled_from(["a.example.com", "*.example.com", "b.example.com", "a.example.org", "local"])
OBJECTS = st.lists(
    st.one_of(
        st.builds(deployment, LABELS, st.lists(CONTAINERS, max_size=3), COUNTS),
        st.builds(
            lambda name, hosts: {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "metadata": {"name": name, "namespace": "home"},
                "spec": {"rules": [{"host": host} for host in hosts], "tls": [{"hosts": hosts}]},
            },
            LABELS,
            st.lists(HOSTS, max_size=3),
        ),
        st.builds(
            lambda kind, field, name, data: {
                "apiVersion": "v1",
                "kind": kind,
                "metadata": {"name": name},
                ("stringData" if kind == "Secret" else "data") if field else "data": data
                if field or kind != "Secret"
                else dict.fromkeys(data, "//4="),
            },
            st.sampled_from(["Secret", "ConfigMap"]),
            st.booleans(),
            st.one_of(LABELS, st.just("web-env")),
            ENTRIES,
        ),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda each: (each["kind"], each["metadata"]["name"]),
)


@settings(max_examples=40)
@given(OBJECTS, st.sets(st.sampled_from(list(Extract))))
def test_any_objects_come_back(worker_program: Path, objects: list[Manifest], extract: set[Extract]) -> None:
    async def check() -> None:
        async with RenderPool(worker_program) as pool:
            await assert_same(
                pool, [Source(each, "all.yaml") for each in objects], frozenset(extract), "home"
            )

    asyncio.run(check())
