/* Areas without figures: what is nearest to each site, and where two geographies differ. */
(function (geo) {
  'use strict';

  const CATCHMENT = { color: '#005f56', weight: 2.2, dashArray: '1 5', lineCap: 'round' };
  const DIFFERENCE = { color: '#7a1f6e', weight: 1.6, fillColor: '#7a1f6e', fillOpacity: 0.28 };

  const polygons = (each) => (each.shapes ? geo.unpackShapes(each) : []);

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

  /* The names of the areas, where the map has room for them. */
  const names = (each) => each.names.map((name, place) => ({ lines: [name], at: [each.y[place],
    each.x[place]], size: 12, radius: each.radius[place], short: [], kind: 'of-area' }));

  geo.layers.register({
    block: 'catchments',
    entries: (kinds) => kinds.map((each) => ({ label: each.name,
      asks: 'Which is nearest, in a straight line?', group: 'Services and places', level: 'lines',
      make: (pane) => drawn(each, CATCHMENT, pane),
      key: () => geo.keyList(geo.keyLine(swatch(CATCHMENT), each.name, 'straight line')) })),
  });

  geo.layers.register({
    block: 'differences',
    entries: (pairs) => pairs.map((each) => ({ label: each.name,
      asks: 'Which places are in other teams?', group: 'Boundaries', level: 'lines',
      make: (pane) => drawn(each, DIFFERENCE, pane), labels: () => names(each),
      key: () => geo.keyList(geo.keyLine(swatch(DIFFERENCE), each.name,
        each.names.length ? geo.plural(each.names.length, 'place') : 'nowhere')) })),
    tables: (pairs, page) => pairs.filter((each) => each.names.length).map((each) => ({
      caption: each.name, rows: each.names.map((_, place) => place), columns: [{ title: 'Place',
        kind: 'text', value: (place) => each.names[place], text: (place) => each.names[place] }],
      use: (place) => page.goTo(each.name, each, place) })),
  });
}(window.geodemand = window.geodemand || {}));
