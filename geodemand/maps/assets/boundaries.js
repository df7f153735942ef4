/* The boundaries of each geography as lines. */
(function (geo) {
  'use strict';

  const LINES = [
    { color: '#1b2530', weight: 2 },
    { color: '#a3195b', weight: 2, dashArray: '7 4' },
    { color: '#0b5fa5', weight: 2, dashArray: '2 4' },
    { color: '#7a4b00', weight: 2, dashArray: '10 3 2 3' },
  ];

  function lines(shapes, look, pane) {
    const options = Object.assign({ fill: false, interactive: false, pane }, look);
    options.renderer = L.svg({ pane, padding: 0.3 });
    return L.layerGroup(shapes.map((shape) => L.polygon(shape, options)));
  }

  const key = (name, look) => geo.keyList(geo.keyLine(geo.mark('path', { d: 'M1 9 H25',
    stroke: look.color, 'stroke-width': 2.5, 'stroke-dasharray': look.dashArray || 'none' }),
  name + ' boundaries'));

  geo.layers.register({
    block: 'geographies',
    entries: (_, page) => page.geographies.map((each, place) => {
      const look = LINES[place % LINES.length];
      return { label: each.name + ' boundaries', asks: 'Where do these boundaries run?',
        group: 'Boundaries', level: 'lines', make: (pane) => lines(each.polygons, look, pane),
        key: () => key(each.name, look) };
    }),
  });
}(window.geodemand = window.geodemand || {}));
