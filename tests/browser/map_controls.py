"""Every control of a map page: what it is, how mouse and keys use it, what then changes.

A row is used twice on one page, by the mouse and by the keys; what it ``shows`` must change each
time. ``covers`` says which elements of the page it answers for: a control that no row covers is
reported, and so is a row that covers nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hands import Hand

Use = Callable[[Hand], None]

# What can be used, wherever the page has it.
ANY = (
    "a[href], area, button, input, select, textarea, summary, [tabindex], [contenteditable],"
    " [role=option], [role=button], [role=link], [role=tab], [role=slider], dialog, .site"
)


@dataclass(frozen=True)
class Control:
    """One control. ``given``: a script that brings the page so far that it is there."""

    name: str
    covers: str
    shows: str
    mouse: Use
    keys: Use
    given: str = ""


# Uses ------------------------------------------------------------------------------------------


def click(selector: str) -> Use:
    return lambda hand: hand.click(selector)


def on_map(selector: str) -> Use:
    """Click what lies on the map, once that has come to rest."""

    def use(hand: Hand) -> None:
        before, spot = None, hand.spot(selector)
        while spot != before:
            time.sleep(0.1)
            before, spot = spot, hand.spot(selector)
        hand.drag(spot)

    return use


def keys(selector: str, *pressed: str) -> Use:
    def use(hand: Hand) -> None:
        hand.focus(selector)
        hand.press(*pressed)

    return use


def slide(selector: str) -> Use:
    """Click a slider near its start."""
    return lambda hand: hand.click(selector, 0.02)


def end(selector: str, *, by_keys: bool = False) -> Use:
    """Bring a slider to the end where it is not."""

    def use(hand: Hand) -> None:
        css = json.dumps(selector)
        first = hand.run(f"(e => e.value === e.min)(document.querySelector({css}))")
        if by_keys:
            hand.focus(selector)
            hand.press("End" if first else "Home")
        else:
            hand.click(selector, 0.98 if first else 0.02)

    return use


def pick(selector: str) -> Use:
    return lambda hand: hand.choose(selector)


def find(words: str, *, by_mouse: bool) -> Use:
    def use(hand: Hand) -> None:
        if by_mouse:
            hand.click("#search")
        else:
            hand.focus("#search")
        hand.press(*words)
        if by_mouse:
            hand.click("#found li")
        else:
            hand.press("ArrowDown", "Enter")

    return use


def drag(selector: str) -> Use:
    def use(hand: Hand) -> None:
        x, y = hand.spot(selector)
        hand.drag((x, y), (x + 20, y + 10), (x + 60, y + 30))

    return use


def turn(selector: str) -> Use:
    return lambda hand: hand.wheel(hand.spot(selector), 60, 0)


def area(hand: Hand) -> None:
    """Click into the fourth area on the map."""
    x, y = hand.run(
        "(() => { const { map } = geodemand.sides()[0]; const g = geodemand.data('geographies')[0];"
        " map.getContainer().scrollIntoView({ block: 'center' });"
        " const at = map.latLngToContainerPoint([g.y[3], g.x[3]]);"
        " const box = map.getContainer().getBoundingClientRect();"
        " return [Math.round(at.x + box.x), Math.round(at.y + box.y)]; })()"
    )
    hand.drag((x, y))


# What is looked at -----------------------------------------------------------------------------


def words(selector: str) -> str:
    return f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.innerText).join('|')"


def said(selector: str) -> str:
    """A slider's value in words, as it is seen and as it is heard."""
    return (
        f"[document.querySelector('{selector}').getAttribute('aria-valuetext'),"
        f" document.querySelector('output[for={selector[1:]}]').innerText].join()"
    )


def opacity(slider: str, pane: str) -> str:
    return f"{said(slider)} + document.querySelector('#map {pane}').style.opacity"


def sorted_by(table: str) -> str:
    return (
        f"document.querySelector('{table} tbody tr').innerText"
        f" + document.querySelector('{table} [aria-sort]').ariaSort"
        f" + document.querySelector('{table} [aria-sort]').innerText"
    )


def view(side: int) -> str:
    return f"JSON.stringify(geodemand.sides()[{side}].look())"


