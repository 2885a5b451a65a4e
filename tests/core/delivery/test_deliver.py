"""One config, three ways: native references, environment and files."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cantata.core.delivery import Delivered, Entry, environment_name
from cantata.core.model.objects import Manifest, ObjectKey
from cantata.core.model.templates import DeliverAs, Delivery, UpdateMode
from cantata.core.stamp.templates import pod_spec

Send = Callable[..., Delivered]


def workload(kind: str = "Deployment", **spec: Any) -> Manifest:
    groups = {"Pod": "v1", "CronJob": "batch/v1", "Job": "batch/v1"}
    pod = {"metadata": {"annotations": spec.pop("annotations", {})}, "spec": spec}
    body: Any = {"template": pod}
    if kind == "CronJob":
        body = {"jobTemplate": {"spec": {"template": pod}}}
    head = {"apiVersion": groups.get(kind, "apps/v1"), "kind": kind}
    return {**head, "metadata": {"name": "web", "namespace": "ns"}, "spec": spec if kind == "Pod" else body}


def key_ref(name: str, key: str, secret: bool = False, **more: Any) -> dict[str, Any]:
    field = "secretKeyRef" if secret else "configMapKeyRef"
    return {"name": name, "valueFrom": {field: {"name": "cfg", "key": key, **more}}}


def container(**fields: Any) -> dict[str, Any]:
    return {"name": "main", **fields}


def data_of(delivered: Delivered, kind: str) -> dict[str, str]:
    for manifest in delivered.objects:
        if manifest["kind"] == kind:
            data: dict[str, str] = manifest["data"]
            if kind == "Secret":
                return {key: base64.b64decode(text).decode() for key, text in data.items()}
            return data
    return {}


def pod_of(delivered: Delivered) -> dict[str, Any]:
    pod = pod_spec(delivered.manifests[0])
    assert pod is not None
    return pod


def names(delivered: Delivered) -> dict[str, str]:
    return {manifest["kind"]: manifest["metadata"]["name"] for manifest in delivered.objects}


def rules(delivered: Delivered) -> list[str]:
    return [finding.rule for finding in delivered.findings]


def test_entries_are_as_written(entries_of: Callable[[str], Sequence[Entry]]) -> None:
    text = "a: {s: 007x, i: 0x1F, b: yes, f: 1.50, n: ~}\nl: [1, {x: é}]\ne: {}\nd.t: ''\np: !secret q\n"
    found = entries_of(text)
    assert {entry.key: entry.reveal() for entry in found} == {
        "a.s": "007x", "a.i": "0x1F", "a.b": "yes", "a.f": "1.50", "l": '[1,{"x":"é"}]', "e": "{}",
        "d.t": "", "p": "q",
    }  # fmt: skip
    assert [entry.key for entry in found if entry.secret] == ["p"]


@pytest.mark.parametrize(
    ("key", "prefix", "name"),
    [
        ("db.host", "", "DB_HOST"),
        ("logLevel", "APP_", "APP_LOG_LEVEL"),
        ("a-b.c_d", "x", "xA_B_C_D"),
        ("1", "", "1"),
    ],
)
def test_environment_names(key: str, prefix: str, name: str) -> None:
    assert environment_name(key, prefix) == name


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"])
@pytest.mark.parametrize("field", ["containers", "initContainers", "ephemeralContainers"])
def test_key_references_everywhere(kind: str, field: str, send: Send) -> None:
    env = [key_ref("H", "db.host"), key_ref("P", "db.password"), key_ref("L", "logLevel", secret=True)]
    given = workload(kind, **{field: [container(env=env)]})
    before = copy.deepcopy(given)
    delivered = send(given)
    assert given == before
    found = names(delivered)
    assert [item["valueFrom"] for item in pod_of(delivered)[field][0]["env"]] == [
        {"configMapKeyRef": {"name": found["ConfigMap"], "key": "db.host"}},
        {"secretKeyRef": {"name": found["Secret"], "key": "db.password"}},
        {"configMapKeyRef": {"name": found["ConfigMap"], "key": "logLevel"}},
    ]
    assert data_of(delivered, "ConfigMap") == {"db.host": "postgres", "logLevel": "info"}
    assert data_of(delivered, "Secret") == {"db.password": "hidden"}
    assert delivered.used == ("db.host", "db.password", "logLevel")
    assert all(manifest["immutable"] for manifest in delivered.objects)
    assert found["ConfigMap"].startswith("rel-web-config-")


def test_a_missing_key_is_an_error_unless_optional(send: Send) -> None:
    env = [key_ref("A", "no"), key_ref("B", "none", optional=True), key_ref("C", "logLevel", optional=True)]
    delivered = send(workload(containers=[container(env=env)]))
    (finding,) = delivered.findings
    assert (finding.rule, finding.severity, finding.key) == ("missing-key", "error", "no")
    left, kept = pod_of(delivered)["containers"][0]["env"]
    assert left == env[0]
    assert kept["valueFrom"]["configMapKeyRef"]["optional"] is True


def test_env_from_becomes_variables_under_the_chart_s_own(send: Send) -> None:
    sources = [{"prefix": "X_", "configMapRef": {"name": "cfg"}}, {"configMapRef": {"name": "foreign"}}]
    own = {"name": "X_LOG_LEVEL", "value": "debug"}
    delivered = send(workload(containers=[container(env=[own], envFrom=sources)]))
    made = pod_of(delivered)["containers"][0]
    assert made["envFrom"] == sources[1:]
    assert {item["name"] for item in made["env"][:-1]} == {
        "X_DB_HOST", "X_DB_PORT", "X_DB_PASSWORD", "X_NGINX_CONF", "X_ROUTES_A_PATH", "X_ROUTES_A_SECONDS",
        "X_ROUTES_LIST",
    }  # fmt: skip
    assert made["env"][-1] == own
    assert "logLevel" not in delivered.used
    assert data_of(delivered, "ConfigMap")["db.port"] == "05432"
    assert sorted(rules(delivered)) == ["env-shadowed", "env-source-order"]


def test_env_from_of_the_secret_takes_secrets_only(send: Send) -> None:
    delivered = send(workload(containers=[container(envFrom=[{"secretRef": {"name": "cfg"}}])]))
    assert delivered.used == ("db.password",)
    assert "envFrom" not in pod_of(delivered)["containers"][0]


def test_names_that_collide_or_cannot_be(send: Send) -> None:
    source = [{"configMapRef": {"name": "cfg"}}]
    delivered = send(
        workload(containers=[container(envFrom=source)]), config="a.b: 1\na_b: 2\n1x: 3\n'a/b': 4\n"
    )
    assert sorted(rules(delivered)) == ["env-collision", "invalid-env-name", "invalid-key"]
    assert delivered.used == ("a.b",)


def test_volumes(send: Send) -> None:
    items = [{"key": "nginx.conf", "path": "x/default.conf", "mode": 256}]
    volumes = [
        {"name": "one", "configMap": {"name": "cfg", "items": items, "defaultMode": 420}},
        {"name": "all", "configMap": {"name": "cfg", "defaultMode": 420}},
        {"name": "secret", "secret": {"secretName": "cfg"}},
        {"name": "both", "projected": {"defaultMode": 256, "sources": [
            {"configMap": {"name": "cfg"}}, {"downwardAPI": {}},
        ]}},
        {"name": "other", "configMap": {"name": "foreign"}},
    ]  # fmt: skip
    delivered = send(
        workload(containers=[container()], volumes=volumes), config="nginx.conf: x\np: !secret y\n"
    )
    plain, hidden = names(delivered)["ConfigMap"], names(delivered)["Secret"]
    plain_source = {"name": plain, "items": [{"key": "nginx.conf", "path": "nginx.conf"}]}
    secret_items = [{"key": "p", "path": "p"}]
    both = [{"configMap": plain_source}, {"secret": {"name": hidden, "items": secret_items}}]
    assert pod_of(delivered)["volumes"] == [
        {"name": "one", "configMap": {"name": plain, "items": items, "defaultMode": 420}},
        {"name": "all", "projected": {"defaultMode": 420, "sources": both}},
        {"name": "secret", "secret": {"secretName": hidden, "items": secret_items}},
        {"name": "both", "projected": {"defaultMode": 256, "sources": [*both, {"downwardAPI": {}}]}},
        volumes[4],
    ]


def test_injected_environment(send: Send) -> None:
    deliveries = [Delivery(DeliverAs.ENV, prefix="APP_", keys=("db", "logLevel"))]
    own = {"name": "APP_DB_HOST", "value": "other"}
    given = workload(containers=[container(env=[own]), {"name": "second"}], initContainers=[{"name": "init"}])
    delivered = send(given, deliveries=deliveries)
    pod = pod_of(delivered)
    expected = {"APP_DB_PORT", "APP_DB_PASSWORD", "APP_LOG_LEVEL"}
    first, second = ([item["name"] for item in each["env"]] for each in pod["containers"])
    assert (set(first[:-1]), first[-1]) == (expected, "APP_DB_HOST")
    assert set(second) == {"APP_DB_HOST", *expected}
    assert "env" not in pod["initContainers"][0]
    assert rules(delivered) == ["env-shadowed"]
    widened = [Delivery(DeliverAs.ENV, keys=("logLevel", "gone"), containers=("init", "nobody"))]
    delivered = send(given, deliveries=widened)
    assert [item["name"] for item in pod_of(delivered)["initContainers"][0]["env"]] == ["LOG_LEVEL"]
    assert sorted(rules(delivered)) == ["missing-key", "unknown-container"]


FORMATS = {
    "yaml": 'a:\n  path: /a\n  seconds: 5\nlist:\n  - 1\n  - x\n',
    "json": '{\n  "a": {\n    "path": "/a",\n    "seconds": 5\n  },\n  "list": [\n    1,\n    "x"\n  ]\n}\n',
    "properties": 'a.path=/a\na.seconds=5\nlist=[1,"x"]\n',
    "dotenv": "A_PATH=/a\nA_SECONDS=5\nLIST='[1,\"x\"]'\n",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_a_subtree_as_one_file(form: str, send: Send) -> None:
    delivery = Delivery(DeliverAs.FILE, mount_path="/etc/r.file", key="routes", format=form)
    delivered = send(workload(containers=[container()]), deliveries=[delivery])
    content = data_of(delivered, "ConfigMap")[f"routes..{form}"]
    assert content == FORMATS[form]
    mount = {"name": "cantata-config-0", "mountPath": "/etc/r.file", "readOnly": True, "subPath": "r.file"}
    assert pod_of(delivered)["containers"][0]["volumeMounts"] == [mount]
    assert delivered.used == ("routes.a.path", "routes.a.seconds", "routes.list")


def test_files_alone_in_a_directory_and_in_place(send: Send) -> None:
    deliveries = [
        Delivery(DeliverAs.FILE, mount_path="/etc/n.conf", key="nginx.conf"),
        Delivery(
            DeliverAs.FILE, mount_path="/etc/db", keys=("db",), directory=True, update=UpdateMode.IN_PLACE
        ),
        Delivery(DeliverAs.FILE, mount_path="/taken/", key="logLevel"),
    ]
    taken = {"name": "x", "mountPath": "/taken"}
    delivered = send(workload(containers=[container(volumeMounts=[taken])]), deliveries=deliveries)
    mounts = pod_of(delivered)["containers"][0]["volumeMounts"]
    assert [(item["mountPath"], item.get("subPath")) for item in mounts] == [
        ("/taken", None), ("/etc/n.conf", "n.conf"), ("/etc/db", None),
    ]  # fmt: skip
    mutable = [each["metadata"]["name"] for each in delivered.objects if "immutable" not in each]
    assert mutable == ["rel-web-config", "rel-web-secret"]
    assert rules(delivered) == ["mount-shadowed"]
    assert "sources" in pod_of(delivered)["volumes"][1]["projected"]


def test_a_file_with_a_secret_is_a_secret(send: Send) -> None:
    delivery = Delivery(DeliverAs.FILE, mount_path="/c.json", key="db", format="json")
    delivered = send(workload(containers=[container()]), deliveries=[delivery])
    assert list(names(delivered)) == ["Secret"]
    assert "hidden" not in str(delivered)
    assert '"hidden"' in data_of(delivered, "Secret")["db..json"]


MENTIONS = {
    "argument": workload(containers=[container(args=["--configmap=ns/cfg"])]),
    "variable": workload(containers=[container(env=[{"name": "A", "value": "cfg"}])]),
    "annotation": workload(annotations={"reload": "a,cfg"}, containers=[container()]),
    "custom resource": {
        "apiVersion": "x.io/v1",
        "kind": "X",
        "metadata": {"name": "x"},
        "spec": {"ref": "cfg"},
    },
}


@pytest.mark.parametrize("given", MENTIONS.values(), ids=MENTIONS)
def test_a_name_that_is_not_rewritten_keeps_its_object(given: Manifest, send: Send) -> None:
    delivered = send(given)
    (kept,) = delivered.shared
    assert (kept["kind"], kept["metadata"]["name"], "immutable" in kept) == ("ConfigMap", "cfg", False)
    assert "db.host" in kept["data"]
    assert "db.password" not in kept["data"]
    assert rules(delivered) == ["config-name-elsewhere"]
    assert delivered.objects == ()


def test_words_like_the_name_mean_nothing(send: Send) -> None:
    given = workload(
        containers=[container(args=["--x=cfg-2", "my-cfg", "cfg.svc"])], volumes=[{"name": "cfg"}]
    )
    assert send(given).shared == ()


def test_an_object_of_the_chart_is_left_alone(send: Send) -> None:
    given = workload(
        containers=[container(env=[key_ref("A", "own"), key_ref("P", "db.password", secret=True)])]
    )
    rendered = [ObjectKey("", "ConfigMap", "ns", "cfg")]
    delivered = send(given, rendered=rendered)
    assert pod_of(delivered)["containers"][0]["env"][0] == key_ref("A", "own")
    assert rules(delivered) == ["config-rendered-by-chart"]
    assert delivered.used == ("db.password",)


KEYS = ["a", "b", "c", "d"]
TEXTS = st.text("xyz", min_size=1, max_size=3)


@given(
    uses=st.lists(st.sets(st.sampled_from(KEYS)), min_size=1, max_size=4),
    before=st.fixed_dictionaries(dict.fromkeys(KEYS, TEXTS)),
    changed=st.sampled_from(KEYS),
    secrets=st.sets(st.sampled_from(KEYS)),
)
def test_a_key_changes_the_names_of_its_users_only(
    uses: list[set[str]], before: dict[str, str], changed: str, secrets: set[str], send: Send
) -> None:
    def config(values: dict[str, str]) -> str:
        return "".join(f"{key}: {'!secret ' * (key in secrets)}{text}\n" for key, text in values.items())

    after = {**before, changed: before[changed] + "!"}
    for index, keys in enumerate(uses):
        given = workload(containers=[container(env=[key_ref(key.upper(), key) for key in sorted(keys)])])
        first, again, then = (
            send(given, config=config(values), service=f"s{index}") for values in (before, before, after)
        )
        assert first == again
        assert set(first.used) == keys
        kind = "Secret" if changed in secrets else "ConfigMap"
        expected = {kind} if changed in keys else set()
        assert {each for each in names(first) if names(first)[each] != names(then)[each]} == expected


def test_two_applications_never_share_an_object(send: Send) -> None:
    given = workload(containers=[container(env=[key_ref("A", "logLevel")])])
    one, two = send(given, release="a-b", service="c"), send(given, release="a", service="b-c")
    assert names(one)["ConfigMap"] != names(two)["ConfigMap"]
