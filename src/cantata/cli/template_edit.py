"""`cantata template edit`: files of a template in the user's editor. `cantata template pull`: in a folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cantata.cli.drafts import drafts_dir
from cantata.cli.inputs import ArgumentInvalid, parse_template
from cantata.cli.output import Output, print_one
from cantata.cli.session import connect, find_target
from cantata.cli.template_drafts import TemplateDraft, draft_of, find_template_draft
from cantata.cli.template_export import Force
from cantata.contract import states
from cantata.errors import CantataError, Category, Detail, Place

if TYPE_CHECKING:
    from cantata.client import Client
    from cantata.contract.template_edits import TemplateEditedInfo

EDIT_EXAMPLES = """Examples:
  cantata template edit shop values.yaml
  cantata template edit shop --bump minor           # all of its files
  cantata template edit shop --resume"""

Bump = Annotated[
    states.Bump,
    Parameter(
        help="The part of the chart's version that is raised, unless the edit changes it itself. Charts that"
        " write their version to their pods have them replaced by that: `none` leaves it."
    ),
]


class TemplateDraftFound(CantataError):
    """An edit of this template was left; it is for its owner to say what becomes of it."""

    category = Category.CONFLICT


class TemplateEditOverlaps(CantataError):
    """Somebody else changed the same files meanwhile; `details` name them."""

    category = Category.CONFLICT


async def edit(
    name: str,
    *files: Annotated[str, Parameter(help="Their paths in the chart; by default all that is text.")],
    bump: Bump = "patch",
    resume: Annotated[bool, Parameter(negative="", help="Go on with the edit that was left.")] = False,
    discard: Annotated[bool, Parameter(negative="", help="Throw away the edit that was left.")] = False,
    output: Output = "table",
) -> None:
    """Edit files of the latest version in your $EDITOR. Saved, they are the next version.

    What cannot be saved is kept, and so is an edit that somebody else was quicker than: --resume goes on
    with it.
    """
    if resume and (discard or files):
        raise ArgumentInvalid(
            "--resume goes on with the files that were left: give neither others nor --discard"
        )
    async with connect() as client:
        draft, original = await _begin(client, name, files, resume=resume, discard=discard)
        edited = await _Editing(client, name, draft, original, bump).run()
    if edited is None:
        print(f"template {name} is as it was", file=sys.stderr)
        return
    print_edited(edited, output)


def print_edited(edited: TemplateEditedInfo, output: Output) -> None:
    from cantata.cli.template_import import findings_word

    version = edited.version
    rows = [
        ("template", f"{version.template}@{version.number}" + ("" if edited.fresh else " (unchanged)")),
        ("chart", f"{version.chart} {version.chart_version}"),
        ("notes", "".join(f"\n  {note}" for note in edited.notes)),
        ("findings", findings_word(edited.findings, version.template)),
    ]
    print_one(edited, output, rows)


async def pull(
    name: Annotated[str, Parameter(help="NAME or NAME@VERSION.")],
    folder: Annotated[Path, Parameter(help="Where its files go: a new folder, or an empty one.")],
    *,
    force: Force = False,
) -> None:
    """Write the files of a version into a folder, to edit them there. `template import` puts them back."""
    from cantata.cli.exported_files import chart_files, write_folder

    template, number = parse_template(name)
    async with connect() as client:
        version = await client.templates.show(template, number)
        files = chart_files(await client.templates.archive(template, version.number))
    write_folder(folder, files, force=force)
    print(f"{len(files)} files of {template}@{version.number} in {folder}")
    print(f"`cantata template import {template} {folder} --expect {version.number}` puts them back")


Texts = Mapping[str, str]


async def _texts(client: Client, name: str, version: int) -> dict[str, str]:
    """What of a version is text; packed subcharts are not."""
    from cantata.cli.exported_files import chart_files

    texts = {}
    for path, content in chart_files(await client.templates.archive(name, version)).items():
        try:
            texts[path] = content.decode()
        except UnicodeDecodeError:
            continue
    return texts


async def _begin(
    client: Client, name: str, files: tuple[str, ...], *, resume: bool, discard: bool
) -> tuple[TemplateDraft, Texts]:
    """A draft, and what it began with. Raises `TemplateDraftFound`, `ArgumentInvalid`,
    `TemplateEditOverlaps`."""
    folder = drafts_dir(find_target())
    left = find_template_draft(folder, name)
    latest = (await client.templates.show(name)).number
    if left is not None and resume:
        return await _resumed(client, name, left, draft_of(folder, name, latest))
    if left is not None and not discard:
        raise TemplateDraftFound(
            f"an edit of template {name} that began at version {left.base} was left in {left.folder}",
            subject=f"template {name}",
            hint=f"Go on with it by `cantata template edit {name} --resume`, or give --discard.",
        )
    if left is not None:
        left.remove()
    elif resume:
        raise ArgumentInvalid(f"no edit of template {name} was left")
    texts = await _texts(client, name, latest)
    for path in files:
        if path not in texts:
            raise ArgumentInvalid(
                f"template {name}@{latest} has no text file {path}",
                hint=f"`cantata template show {name}` lists its files.",
            )
    chosen = {path: text for path, text in texts.items() if path in files or not files}
    draft = draft_of(folder, name, latest)
    draft.write(chosen)
    return draft, chosen


async def _resumed(
    client: Client, name: str, left: TemplateDraft, now: TemplateDraft
) -> tuple[TemplateDraft, Texts]:
    """The draft, on top of what others saved since, unless they changed the same files."""
    mine, base = left.read(), await _texts(client, name, left.base)
    if left.base == now.base:
        return left, {path: text for path, text in base.items() if path in mine}
    latest = await _texts(client, name, now.base)
    changed = {path for path, text in mine.items() if base.get(path) != text}
    both = sorted(path for path in changed if latest.get(path) not in (base.get(path), mine[path]))
    if both:
        raise TemplateEditOverlaps(
            f"template {name} is at version {now.base} by now, and both edits changed {', '.join(both)}",
            subject=f"template {name}",
            hint=f"Your files are in {left.folder}: take what you need, then edit again with --discard.",
            details=[Detail("both edits changed it", Place(path)) for path in both],
        )
    current = {path: latest[path] for path in mine if path in latest}
    now.write({**current, **{path: mine[path] for path in changed}})
    left.remove()
    return now, current


@dataclass
class _Editing:
    """A draft on its way through the editor. One use."""

    client: Client
    name: str
    draft: TemplateDraft
    original: Texts
    bump: states.Bump

    async def run(self) -> TemplateEditedInfo | None:
        """None when nothing was changed. When it cannot be saved, standard error says where the files are."""
        from cantata.cli.editor import open_editor

        try:
            open_editor(*(self.draft.folder / path for path in self.draft.read()))
            changes = self._changes()
            edited = None
            if changes:
                edited = await self.client.templates.edit(
                    self.name, changes, bump=self.bump, expected=self.draft.base
                )
        except BaseException:
            if self._changes():
                print(
                    f"your edit is kept in {self.draft.folder}; `cantata template edit {self.name} --resume` "
                    "goes on with it",
                    file=sys.stderr,
                )
            else:
                self.draft.remove()
            raise
        self.draft.remove()
        return edited

    def _changes(self) -> dict[str, str | None]:
        now = self.draft.read()
        changed: dict[str, str | None] = {
            path: text for path, text in now.items() if self.original.get(path) != text
        }
        return changed | dict.fromkeys(path for path in self.original if path not in now)