CARD = words("#card h2")
CAPTION = words("#figures .caption")
KEY = words("#key h3")
DRAWN = "document.querySelectorAll('#map img, #map canvas, #map path, #map .label, .site').length"
STATUS = words("#status")

# States ----------------------------------------------------------------------------------------


def checked(selector: str) -> str:
    return (
        f"(e => {{ if (!e.checked) e.click(); }})(document.querySelector({json.dumps(selector)}));"
    )


def on(selector: str) -> str:
    return (
        f"(e => {{ if (e.getAttribute('aria-pressed') === 'false') e.click(); }})"
        f"(document.querySelector({json.dumps(selector)}));"
    )


START = checked("#areas-0")
OPEN = "document.querySelectorAll('#extras details').forEach((e) => { e.open = true; });"
ROW = "document.querySelectorAll('#figures-table tbody button')"
NO_CARD = "(e => { if (e) e.click(); })(document.querySelector('#card:not([hidden]) #card-close'));"
ONE = f"{NO_CARD} {ROW}[0].click();"
COMPARED = f"{ONE} {on('#card-add')} {ROW}[1].click(); {ROW}[2].click();"
EMPTY = "document.getElementById('search').value = '';"
TWO = on("#two")
PRINTED = "window.print = () => { window.printed = (window.printed || 0) + 1; };"
# More rows than a table shows at once, in a place of its own.
MANY = (
    "(host => { host.id = 'many'; document.getElementById('more').append(host);"
    " geodemand.table(host, null).show({ caption: 'Many', rows: [...Array(600).keys()],"
    " columns: [{ title: 'Row', kind: 'number', value: (row) => row, text: String }],"
    " sort: { column: 0, down: false } }); })"
    "(document.getElementById('many') || document.createElement('div'));"
)
# Three hexagons beside each other.
HEXAGONS = (
    f"{OPEN} {checked('#extras .option:has(#opacity-dots-0) input')} {NO_CARD}"
    # Tables come when the map is drawn.
    " while (document.querySelector('[aria-busy]'))"
    " await new Promise((done) => { setTimeout(done, 50); });"
    " (rows => { rows[0].click(); document.getElementById('card-add').click(); rows[1].click();"
    " rows[2].click(); })([...document.querySelectorAll('#more-tables > .widest tbody button')]);"
)
NARROW_CARD = "document.querySelector('#card .scroll').style.width = '120px';"

# The table -------------------------------------------------------------------------------------


def of_zoom() -> Iterator[Control]:
    for button in ("in", "out"):
        each = f".leaflet-control-zoom-{button}"
        yield Control(f"zoom {button}", each, view(0), click(each), keys(each, "Enter"))


def of_the_page() -> Iterator[Control]:
    yield Control(
        "skip link",
        ".skip, #figures",
        "document.activeElement.id",
        lambda hand: (hand.focus(".skip"), hand.click(".skip"))[1],
        keys(".skip", "Enter"),
        "document.activeElement.blur();",
    )
    yield Control("views", ".views button", view(0), click("#view-1"), keys("#view-0", "Enter"))
    yield from of_zoom()
    yield Control(
        "the map",
        "#map",
        view(0),
        drag("#map"),
        keys("#map", "ArrowRight", "+"),
        "document.getElementById('view-1').click();",
    )
    yield Control(
        "print", "#print", "window.printed || 0", click("#print"), keys("#print", "Enter"), PRINTED
    )
    for each in ("#save-picture", "#save-figures"):
        yield saving(each)


def saving(each: str) -> Control:
    """A button that saves a file, and says so."""
    return Control(
        each, each, f"{STATUS}.includes('saved')", click(each), keys(each, "Space"), SILENT
    )


SILENT = "geodemand.tell('');"


