"""Print, module by module, how many of the changes of ``make mutation`` the tests noticed.

An endless loop counts as noticed: it ran out of time. A change that no test comes by does not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mutmut.stats import status_by_exit_code

MUTANTS = Path("mutants/geodemand/core")
NOTICED = ("killed", "timeout")


def found(folder: Path = MUTANTS) -> Iterator[tuple[str, Counter[str]]]:
    """Yield each module that was changed, and how many changes came to what."""
    for path in sorted(folder.glob("*.py.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].values()
        if codes:
            yield path.name.split(".")[0], Counter(status_by_exit_code[code] for code in codes)


def main() -> None:
    """Print a row a module, and all together."""
    rows = [*found()]
    if not rows:
        print("Nothing was changed yet: run make mutation.")
        return
    rows.append(("all", sum((counts for _, counts in rows), Counter[str]())))
    print(f"{'module':14}{'changes':>9}{'noticed':>9}{'not':>6}{'not run':>9}{'share':>8}")
    for name, counts in rows:
        left = counts["not checked"]
        noticed = sum(counts[each] for each in NOTICED)
        run = counts.total() - left
        share = f"{noticed / run:.0%}" if run else "-"
        print(f"{name:14}{counts.total():9}{noticed:9}{run - noticed:6}{left:9}{share:>8}")


if __name__ == "__main__":
    main()
