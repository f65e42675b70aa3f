"""What is a channel? A way to tell, with one or more recipients, that answers every try with a receipt."""

from typing import Protocol

from notifiers.message import Message, Receipt


class Channel(Protocol):
    """``targets`` are stable names of the recipients, free of secrets; each is one delivery.

    A channel may have more: ``mirrors``, true where it shows the state of an alert and has to hear of acknowledgements;
    ``preview``, what it would send for a message, as text.
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def targets(self) -> tuple[str, ...]: ...

    async def send(self, message: Message, target: str) -> Receipt:
        """Hand one message to one recipient. Trouble is a receipt, never an exception."""

    async def aclose(self) -> None: ...