def of_places() -> Iterator[Control]:
    yield Control(
        "an area on the map",
        "#map",
        CARD,
        area,
        keys("#map", "Enter"),
        f"{START} {NO_CARD} document.getElementById('view-0').click();",
    )
    yield Control(
        "a row of the table",
        "#figures-table tbody button",
        CARD,
        click("#figures-table tbody button|1"),
        keys("#figures-table tbody button", "End", "Enter"),
        NO_CARD,
    )
    yield Control(
        "a service, on the map and in its table",
        ".site, #more-tables tbody button",
        CARD,
        on_map(".site|2"),
        keys("#more-tables tbody button", "ArrowDown", "Enter"),
        f"{NO_CARD} document.getElementById('view-0').click();",
    )
    yield Control(
        "search for a place",
        "#search, #found li",
        CARD,
        find("places 7", by_mouse=True),
        find("ward 12", by_mouse=False),
        EMPTY,
    )
    yield Control(
        "search for a postcode",
        "#search, #found li",
        view(0),
        find("mc1 1aa", by_mouse=True),
        find("mc2 3bb", by_mouse=False),
        EMPTY,
    )
    yield Control(
        "close the card",
        "#card-close",
        "document.getElementById('card').hidden",
        click("#card-close"),
        keys("#card-close", "Enter"),
        ONE,
    )
    yield Control(
        "compare with another",
        "#card-add",
        "document.getElementById('card-add').ariaPressed",
        click("#card-add"),
        keys("#card-add", "Space"),
        ONE,
    )
    yield Control(
        "all figures of an area",
        "#card summary",
        "document.querySelector('#card details').open",
        click("#card summary"),
        keys("#card summary", "Enter"),
        ONE,
    )
    yield Control(
        "take an area out",
        "#card .remove",
        words("#card .compare tbody th"),
        click("#card .remove"),
        keys("#card .remove", "Enter"),
        COMPARED,
    )
    yield Control(
        "a table wider than its place",
        ".scroll[tabindex]",
        "document.querySelector('#card .scroll').scrollLeft",
        turn("#card .scroll"),
        keys("#card .scroll", "ArrowRight", "ArrowRight"),
        COMPARED + NARROW_CARD,
    )
    yield Control(
        "take a hexagon out",
        "#card .remove",
        words("#card .compare thead th"),
        click("#card .remove"),
        keys("#card .remove", "Enter"),
        HEXAGONS,
    )


def of_choices() -> Iterator[Control]:
    for title, name, shows in (
        ("areas", "areas", CAPTION),
        ("client list", "one-list", CAPTION),
        ("shade areas by", "one-measure", KEY),
    ):
        each = f"input[name={name}]"
        another = click(f"{each}:not(:checked)")
        yield Control(title, each, shows, another, keys(f"{each}:checked", "ArrowRight"), NO_CARD)
    yield Control(
        "date",
        "#one-date",
        said("#one-date") + " + " + KEY,
        slide("#one-date"),
        keys("#one-date", "ArrowRight"),
        checked("#one-list-0"),
    )
    yield Control("keep to", "#filter", CAPTION, pick("#filter"), keys("#filter", "ArrowUp"))
    yield Control(
        "opacity of the shading",
        "#shading",
        opacity("#shading", ".leaflet-areas-pane"),
        slide("#shading"),
        keys("#shading", "End"),
    )
    yield Control(
        "how many of the highest",
        "#top-most",
        "document.querySelectorAll('#top ol li').length",
        pick("#top-most"),
        keys("#top-most", "ArrowUp"),
        checked("#one-measure-1"),
    )
    yield Control(
        "the highest areas",
        "#top ol button",
        CARD,
        click("#top ol button"),
        keys("#top ol button|1", "Enter"),
        NO_CARD,
    )


def of_layers(count: int) -> Iterator[Control]:
    yield Control(
        "groups of layers",
        "#extras summary",
        "[...document.querySelectorAll('#extras details')].map((e) => e.open).join()",
        click("#extras summary"),
        keys("#extras summary", "Enter"),
    )
    for place in range(count):
        box = f"#extras input[type=checkbox]|{place}"
        yield Control(
            f"layer {place}",
            "#extras input[type=checkbox], #extras input[type=range]",
            f"{DRAWN} + '|' + {STATUS}",
            click(box),
            keys(box, "Space"),
            OPEN,
        )
    yield Control(
        "opacity of a layer",
        "#extras input[type=range]",
        opacity("#opacity-geographies-1", ".leaflet-layer-geographies-1-pane"),
        slide("#opacity-geographies-1"),
        keys("#opacity-geographies-1", "End"),
        OPEN + checked("#extras .option:has(#opacity-geographies-1) input"),
    )


