"""The controls of the map of differences, as `map_controls` has those of the other one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from map_controls import (
    CARD,
    EMPTY,
    NO_CARD,
    PRINTED,
    Control,
    click,
    drag,
    find,
    keys,
    of_layers,
    of_zoom,
    pick,
    saving,
    sorted_by,
    turn,
    view,
    words,
)

PLACE = words("#step-place")
# The made-up county is 2 km wide, so little can be zoomed: half way, and as near as can be.
AWAY = "geodemand.sides()[0].map.setZoom(47, { animate: false });"
NEAR = "geodemand.sides()[0].map.setZoom(48, { animate: false });"
FIRST = "document.querySelector('#steps-table tbody button').click();"
NARROW = f"{FIRST} document.querySelector('#card .scroll').style.width = '60px';"


def of_steps() -> Iterator[Control]:
    yield Control(
        "boundaries", "#steps-pair", PLACE, pick("#steps-pair"), keys("#steps-pair", "ArrowUp")
    )
    yield Control(
        "kind of mismatch",
        "#steps-kind",
        "document.querySelector('#steps-kind').value",
        pick("#steps-kind"),
        keys("#steps-kind", "ArrowUp"),
    )
    for place, way in enumerate(("previous", "next")):
        each = f".step|{place}"
        yield Control(way, ".step", PLACE, click(each), keys(each, "Enter"))
    yield Control(
        "from one to the next by arrows",
        ".step",
        PLACE,
        click(".step|1"),
        keys(".step", "End"),
        FIRST,
    )
    yield Control(
        "a row of the list",
        "#steps-table tbody button",
        PLACE,
        click("#steps-table tbody button|1"),
        keys("#steps-table tbody button", "Enter"),
        NO_CARD,
    )
    yield Control(
        "close the card",
        "#card-close",
        CARD,
        click("#card-close"),
        keys("#card-close", "Enter"),
        FIRST,
    )
    yield Control(
        "counts wider than their place",
        ".scroll[tabindex]",
        "document.querySelector('#card .scroll').scrollLeft",
        turn("#card .scroll"),
        keys("#card .scroll", "ArrowRight", "ArrowRight"),
        NARROW,
    )


def _sort(table: str) -> Control:
    heading = f"{table} thead button"
    return Control(
        f"sort {table}", heading, sorted_by(table), click(heading), keys(heading, "Enter")
    )


def table(layers: int) -> list[Control]:
    """Return all rows, in the order in which a page is gone through."""
    return [
        Control(
            "skip link",
            ".skip, #steps-list",
            "document.activeElement.id",
            lambda hand: (hand.focus(".skip"), hand.click(".skip"))[1],
            keys(".skip", "Enter"),
            "document.activeElement.blur();",
        ),
        *of_steps(),
        Control(
            "whole map", ".views button", view(0), click("#view-0"), keys("#view-0", "Enter"), NEAR
        ),
        *(replace(each, given=AWAY) for each in of_zoom()),
        Control("the map", "#map", view(0), drag("#map"), keys("#map", "ArrowRight", "+"), NEAR),
        Control(
            "print",
            "#print",
            "window.printed || 0",
            click("#print"),
            keys("#print", "Enter"),
            PRINTED,
        ),
        saving("#save-picture"),
        Control(
            "search",
            "#search, #found li",
            CARD,
            find("img", by_mouse=True),
            find("img", by_mouse=False),
            EMPTY + NO_CARD,
        ),
        *of_layers(layers),
        saving("#more-tables .save"),
        Control(
            "a row of a layer's table",
            "#more-tables tbody button",
            CARD,
            click("#more-tables tbody button"),
            keys("#more-tables tbody button|1", "Enter"),
            NO_CARD,
        ),
        *(_sort(each) for each in ("#steps-table", "#more-tables", "#ledger-table")),
    ]
