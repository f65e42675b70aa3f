"""Any channel with a wording of its own: it sends the template's title and text, in its plain form."""

import asyncio
from dataclasses import replace

from notifiers.channel import Channel
from notifiers.message import Message, Receipt
from notifiers.rendering import worded
from notifiers.template import BadTemplate, Template, applied


class TemplatedChannel:
    """A message about no alert, such as a test, is sent as ever; so is one that was refused in the template's form, and
    one on which the template fails: better the built-in form than nothing."""

    def __init__(self, inner: Channel, template: Template) -> None:
        self._inner, self._template = inner, template
        self.name, self.kind, self.targets = inner.name, inner.kind, inner.targets
        self.mirrors: bool = getattr(inner, "mirrors", False)

    async def send(self, message: Message, target: str) -> Receipt:
        said, trouble = await asyncio.to_thread(self._said, message)
        receipt = await self._inner.send(said, target)
        return replace(receipt, detail=f"{receipt.detail} ({trouble})".strip()) if trouble else receipt

    def preview(self, message: Message) -> str:
        said, _ = self._said(message)
        return preview_of(self._inner, said)

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _said(self, message: Message) -> tuple[Message, str]:
        """With what went wrong, if anything did."""
        if message.plain or not message.alerts:
            return message, ""
        try:
            return applied(self._template, message), ""
        except BadTemplate as bad:
            trouble = f"the template of this channel failed: {bad}"
            note = " ".join(text for text in (message.note, f"This is the built-in form: {trouble}.") if text)
            return worded(replace(message, note=note)), trouble


def preview_of(channel: Channel, message: Message) -> str:
    """What it would send, as text; of a channel that does not say, title and text."""
    preview = getattr(channel, "preview", None)
    return str(preview(message)) if preview is not None else f"{message.title}\n\n{message.text}"
