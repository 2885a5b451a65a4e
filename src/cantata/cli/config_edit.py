"""`cantata config edit`: the text from a file, or in the user's editor until it can be saved.

The editor works on a draft (`cli/drafts.py`), which goes only when the server has the text. What cannot be
saved comes back with what is wrong beside it; what somebody else saved meanwhile is merged.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import Parameter

from cantata.cli.config_options import Expect, Message, Parent, one_line, parent_of, print_version
from cantata.cli.drafts import Draft, Note, draft_path, drafts_dir, find_draft
from cantata.cli.inputs import DOCUMENT, ArgumentInvalid, read_text
from cantata.cli.output import Output
from cantata.cli.session import connect, find_target
from cantata.errors import CantataError, Category, Detail

if TYPE_CHECKING:
    from cantata.client import Client
    from cantata.contract.config_edits import MergedInfo
    from cantata.contract.configs import ConfigVersionInfo, Extends

CONFLICT = "EditConflict"


class DraftFound(CantataError):
    """An edit of this config was left; it is for its owner to say what becomes of it."""

    category = Category.CONFLICT


class EditAbandoned(CantataError):
    """The editor left the text as it could not be saved before."""

    category = Category.INVALID


class EditOverlaps(CantataError):
    """Somebody else saved meanwhile, and nobody said that both edits go together."""

    category = Category.CONFLICT


async def edit(
    name: str,
    *,
    file: Annotated[Path | None, DOCUMENT] = None,
    extends: Parent = "",
    no_extends: Annotated[bool, Parameter(negative="", help="Take the parent away.")] = False,
    message: Message = "",
    expect: Expect = None,
    merge: Annotated[
        bool,
        Parameter(
            negative="", help="Save both, where somebody else saved meanwhile and no key is in conflict."
        ),
    ] = False,
    resume: Annotated[bool, Parameter(negative="", help="Go on with the edit that was left.")] = False,
    discard: Annotated[bool, Parameter(negative="", help="Throw away the edit that was left.")] = False,
    output: Output = "table",
) -> None:
    """Save the next version, from a file or from your $EDITOR. Equal content makes no version."""
    for one, other, both in (
        (extends, no_extends, "--extends and --no-extends"),
        (resume, discard, "--resume and --discard"),
    ):
        if one and other:
            raise ArgumentInvalid(f"{both} contradict each other")
    parent = None if no_extends else parent_of(extends) if extends else msgspec.UNSET
    async with connect() as client:
        saving = Saving(client, name, parent, message, merge)
        if file:
            version = await saving.save_file(read_text(file), expect)
        else:
            draft, is_new = await _begin(client, name, resume=resume, discard=discard)
            if expect is not None and expect != draft.base:
                raise ArgumentInvalid(f"the edit of {name} begins at version {draft.base}, not at {expect}")
            version = await Editing(saving, draft, draft.read() if is_new else None).run()
    print_version(version, output)


async def _begin(client: Client, name: str, *, resume: bool, discard: bool) -> tuple[Draft, bool]:
    """A draft of the latest version, or the one that was left; and whether it is new. Raises `DraftFound`."""
    latest = await client.configs.show(name)
    folder = drafts_dir(find_target())
    left = find_draft(folder, name)
    if left is not None and not (discard or resume):
        answer = _ask(f"an edit of {name}@{left.base} was left in {left.path}: [r]esume or [d]iscard it? ")
        resume, discard = answer == "r", answer == "d"
    if left is not None and resume:
        return left, False
    if left is not None and not discard:
        raise DraftFound(
            f"an edit of config {name} that began at version {left.base} was left in {left.path}",
            subject=f"config {name}",
            hint=f"Go on with it by `cantata config edit {name} --resume`, or give --discard.",
        )
    if left is not None:
        left.remove()
    draft = Draft(draft_path(folder, name, latest.number), latest.number)
    draft.write(latest.text)
    return draft, True


def _ask(question: str) -> str:
    """The first letter of the answer; empty where nobody can be asked."""
    if not sys.stdin.isatty():
        return ""
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower()[:1]


@dataclass(frozen=True, slots=True)
class Saving:
    """How texts of one config are saved."""

    client: Client
    name: str
    extends: Extends | msgspec.UnsetType | None
    message: str
    merge: bool

    async def save(self, text: str, expected: int | None) -> ConfigVersionInfo:
        return await self.client.configs.edit(
            self.name, text, extends=self.extends, message=self.message, expected=expected
        )

    async def save_file(self, text: str, expected: int | None) -> ConfigVersionInfo:
        """With `merge`, on top of what was saved since the expected version."""
        while True:
            try:
                return await self.save(text, expected)
            except CantataError as error:
                if error.code != CONFLICT or expected is None or not self.merge:
                    raise
            merged = await self.client.configs.merge(self.name, expected, text)
            if merged.conflicts:
                raise _overlaps(self.name, merged)
            text, expected = merged.text, merged.against


@dataclass
class Editing:
    """A draft on its way through the editor. `original` is the text of its base as long as nothing else is
    in it, `refused` one that the server did not take. One use."""

    saving: Saving
    draft: Draft
    original: str | None
    refused: str | None = None

    async def run(self) -> ConfigVersionInfo:
        """Raises what saving raises; then the draft stays, and standard error says where."""
        try:
            version = await self._until_saved()
        except BaseException:
            if self._is_worth_keeping():
                name, path = self.saving.name, self.draft.path
                print(
                    f"your edit is kept in {path}; `cantata config edit {name}` offers it again",
                    file=sys.stderr,
                )
            else:
                self.draft.remove()
            raise
        self.draft.remove()
        return version

    def _is_worth_keeping(self) -> bool:
        return self.draft.path.exists() and (self.original is None or self.draft.read() != self.original)

    async def _until_saved(self) -> ConfigVersionInfo:
        from cantata.cli.editor import open_editor

        while True:
            open_editor(self.draft.path)
            text = self.draft.read()
            self.draft.write(text)
            if text == self.original and isinstance(self.saving.extends, msgspec.UnsetType):
                return await self.saving.client.configs.show(self.saving.name, self.draft.base)
            if text == self.refused:
                raise EditAbandoned(
                    "the text is as it was when it could not be saved", subject=f"config {self.saving.name}"
                )
            version = await self._save(text)
            if version is not None:
                return version

    async def _save(self, text: str) -> ConfigVersionInfo | None:
        """None when the editor is to be opened again, with what is wrong in the draft."""
        while True:
            try:
                return await self.saving.save(text, self.draft.base)
            except CantataError as error:
                if error.code != CONFLICT and error.category is not Category.INVALID:
                    raise
                if error.code != CONFLICT:
                    self.refused = text
                    self.draft.write(text, error_notes(self.saving.name, error))
                    return None
            merged = await self._merge(text)
            if merged is None:
                return None
            text = merged

    async def _merge(self, text: str) -> str | None:
        """The text that holds both edits, for which the user must have asked; None to look at conflicts.
        Raises `EditOverlaps`."""
        merged = await self.saving.client.configs.merge(self.saving.name, self.draft.base, text)
        if merged.conflicts:
            if not sys.stdin.isatty():
                raise _overlaps(self.saving.name, merged)
            self.original = self.refused = None
            self.draft = self.draft.rebased(merged.against, merged.text, conflict_notes(merged))
            return None
        print(_summary(self.saving.name, merged), file=sys.stderr)
        if not self.saving.merge and _ask("save both? [y]es or [n]o ") != "y":
            raise _overlaps(self.saving.name, merged)
        self.original = None
        self.draft = self.draft.rebased(merged.against, merged.text)
        return merged.text


def error_notes(name: str, error: CantataError) -> Iterator[Note]:
    """What is wrong, each trouble beside the line that it is about."""
    details: Sequence[Detail] = error.details or (Detail(error.message, error.place),)
    yield Note(f"This cannot be saved yet: {error.message}")
    if error.hint:
        yield Note(error.hint)
    yield Note("Lines like this one are not saved. Leave the text as it is to give up.")
    for detail in details:
        place = detail.place
        if place.file != f"config {name}" or not place.line:
            yield Note(f"{place}: {detail.message}" if str(place) else detail.message)
            continue
        column = f"column {place.column}: " if place.column else ""
        yield Note(f"↓ {column}{detail.message}", place.line)


def conflict_notes(merged: MergedInfo) -> Iterator[Note]:
    yield Note(f"Somebody else saved version {merged.against}. Your other changes are in this text.")
    yield Note("These keys you both changed; here is what the other one made of them:")
    for conflict in merged.conflicts:
        mine = one_line(conflict.mine.value) if conflict.mine else "nothing"
        yield Note(f"  {conflict.key}: yours was {mine}")
    yield Note("Lines like this one are not saved.")


def _summary(name: str, merged: MergedInfo) -> str:
    keys = ", ".join(change.key for change in merged.taken) or "only comments and the looks of the text"
    return f"config {name} is at version {merged.against} by now; your changes fit on it: {keys}"


def _overlaps(name: str, merged: MergedInfo) -> EditOverlaps:
    keys = [conflict.key for conflict in merged.conflicts]
    if keys:
        return EditOverlaps(
            f"config {name} is at version {merged.against} by now, and both edits changed {', '.join(keys)}",
            subject=f"config {name}",
            hint=f"See `cantata config show {name}`, then edit again.",
            details=[Detail(f"both changed {key}") for key in keys],
        )
    return EditOverlaps(
        f"config {name} is at version {merged.against} by now",
        subject=f"config {name}",
        hint="Give --merge to save both: no key is in conflict.",
    )
