/* A table of what each layer that is switched on shows, below the map: what the map marks, for those
   who do not point at it. */
(function (geo) {
  'use strict';

  const el = geo.el;
  const AFTER_MS = 250;

  /* ``page``: {model, state, where, pick(item, zoom), save(caption, rows)}. Returns
     {draw(extras, lists), mark()}. */
  geo.makeMore = function (page) {
    const { model, state } = page;
    const section = document.getElementById('more');
    const box = document.getElementById('more-tables');
    const kept = new Map();

    /* In which area of what is shaded each row lies, worked out once for each geography. */
    function finder(given) {
      const found = new Map();
      const geography = state.geography;
      return function (row) {
        if (!found.has(row)) found.set(row, page.where.area(geography, given.spot(row)));
        return found.get(row);
      };
    }

    /* Its columns, and behind the first one the area in which it lies. */
    function columns(given, area) {
      if (!area) return given.columns;
      const { title, names } = model.geographies[state.geography];
      const name = (row) => names[area(row)] || '';
      const [first, ...others] = given.columns;
      return [first, { title, unit: given.middle ? 'of its middle' : '', kind: 'text', value: name,
        text: (row) => name(row) || '\u2013' }, ...others];
    }

    const width = (count) => (count > 4 ? 'widest' : count > 2 ? 'wide' : null);

    function make(given) {
      const place = el('div', {});
      const host = el('div', { class: width(given.columns.length) }, place);
      const table = geo.table(place, given.pick ? (row) => page.pick(Object.assign({
        table: given.caption, row }, given.pick(row)), false, true) : null);
      const area = given.spot && model.shaded.length ? finder(given) : null;
      table.show({ columns: columns(given, area), rows: given.rows, caption: given.caption,
        sort: sorted(given, area) });
      if (given.note) host.append(el('p', { class: 'hint' }, given.note));
      host.append(geo.button('Save this table', { class: 'save',
        'aria-label': 'Save this table: ' + given.caption },
      () => page.save(given.caption, table.written())));
      return { host, table, area, caption: given.caption };
    }

    /* By the column that the layer names, as it stands behind that of the area. */
    function sorted({ sort }, area) {
      const { column, down } = sort || { column: 0, down: false };
      return { column: column && area ? column + 1 : column, down };
    }

    let asked = 0;

    /* ``extras``: the layers that are on. ``lists``: whose surfaces the maps show. The map is drawn
       first, and can be used by then; until they follow the tables are called busy. */
    function draw(extras, lists) {
      clearTimeout(asked);
      section.setAttribute('aria-busy', 'true');
      asked = setTimeout(() => tabulate(extras, lists), AFTER_MS);
    }

    function tabulate(extras, lists) {
      const wanted = new Map();
      for (const extra of extras.filter((each) => each.on && each.tables)) {
        const names = extra.follows ? lists.map((list) => geo.layers.listOf(extra, list)) : [''];
        const details = extra.details ? extra.details(state.points) : [];
        for (const given of [...[...new Set(names)].flatMap(extra.tables), ...details]) {
          wanted.set(given.caption + (given.spot ? '\n' + state.geography : ''), given);
        }
      }
      for (const [key, { host }] of kept) {
        if (!wanted.has(key)) { host.remove(); kept.delete(key); }
      }
      [...wanted].forEach(([key, given], place) => {
        if (!kept.has(key)) kept.set(key, make(given));
        const { host } = kept.get(key);
        if (box.children[place] !== host) box.insertBefore(host, box.children[place] || null);
      });
      section.hidden = !kept.size;
      section.removeAttribute('aria-busy');
      mark();
    }

    /* Rows of what is chosen, and those that lie in areas that are. */
    function mark() {
      const areas = state.pinned;
      for (const { table, caption, area } of kept.values()) {
        const chosen = (row) => state.points.some((each) => each.table === caption && each.row === row);
        table.mark(chosen, area && areas.length ? (row) => areas.includes(area(row)) : null);
      }
    }

    return { draw, mark };
  };
}(window.geodemand = window.geodemand || {}));
