from __future__ import annotations

from collections.abc import Callable

import pytest

from cantata.core.model.templates import DeliverAs, Delivery, TemplateSpec, UpdateMode
from cantata.core.spec import TemplateSpecInvalid

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
