"""A name that somebody typed must not become a formula in somebody else's spreadsheet."""

import pytest

from core.spreadsheet import cell


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_what_would_be_a_formula_is_quoted(text):
    assert cell(text) == "'" + text


@pytest.mark.parametrize(("given", "shown"), [("Haas 2 = slow", "Haas 2 = slow"), ("", ""), (None, "")])
def test_all_else_stays_as_it_is(given, shown):
    assert cell(given) == shown
