"""What a template function took from chance or the clock is recorded once and played back."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509

from cantata.core.model.charts import Rendered, TapeEntry

Load = Callable[[bytes], Any]

SECRET = "tape/templates/secret.yaml"


@pytest.fixture
async def tape_chart(own_charts: Any, pack_folder: Callable[[Any], bytes], loaded: Load) -> Any:
    return await loaded(pack_folder(own_charts / "charts" / "tape"))


def _data(rendered: Rendered, kind: str, key: str = "data") -> Any:
    (found,) = [each.manifest for each in rendered.objects if each.manifest["kind"] == kind]
    return found[key]


def _config_map(data: str) -> str:
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: " + data + "\n"


def _keys(entries: tuple[TapeEntry, ...]) -> list[tuple[str, str, str, int]]:
    return [(entry.template, entry.function, entry.arguments, entry.ordinal) for entry in entries]


async def test_a_second_render_with_the_tape_is_equal(tape_chart: Any) -> None:
    first = await tape_chart.render()
    assert await tape_chart.render(tape=first.tape) == first


async def test_without_the_tape_everything_taped_differs(tape_chart: Any) -> None:
    first, second = await tape_chart.render(), await tape_chart.render()
    assert _keys(first.tape)[:3] == _keys(second.tape)[:3]
    kept = {"fixed", "local", "derived", "keys", "values"}
    one, other = _data(first, "ConfigMap"), _data(second, "ConfigMap")
    assert {key for key in one if one[key] == other[key]} <= kept | {"unix", "ago", "round"}
    assert (one["keys"], one["values"]) == ("a,b,c,d,e,f", "3,2,1,5,4,6")
    assert (one["local"], one["fixed"]) == ("00:00 UTC", "1970-01-02 01:00 CET")


async def test_equal_calls_are_told_apart_by_their_number(tape_chart: Any) -> None:
    rendered = await tape_chart.render()
    secret = _data(rendered, "Secret", "stringData")
    assert secret["first"] != secret["second"]
    assert secret["named"] != secret["again"]
    mine = [entry for entry in rendered.tape if entry.template == SECRET]
    assert sorted((entry.function, entry.ordinal) for entry in mine) == [
        ("randAlpha", 0),
        ("randAlphaNum", 0),
        ("randAlphaNum", 0),
        ("randAlphaNum", 1),
        ("randNumeric", 0),
        ("randNumeric", 1),
    ]


async def test_a_checksum_annotation_sees_the_secret_that_is_rendered(
    loaded: Load, pack: Callable[..., bytes]
) -> None:
    copy = '{{ include (print $.Template.BasePath "/secret.yaml") . | b64enc }}'
    files = {
        "templates/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ randAlphaNum 8 }}\n",
        "templates/a.yaml": _config_map(f"{{copy: {copy}, own: {{{{ randAlphaNum 8 }}}}}}"),
    }
    rendering = await loaded(pack(files))
    rendered = await rendering.render()
    (secret,) = [each.manifest for each in rendered.objects if each.manifest["kind"] == "Secret"]
    data = _data(rendered, "ConfigMap")
    assert f"name: {secret['metadata']['name']}" in base64.b64decode(data["copy"]).decode()
    assert data["own"] != secret["metadata"]["name"]
    assert _keys(rendered.tape) == [
        ("shop/templates/a.yaml", "randAlphaNum", rendered.tape[0].arguments, 0),
        ("shop/templates/secret.yaml", "randAlphaNum", rendered.tape[0].arguments, 0),
    ]


async def test_a_file_that_is_included_for_each_item_gives_each_its_own(
    loaded: Load, pack: Callable[..., bytes]
) -> None:
    loop = '{{ range list "a" "b" }}{{ . }}: {{ include "shop/templates/_item.tpl" . }}, {{ end }}'
    rendering = await loaded(
        pack(
            {"templates/_item.tpl": "{{ randAlpha 12 }}", "templates/x.yaml": _config_map("{ " + loop + " }")}
        )
    )
    rendered = await rendering.render()
    data = _data(rendered, "ConfigMap")
    assert data["a"] != data["b"]
    assert [(entry.template, entry.ordinal) for entry in rendered.tape] == [
        ("shop/templates/x.yaml", 0),
        ("shop/templates/x.yaml", 1),
    ]
    assert await rendering.render(tape=rendered.tape) == rendered


async def test_another_template_does_not_move_the_recorded_results(
    loaded: Load, pack: Callable[..., bytes]
) -> None:
    files = {"templates/m.yaml": _config_map("{password: {{ randAlphaNum 20 }}}")}
    first = await (await loaded(pack(files))).render()
    more = {"templates/a.yaml": "# {{ randAlphaNum 20 }}", "templates/z.yaml": "# {{ randAlphaNum 20 }}"}
    second = await (await loaded(pack({**files, **more}))).render(tape=first.tape)
    assert second.objects == first.objects
    assert len(second.tape) == 3


async def test_entries_that_are_dropped_are_made_anew(tape_chart: Any) -> None:
    first = await tape_chart.render()
    kept = tuple(entry for entry in first.tape if entry.template != SECRET)
    second = await tape_chart.render(tape=kept)
    assert _keys(second.tape) == _keys(first.tape)
    assert _data(second, "ConfigMap") == _data(first, "ConfigMap")
    one, other = _data(first, "Secret", "stringData"), _data(second, "Secret", "stringData")
    assert not [key for key in one if one[key] == other[key]]


async def test_entries_that_are_not_played_are_not_returned(loaded: Load, pack: Callable[..., bytes]) -> None:
    text = _config_map("{{ if .Values.on }}{password: {{ randAlphaNum 20 }}}{{ end }}")
    rendering = await loaded(pack({"templates/x.yaml": text}))
    on = await rendering.render({"on": True})
    off = await rendering.render({"on": False}, tape=on.tape)
    assert (len(on.tape), len(off.tape)) == (1, 0)


async def test_recorded_certificates_are_real(tape_chart: Any) -> None:
    first = await tape_chart.render()
    data = _data(await tape_chart.render(tape=first.tape), "ConfigMap")
    ca, web = (x509.load_pem_x509_certificate(base64.b64decode(data[key])) for key in ("ca", "cert"))
    web.verify_directly_issued_by(ca)
    assert web.subject.rfc4514_string() == "CN=web"


async def test_a_template_that_ends_with_a_brace_is_rendered_as_it_is(
    loaded: Load, pack: Callable[..., bytes]
) -> None:
    files = {"templates/a.yaml": "# {", "templates/x.yaml": _config_map("{password: {{ randAlphaNum 20 }}}")}
    rendering = await loaded(pack(files))
    rendered = await rendering.render()
    assert [entry.template for entry in rendered.tape] == ["shop/templates/x.yaml"]