def of_surfaces() -> Iterator[Control]:
    yield Control(
        "whose heat surface",
        "#whose-surfaces-0",
        f"{STATUS} + {KEY}",
        pick("#whose-surfaces-0"),
        keys("#whose-surfaces-0", "ArrowUp"),
        OPEN + checked("#extras .option:has(#opacity-surfaces-0) input"),
    )


def of_tables() -> Iterator[Control]:
    for table, place in (
        ("#figures-table", 1),
        ("#more-tables", 0),
        ("#profile-table", 1),
        ("#ledger-table", 1),
    ):
        heading = f"{table} thead button|{place}"
        yield Control(
            f"sort {table}",
            f"{table} thead button",
            sorted_by(table),
            click(heading),
            keys(heading, "Enter"),
        )
    yield Control(
        "level of the profile",
        "#profile-choices select",
        words("#profile-table tbody"),
        pick("#profile-level"),
        keys("#profile-level", "ArrowUp"),
    )
    yield saving("#more-tables .save")
    yield Control(
        "show all rows",
        "#many button, .more",
        "document.querySelectorAll('#many tbody tr').length",
        click("#many .more"),
        keys("#many .more", "Enter"),
        MANY,
    )


def of_two_maps() -> Iterator[Control]:
    yield Control(
        "two maps", "#two", "geodemand.sides().length", click("#two"), keys("#two", "Space")
    )
    for place, side in enumerate(("left", "right")):
        date = f"#{side}-date"
        yield Control(
            f"date on the {side}", date, said(date), end(date), end(date, by_keys=True), TWO
        )
        for word, shows in (("measure", KEY), ("list", CAPTION)):
            each = f"#{side}-{word}"
            yield Control(
                f"{word} on the {side}", each, shows, pick(each), keys(each, "ArrowUp"), TWO
            )
        each = ("#map", "#map-2")[place]
        yield Control(
            f"zoom on the {side}",
            f"{each} .leaflet-control-zoom a",
            view(place),
            click(f"{each} .leaflet-control-zoom-in"),
            keys(f"{each} .leaflet-control-zoom-out", "Enter"),
            TWO,
        )
        yield Control(f"map on the {side}", each, view(1 - place), drag(each), keys(each, "+"), TWO)


def table(layers: int) -> list[Control]:
    """Return all rows, in the order in which a page is gone through."""
    return [
        *of_the_page(),
        *of_places(),
        *of_choices(),
        *of_layers(layers),
        *of_surfaces(),
        *of_tables(),
        *of_two_maps(),
    ]


# Going over it ---------------------------------------------------------------------------------


def unknown(hand: Hand, known: list[Control]) -> list[str]:
    """Return the controls that are seen now and that no row covers."""
    all_of, covers = json.dumps(ANY), json.dumps([each.covers for each in known])
    found: list[str] = hand.run(
        f"[...document.querySelectorAll({all_of})].filter((e) => e.checkVisibility()"
        f" && !{covers}.some((each) => e.matches(each))).map((e) => e.outerHTML.slice(0, 120))"
    )
    return found


def faults_of(hand: Hand, control: Control, known: list[Control]) -> Iterator[str]:
    """Use a control by the mouse and by the keys; yield what is wrong with it."""
    for way, use in (("mouse", control.mouse), ("keys", control.keys)):
        hand.run(f"(async () => {{ {control.given} return 1; }})()")
        assert hand.becomes("document.querySelector('[aria-busy]') === null", wanted=True)
        if not hand.run(f"document.querySelectorAll({json.dumps(control.covers)}).length"):
            yield f"{control.name}: nothing on the page is {control.covers}"
            continue
        before = hand.run(control.shows)
        try:
            use(hand)
        except AssertionError as fault:
            yield f"{control.name} by {way}: {fault}"
            continue
        if not hand.changes(control.shows, before):
            yield f"{control.name} by {way}: {str(before)[:60]!r} did not change"
    for each in unknown(hand, known):
        yield f"no row of the table covers {each}"
