"""How long may text be, and which characters may it hold? Caps for what comes from outside."""

NAME = 200
MESSAGE = 16 * 1024
STACK = 64 * 1024
LABELS = 64
LABEL = 1024


def clean(value: str, most: int) -> str:
    """Cut to ``most`` characters, without NUL and without the halves of surrogate pairs."""
    cut = value[:most]
    if "\x00" in cut:
        cut = cut.replace("\x00", "�")
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode("utf-8")


def bare_type(name: str) -> str:
    """The class name without its module: ``shop.errors.CardDeclined`` → ``CardDeclined``. Anything else as it is."""
    last = name.rsplit(".", 1)[-1]
    return clean(last if last.replace("$", "_").isidentifier() else name, NAME)
