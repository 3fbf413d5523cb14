from graphvision.convert.text_table import text_table


def test_columns():
    found = text_table(("a", "name", "n"), [("x", "long word", "7"), ("", "all", "1,234")], words=2)
    assert found.splitlines() == [
        "a  name           n",
        "───────────────────",
        "x  long word      7",
        "───────────────────",
        "   all        1,234",
    ]


def test_no_blanks_at_the_end():
    assert all(
        line == line.rstrip()
        for line in text_table(("a", "b"), [("x", "long"), ("y", "")], words=2).splitlines()
    )
