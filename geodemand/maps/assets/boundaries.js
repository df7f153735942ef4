/* The boundaries of each geography as lines. */
(function (geo) {
  'use strict';

  const LINES = [
    { color: '#1b2530', weight: 2 },
    { color: '#a3195b', weight: 2, dashArray: '7 4' },
    { color: '#0b5fa5', weight: 2, dashArray: '2 4' },
    { color: '#7a4b00', weight: 2, dashArray: '10 3 2 3' },
    { color: '#4b2e83', weight: 3.5, dashArray: '1 6' },
    { color: '#00695c', weight: 2.5, dashArray: '14 5' },
    { color: '#8a1c1c', weight: 2, dashArray: '4 2 1 2 1 2' },
    { color: '#51590a', weight: 3, dashArray: '3 3' },
  ];

  /* An area this many pixels wide has its boundary as thick as the key has it. */
  const ROOMY = 24;
  const THINNEST = 0.3;

  const Lines = L.LayerGroup.extend({
    getEvents() { return { zoomend: this.fit }; },
    onAdd(map) { L.LayerGroup.prototype.onAdd.call(this, map); this.fit(); },
    /* Thinner where areas are small on the map: many thick lines would hide what they bound. */
    fit() {
      const wide = this.options.width * geo.crs.scale(this._map.getZoom());
      const part = Math.max(THINNEST, Math.min(1, wide / ROOMY));
      const { look } = this.options;
      const dashArray = look.dashArray && part > 0.5 ? look.dashArray : null;
      this.eachLayer((each) => each.setStyle({ weight: look.weight * part, dashArray }));
    },
  });

  const middle = (numbers) => [...numbers].sort((one, other) => one - other)[numbers.length >> 1] || 0;

  function lines(each, look, pane) {
    const options = Object.assign({ fill: false, interactive: false, pane }, look);
    options.renderer = L.svg({ pane, padding: 0.3 });
    return new Lines(each.polygons.map((shape) => L.polygon(shape, options)),
      { look, width: 2 * middle(each.radius) });
  }

  const key = (name, look) => geo.keyList(geo.keyLine(geo.mark('path', { d: 'M1 9 H25',
    stroke: look.color, 'stroke-width': 2.5, 'stroke-dasharray': look.dashArray || 'none' }),
  name + ' boundaries'));

  /* The names of its areas. */
  function table(each) {
    const of = (values) => (row) => values[row];
    const column = (title, values) => ({ title, kind: 'text', value: of(values), text: of(values) });
    return [{ caption: each.title + ' boundaries', rows: each.names.map((_, row) => row),
      columns: [column(each.title, each.names), column('Code', each.codes)],
      pick: (row) => ({ title: each.names[row], kind: each.title + ' \u00b7 ' + each.codes[row],
        lines: [], bounds: L.polygon(each.polygons[row]).getBounds(),
        ring: () => geo.chosenLayer(each.polygons[row]) }) }];
  }

  geo.layers.register({
    block: 'geographies',
    entries: (_, page) => page.geographies.map((each, place) => {
      const look = LINES[place % LINES.length];
      return { label: each.title + ' boundaries', asks: 'Where do these boundaries run?',
        group: 'Boundaries', level: 'lines', make: (pane) => lines(each, look, pane),
        key: () => key(each.title, look), tables: () => table(each) };
    }),
  });
}(window.geodemand = window.geodemand || {}));
