from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from cantata.core.model.charts import YamlDocument
from cantata.core.model.templates import DeliverAs, Delivery, TemplateSpec, UpdateMode
from cantata.core.spec import DeliveryInvalid, TemplateSpecInvalid, parse_deliveries

Parse = Callable[[str], TemplateSpec]


def delivery_text(*items: str) -> str:
    lines = "".join(f"      - {{{item}}}\n" for item in items)
    return f"services:\n  web:\n    delivery:\n{lines}"


RIGHT = [
    ("as: env", Delivery(DeliverAs.ENV)),
    (
        "as: env, prefix: app_, keys: [db, cache.ttl], containers: [web]",
        Delivery(DeliverAs.ENV, prefix="app_", keys=("db", "cache.ttl"), containers=("web",)),
    ),
    (
        "as: file, mountPath: /etc/app.yaml, key: app, format: yaml",
        Delivery(DeliverAs.FILE, mount_path="/etc/app.yaml", key="app", format="yaml"),
    ),
    (
        "as: file, mountPath: /etc/all.env, format: dotenv",
        Delivery(DeliverAs.FILE, mount_path="/etc/all.env", format="dotenv"),
    ),
    (
        "as: file, mountPath: /etc/app, directory: true, keys: [files], update: inPlace",
        Delivery(
            DeliverAs.FILE,
            mount_path="/etc/app",
            directory=True,
            keys=("files",),
            update=UpdateMode.IN_PLACE,
        ),
    ),
]


@pytest.mark.parametrize(("text", "expected"), RIGHT)
def test_fields_that_fit_together(parse: Parse, text: str, expected: Delivery) -> None:
    assert parse(delivery_text(text)).services["web"].delivery == (expected,)


WRONG = [
    ("prefix: A_", "needs `as: env` or `as: file`", ""),
    ("as: environment", "allowed: env, file", ".as"),
    ("as: volume", "allowed: env, file", ".as"),
    ("as: env, mountPath: /etc", "`mountPath` does not fit `as: env`", ".mountPath"),
    ("as: env, key: a", "`key` does not fit `as: env`", ".key"),
    ("as: env, prefix: 1A", "no digit first", ".prefix"),
    ("as: env, update: inPlace", "a running process keeps its environment", ".update"),
    ("as: file, key: a", "needs `mountPath`", ""),
    ("as: file, mountPath: etc/x, key: a", "an absolute path", ".mountPath"),
    ("as: file, mountPath: /a/../b, key: a", "without `..`", ".mountPath"),
    ("as: file, mountPath: /, directory: true", "below `/`", ".mountPath"),
    ("as: file, mountPath: /x", "must say what the file holds", ""),
    ("as: file, mountPath: /x, key: a, prefix: P", "`prefix` does not fit `as: file`", ".prefix"),
    ("as: file, mountPath: /x, key: a, keys: [b]", "for one file say `key`", ".keys"),
    ("as: file, mountPath: /x, key: a, update: inPlace", "needs `directory: true`", ".update"),
    ("as: file, mountPath: /x, key: a, directory: true", "choose the files of a folder by `keys`", ".key"),
    ("as: file, mountPath: /x, format: yml", "did you mean `yaml`?", ".format"),
    ("as: file, mountPath: /x, key: a, directory: 1", "must be true or false, not 1", ".directory"),
    ("as: file, mountpath: /x, key: a", "did you mean `mountPath`?", ".mountpath"),
    ("as: env, keys: [1]", "text, so put it in quotes, not 1", ".keys.0"),
]


@pytest.mark.parametrize(("text", "trouble", "key"), WRONG)
def test_fields_that_do_not(parse: Parse, text: str, trouble: str, key: str) -> None:
    with pytest.raises(TemplateSpecInvalid) as caught:
        parse(delivery_text(text))
    assert trouble in caught.value.message
    assert caught.value.place.key == f"services.web.delivery.0{key}"
    assert caught.value.place.line == 4


def test_two_files_at_one_place(parse: Parse) -> None:
    one = "as: file, mountPath: /etc/x, key: a"
    with pytest.raises(TemplateSpecInvalid, match="two deliveries mount at `/etc/x`"):
        parse(delivery_text(one, one))
    apart = [f"{one}, containers: [{name}]" for name in ("web", "proxy")]
    assert len(parse(delivery_text(*apart)).services["web"].delivery) == 2


def test_an_application_adds_deliveries_by_service(compose: Callable[[str], YamlDocument]) -> None:
    document = compose("web: {as: env, keys: db}\napi:\n  - {as: file, mountPath: /etc/a, key: a}\nold: []\n")
    assert parse_deliveries(msgspec.json.decode(document.value), document.nodes) == {
        "web": (Delivery(DeliverAs.ENV, keys=("db",)),),
        "api": (Delivery(DeliverAs.FILE, mount_path="/etc/a", key="a"),),
    }


ADDED_WRONG = [
    ("web:\n  - as: env\n    mountPath: /etc/x\n", 3, 5, "web.0.mountPath", "does not fit"),
    ("Web: [{as: env}]\n", 1, 1, "Web", "is not a name for a service"),
    ("- as: env\n", 1, 1, "", "must be a map"),
    ("web:\n  as: volume\n", 2, 7, "web.as", "allowed: env, file"),
]


@pytest.mark.parametrize(("text", "line", "column", "key", "message"), ADDED_WRONG)
def test_what_an_application_may_not_say_is_named_with_its_place(
    compose: Callable[[str], YamlDocument], text: str, line: int, column: int, key: str, message: str
) -> None:
    document = compose(text)
    with pytest.raises(DeliveryInvalid, match=message) as raised:
        parse_deliveries(msgspec.json.decode(document.value), document.nodes, "delivery of application shop")
    place = raised.value.place
    assert (place.file, place.line, place.column, place.key) == (
        "delivery of application shop", line, column, key
    )  # fmt: skip
