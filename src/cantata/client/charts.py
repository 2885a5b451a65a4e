"""Charts that are looked at and not stored, over HTTP."""

from __future__ import annotations

from cantata.client.noun import Noun
from cantata.contract.drafts import LintInfo, LintRequest, PreviewInfo, PreviewRequest, TextInfo, TextRequest
from cantata.contract.template_diffs import ChartDiffRequest, TemplateDiffInfo


class Charts(Noun):
    path = "charts"

    async def diff(self, request: ChartDiffRequest) -> TemplateDiffInfo:
        """What differs between two charts: by file, and of what they render."""
        return await self._connection.send("POST", self._at("diff"), TemplateDiffInfo, body=request)

    async def lint(self, request: LintRequest) -> LintInfo:
        """What is odd or wrong about a chart."""
        return await self._connection.send("POST", self._at("lint"), LintInfo, body=request)

    async def preview(self, request: PreviewRequest) -> PreviewInfo:
        """What a chart would become with some values, somewhere."""
        return await self._connection.send("POST", self._at("preview"), PreviewInfo, body=request)

    async def text(self, request: TextRequest) -> TextInfo:
        """What `helm template` would print of a chart."""
        return await self._connection.send("POST", self._at("text"), TextInfo, body=request)
