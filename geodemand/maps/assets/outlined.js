/* Areas without figures: what is nearest to each site, and where two geographies differ. */
(function (geo) {
  'use strict';

  const CATCHMENT = { color: '#005f56', weight: 2.2, dashArray: '1 5', lineCap: 'round' };
  const DIFFERENCE = { color: '#7a1f6e', weight: 1.6, fillColor: '#7a1f6e', fillOpacity: 0.28 };

  const made = new Map();

  /* Its shapes, unpacked once. */
  function polygons(each) {
    if (!made.has(each)) made.set(each, each.shapes ? geo.unpackShapes(each) : []);
    return made.get(each);
  }

  function drawn(each, look, pane) {
    const renderer = L.svg({ pane, padding: 0.3 });
    const options = Object.assign({ fill: Boolean(look.fillColor), interactive: false, pane, renderer },
      look);
    return L.layerGroup(polygons(each).map((shape) => L.polygon(shape, options)));
  }

  function swatch(look) {
    return geo.mark('rect', { x: 2, y: 2, width: 22, height: 14, fill: look.fillColor || 'none',
      'fill-opacity': look.fillOpacity || 0, stroke: look.color, 'stroke-width': look.weight,
      'stroke-dasharray': look.dashArray || 'none' });
  }

  const text = (title, values) => ({ title, kind: 'text', value: (row) => values[row],
    text: (row) => values[row] });
  const figure = (title, values) => ({ title, kind: 'number', value: (row) => values[row],
    text: (row) => geo.write('limit', values[row]) });

  /* A row for each area, with its land. */
  function table(each, columns) {
    if (!each.names.length) return [];
    const pick = (row) => ({ title: each.names[row], kind: each.name, lines: [],
      spot: [each.y[row], each.x[row]], bounds: L.polygon(polygons(each)[row]).getBounds(),
      ring: () => geo.chosenLayer(polygons(each)[row]) });
    return [{ caption: each.name, columns, rows: each.names.map((_, row) => row), pick }];
  }

  /* The names of the areas, where the map has room for them. */
  const names = (each) => each.names.map((name, place) => ({ lines: [name], at: [each.y[place],
    each.x[place]], size: 12, radius: each.radius[place], short: [], kind: 'of-area' }));

  geo.layers.register({
    block: 'catchments',
    entries: (kinds) => kinds.map((each) => ({ label: each.name,
      asks: 'Which is nearest, in a straight line?', group: 'Services and places', level: 'lines',
      make: (pane) => drawn(each, CATCHMENT, pane),
      key: () => geo.keyList(geo.keyLine(swatch(CATCHMENT), each.name, 'straight line')),
      tables: () => table(each, [text('Whose', each.names), figure('Land, km\u00b2',
        each.hectares.map((hectares) => hectares / 100))]) })),
  });

  geo.layers.register({
    block: 'differences',
    entries: (pairs) => pairs.map((each) => ({ label: each.name,
      asks: 'Which places are in other teams?', group: 'Boundaries', level: 'lines',
      make: (pane) => drawn(each, DIFFERENCE, pane), labels: () => names(each),
      key: () => geo.keyList(geo.keyLine(swatch(DIFFERENCE), each.name,
        each.names.length ? geo.plural(each.names.length, 'place') : 'nowhere')),
      tables: () => table(each, [text('Place', each.names), figure('Hectares',
        each.hectares)]) })),
  });
}(window.geodemand = window.geodemand || {}));
