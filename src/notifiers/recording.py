"""A channel that only remembers: for dry runs and for tests of what stands before a channel."""

from notifiers.message import Message, Receipt, Verdict


class RecordingChannel:
    kind = "recording"

    def __init__(self, name: str, targets: tuple[str, ...] = ("memory",)) -> None:
        self.name, self.targets = name, targets
        self.messages: list[Message] = []
        self.receipts: list[Receipt] = []

    async def send(self, message: Message, target: str) -> Receipt:  # noqa: ARG002
        """Answers with the receipts given in ``receipts``, then with "delivered"."""
        receipt = self.receipts.pop(0) if self.receipts else Receipt(Verdict.DELIVERED)
        if receipt.delivered:
            self.messages.append(message)
        return receipt

    async def aclose(self) -> None:
        return None
