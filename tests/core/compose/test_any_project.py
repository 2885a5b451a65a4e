"""Whatever a project says: a chart comes out, its names do not clash, and no key is lost without a word."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.core.compose import Source, SourceState, Translation, translate
from cantata.core.model.compose import ComposeReading

NAMES = st.sampled_from(
    ["web", "web-2", "web_2", "Web.2", "a-1", "a1", "volumes", "secrets", "2fast", "web-published"]
)
PATHS = st.sampled_from(
    ["./a.conf", "./b/a.conf", "./b", ".", "../x", "/etc/localtime", "~/x", "./c d/[e].sh"]
)
TARGETS = st.sampled_from(["/etc/a.conf", "/etc/b", "/data", "/data/x", "/run/secrets/web"])
TEXTS = st.sampled_from(["", "a", "{{ b }}", "$(c)", "x\n\n", '"quoted" \\', "ü"])
VARIABLES = st.sampled_from(["A", "A.B", "A B", "A-B", "PASSWORD", "foo[0]", "DB_URL"])
PORTS: st.SearchStrategy[Any] = st.builds(
    dict,
    target=st.integers(1, 65535),
    published=st.sampled_from(["", "80", "8000-8010"]),
    protocol=st.sampled_from(["tcp", "udp"]),
    mode=st.sampled_from(["ingress", "host"]),
    host_ip=st.sampled_from(["", "127.0.0.1", "10.0.0.1"]),
)
MOUNTS: st.SearchStrategy[Any] = st.one_of(
    st.builds(dict, type=st.just("bind"), source=PATHS, target=TARGETS, read_only=st.booleans()),
    st.builds(dict, type=st.just("volume"), source=st.one_of(NAMES, st.just("")), target=TARGETS),
    st.builds(dict, type=st.sampled_from(["tmpfs", "npipe", "image"]), source=PATHS, target=TARGETS),
)
USES: st.SearchStrategy[Any] = st.lists(
    st.builds(dict, source=NAMES, target=st.sampled_from(["", "x", "/y/z"])), max_size=3
)
SERVICES = st.fixed_dictionaries(
    {"image": st.sampled_from(["", "a", "a:1", "a@sha256:00", "localhost:5000/a"])},
    optional={
        "build": st.builds(dict, context=st.sampled_from([".", "./b", "b/c"])),
        "environment": st.dictionaries(VARIABLES, st.one_of(st.none(), TEXTS), max_size=4),
        "ports": st.lists(PORTS, max_size=3),
        "expose": st.lists(st.sampled_from(["80", "1-3", "1-9999", "53/udp", "x"]), max_size=2),
        "volumes": st.lists(MOUNTS, max_size=4),
        "secrets": USES,
        "configs": USES,
        "networks": st.dictionaries(NAMES, st.builds(dict, aliases=st.lists(NAMES, max_size=2)), max_size=2),
        "restart": st.sampled_from(["", "no", "always", "on-failure:3", "unless-stopped"]),
        "deploy": st.builds(
            dict, replicas=st.integers(0, 3), mode=st.sampled_from(["", "global", "replicated-job"])
        ),
        "depends_on": st.dictionaries(
            NAMES,
            st.builds(dict, condition=st.sampled_from(["service_started", "service_completed_successfully"])),
            max_size=2,
        ),
        "healthcheck": st.builds(
            dict, test=st.sampled_from([[], ["NONE"], ["CMD", "a"], ["CMD-SHELL", "$(a)"]])
        ),
        "hostname": NAMES,
        "container_name": NAMES,
        "unheard_of": TEXTS,
    },
)
TOP: st.SearchStrategy[Any] = st.dictionaries(
    NAMES,
    st.one_of(
        st.builds(dict, file=PATHS),
        st.builds(dict, content=TEXTS),
        st.builds(dict, external=st.just(True), name=NAMES),
        st.builds(
            dict, driver_opts=st.just({"type": "nfs"}), labels=st.just({"not a name!": "x", "team": "a"})
        ),
    ),
)
SOURCES = st.dictionaries(
    PATHS.map(lambda path: path.removeprefix("./")),
    st.one_of(TEXTS, st.sampled_from(SourceState)),
    max_size=5,
)


def complete(project: dict[str, Any], sources: dict[str, Source]) -> Translation:
    reading = ComposeReading(project=project)
    while True:
        found = translate(reading, sources, name="shop", allow_missing=True)
        if not found.wanted:
            return found
        sources |= dict.fromkeys(found.wanted, SourceState.ABSENT)


@settings(max_examples=200, deadline=None)
@given(
    services=st.dictionaries(NAMES, SERVICES, min_size=1, max_size=4),
    volumes=TOP,
    secrets=TOP,
    configs=TOP,
    sources=SOURCES,
)
def test_any_project_becomes_a_chart(
    services: dict[str, Any], volumes: Any, secrets: Any, configs: Any, sources: dict[str, Source]
) -> None:
    project = {"services": services, "volumes": volumes, "secrets": secrets, "configs": configs}
    found = complete(project, sources)
    assert len(found.services) == len(services)
    texts = "---\n".join(text for path, text in found.files.items() if path.startswith("templates/"))
    heads = re.findall(r"^kind: (.*)\nmetadata:\n  name: (.*)$", texts, re.MULTILINE)
    names = Counter(heads)
    assert [name for name, count in names.items() if count > 1] == []
    for name, each in services.items():
        if each.get("unheard_of"):
            assert any(finding.key == f"services.{name}.unheard_of" for finding in found.findings)
