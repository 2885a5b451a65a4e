"""A service gets another name, and a deploy moves it: its objects keep their names, so that nothing is made
anew."""

from __future__ import annotations

import re

from cantata.core.authoring.document import FILE, SERVICES, SpecText, renamed_from, renamed_word
from cantata.core.authoring.errors import ServiceTaken
from cantata.core.authoring.mentions import renamed_annotations, template_texts
from cantata.core.authoring.names import check_service_name, section_of
from cantata.core.authoring.sections import check_free, renamed_section
from cantata.core.authoring.services import (
    EditedFiles,
    Files,
    check_new,
    own_files,
    require,
    with_texts,
)
from cantata.core.authoring.written import Written
from cantata.core.config import SetKey, yaml_scalar
from cantata.errors import Place


def rename_service(files: Files, old: str, new: str, *, keep_values: bool = False) -> EditedFiles:
    """Its files, cantata.yaml with what others depend on, annotations, and its section of the values unless
    they are to be kept.

    `renamedFrom` says all names that it had. Raises `ServiceNameUnfit`, `ServiceNotFound`, `ServiceTaken`,
    `ServiceFilesUnknown`, `TemplateFileUnreadable`.
    """
    check_service_name(new)
    spec = SpecText.read(files)
    require(spec, files, old)
    check_new(spec, files, new)
    _, named = own_files(spec, files, old)
    moved = {path: _renamed_path(path, new) for path in named}
    for path in moved.values():
        if path in files:
            raise ServiceTaken(f"there is a file {path} already", subject=f"service {new}", place=Place(path))
    texts = {FILE: _renamed_spec(spec, old, new, moved)}
    for path, text in template_texts(files):
        if (renamed := renamed_annotations(text, old, new)) != text:
            texts[path] = renamed
    edited = with_texts(files, texts)
    notes: tuple[str, ...] = ()
    sections = section_of(old), section_of(new)
    if not keep_values and sections[0] != sections[1]:
        edited, notes = _with_values(edited, *sections, new)
    return EditedFiles({moved.get(path, path): content for path, content in edited.items()}, notes)


def _with_values(files: Files, old: str, new: str, service: str) -> tuple[dict[str, bytes], tuple[str, ...]]:
    spec = SpecText.read(files)
    texts = renamed_section(files, spec, old, new)
    if not texts:
        return dict(files), ()
    check_free(files, new, service)
    return with_texts(files, texts), (
        f"values.yaml: {old} is called {new} now; configs that set keys below {old} must follow",
    )


def _renamed_path(path: str, new: str) -> str:
    """`templates/web.yaml` or the folder of `templates/web/hpa.yaml`."""
    below = path.removeprefix("templates/")
    folder, slash, rest = below.partition("/")
    return f"templates/{new}{slash}{rest}" if slash else f"templates/{new}{re.sub(r'^.*(?=[.])', '', folder)}"


def _renamed_spec(spec: SpecText, old: str, new: str, moved: dict[str, str]) -> str:
    written = spec.written
    spans = [renamed_word(written, node, old, new) for _, node in spec.dependents(old)]
    entry = written.entry(SERVICES, old)
    if entry is not None and entry.key is not None:
        spans.append((entry.key.start, entry.key.end, yaml_scalar(new)))
    renamed = Written.read(FILE, written.replaced(spans))
    names = [old, *(each for each in spec.former_names(old) if each != old)]
    changes = [renamed_from(new, names), *spec.forgetting(new, but=old)]
    if not spec.by_file and moved:
        patterns = [*spec.spec.services[old].files] if old in spec.spec.services else []
        patterns += [path.removeprefix("templates/") for path in sorted(moved.values())]
        listed = ", ".join(map(yaml_scalar, patterns))
        changes.append(SetKey((SERVICES, new, "files"), f"[{listed}]"))
    return renamed.edited(*changes)
