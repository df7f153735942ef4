"""The page docs/columns.md: every table and column that a command hands out, in words.

``python -m geodemand.report.reference`` prints it; a test holds the page to it.
"""

from __future__ import annotations

from geodemand.report import words

HEAD = """\
# Tables and columns

What the files of `--format` and `--json` hold. CSV and JSON have the field names on the left;
workbooks and reports have the titles. `make docs` writes this page from
`geodemand/definitions/tables.toml`.

Shares are 0 to 1 in CSV and JSON. `c`: withheld (in workbooks `[c]`). An empty cell of CSV, `null`
in JSON and `[z]` in workbooks: no figure can be formed. A column that is named by a client list
holds the clients of that list.
"""


def text() -> str:
    """Return the page."""
    tables = [words.of_table(name) for name in words.known_tables()]
    lines = [HEAD, "## Tables", "", "| table | title | a row is |", "| --- | --- | --- |"]
    lines += [f"| `{each.name}` | {each.title} | {each.about} |" for each in tables]
    lines += [
        "",
        "## Columns",
        "",
        "| field | title | kind | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for name in words.known_columns():
        column = words.of_column("", name)
        lines.append(f"| `{name}` | {column.title} | {column.kind} | {column.about} |")
    lines += [
        "",
        "## Where a column means something else",
        "",
        "| table | field | title | meaning |",
    ]
    lines.append("| --- | --- | --- | --- |")
    for table, name in words.special():
        column = words.of_column(table, name)
        lines.append(f"| `{table}` | `{name}` | {column.title} | {column.about} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(text(), end="")  # noqa: T201 - its result goes to standard output
