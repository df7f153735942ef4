/* Layers that can be switched on. A script of its own registers each kind; see DESIGN.md, "The map
   page". The page makes the switch, the pane, the opacity and the key from what is registered. */
(function (geo) {
  'use strict';

  const kinds = [];

  /* Levels from below to above, as z-indices of panes. Only signs take the pointer. */
  geo.LEVELS = { context: 390, areas: 400, heat: 410, hatched: 415, dots: 420, lines: 430, chosen: 440,
    signs: 600 };

  /* ``kind``: {block, entries(data, page), finds(data, page)}. ``block``: the name of the data
     block; without the block the kind is left out. ``page``: {words, geographies, subjects, where,
     goTo(kind, points, place), goToBox(name, bounds), choose(area), pick(item, add,
     zoom), tell({title, kind, lines, rows}, close)}. ``entries`` returns layers, each of
       label, asks: what it is called, and the question that it answers
       group: the heading in the switch under which it stands
       on: whether it is shown at the start
       level: one of LEVELS
       make(pane, map): a Leaflet layer, all of it in that pane (called once for each map)
       key(): an element for the key, or null
       pales: how opaque the shading beneath is meanwhile; without it as before
       follows: true where it shows the list that a map shows: then ``make(pane, map, name)`` is
       called once for each list of a map, and may return null; and ``key(name)``. ``lists``: those
       that it has, of which a reader may choose one for all maps
       at(spot, metres): what is at a spot of the map ([north, east], a pixel being so many metres),
       for pointer and card: an item (below), or null
       tables(name): what it shows as tables, while it is on: {caption, columns, rows} as geo.table
       takes them; ``pick(row)``: the item of a row; ``spot(row)``: where it is, for the area that it
       lies in, and ``middle``: true where it is more than a spot; ``sort``, ``note``
       details(points): tables as well, of what is chosen: of items (below)
       labels(), signs(): texts on the map ({lines, at, size, bold, kind}) and the points to be
       kept free of them; both may be left out.
     An item is what the card tells: {title, kind, lines, ring, spot or bounds, zoom, table, row}. ``ring()``
     makes its outline; ``table`` and ``row``: where it stands. Items of one table that have
     ``compares``, {word, name, figures: [[title, text], ...]}, can be laid beside each other.
     ``finds`` (may be left out) returns what the search finds: {name, kind, go}. ``lookUp`` (may be
     left out) returns a function from what is typed to more of these. */
  function register(kind) { kinds.push(kind); }

  const known = () => kinds.map((kind) => [kind, geo.data(kind.block)]).filter(([, data]) => data);

  function entries(page) {
    return known().flatMap(([kind, data]) => kind.entries(data, page).map((entry, place) => (
      Object.assign({ id: kind.block + '-' + place, on: false, opacity: 1, whose: '' }, entry))));
  }

  const finds = (page) => known().flatMap(([kind, data]) => (
    kind.finds ? kind.finds(data, page) : []));

  /* Whose a layer is on a map that shows a list: of that list, unless the reader says otherwise. */
  const listOf = (entry, list) => (entry.follows ? entry.whose || list : '');

  function lookUp(page) {
    const all = known().flatMap(([kind, data]) => (kind.lookUp ? [kind.lookUp(data, page)] : []));
    return (typed) => all.flatMap((each) => each(typed));
  }

  /* The pane of a layer on one map: its own, so that its opacity is too. */
  function pane(map, entry) {
    const name = 'layer-' + entry.id;
    if (!map.getPane(name)) {
      const made = map.createPane(name);
      made.style.zIndex = geo.LEVELS[entry.level];
      made.style.pointerEvents = entry.level === 'signs' ? 'auto' : 'none';
    }
    map.getPane(name).style.opacity = entry.opacity;
    return name;
  }

  geo.layers = { register, entries, finds, lookUp, listOf, pane };
}(window.geodemand = window.geodemand || {}));
