"""What tells series apart? Okabe and Ito's colours, and a pattern, dash and marker beside each, for eyes and paper that
know no colour."""

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8C8C8C")
BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW, GREY = range(len(COLOURS))
_DARK, _LIGHT = "rgba(0,0,0,0.6)", "rgba(255,255,255,0.85)"
LINES = (_LIGHT, _DARK, _LIGHT, _DARK, _DARK, _LIGHT, _DARK, _LIGHT)  # what is seen on each colour, in grey too
PATTERNS = ("", "/", "x", ".", "\\", "+", "|", "-")  # plotly's words
HATCHES = ("", "///", "xx", "..", "\\\\\\", "++", "||", "--")  # matplotlib's
DASHES = ("solid", "dash", "dot", "dashdot")
MARKERS = ("circle", "diamond", "square", "x", "triangle-up", "cross", "star", "pentagon")


def colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def veil(index: int, alpha: float) -> str:
    """The colour, seen through."""
    red, green, blue = (int(colour(index)[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
