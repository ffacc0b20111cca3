"""What a cell of a CSV may hold, so that a spreadsheet shows it and runs nothing."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(text: str | None) -> str:
    """The text, quoted where a spreadsheet would take it for a formula (OWASP, CSV injection); None is empty."""
    if not text:
        return ""
    return f"'{text}" if text.startswith(_FORMULA) else text
