"""What cannot be set on paper."""


class MissingGlyphError(ValueError):
    """The fonts cannot show a text; ``characters`` are those that are missing.

    A form with a hole in a name is worse than none: whoever asked for it must change the text or
    send the case another way.
    """

    def __init__(self, characters: list[str]) -> None:
        super().__init__("no glyph for " + ", ".join(f"U+{ord(c):04X}" for c in characters))
        self.characters = tuple(characters)
