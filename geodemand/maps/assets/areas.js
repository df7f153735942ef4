/* Shaded areas: how each is drawn, and what the pointer does. */
(function (geo) {
  'use strict';

  /* Areas of one geography: shapes to be shaded and clicked. Never in the tab order. */
  geo.areaLayer = function (map, shapes, on) {
    const renderer = L.svg({ pane: 'areas', padding: 0.3 });
    const polygons = shapes.map((shape, area) => {
      const polygon = L.polygon(shape, { renderer, pane: 'areas', className: 'area' });
      polygon.on('click', (event) => on.choose(area, event));
      polygon.on('mousemove', (event) => on.point(area, event.latlng));
      polygon.on('mouseout', () => on.leave());
      return polygon;
    });
    const group = L.layerGroup(polygons);
    group.polygons = polygons;
    return group;
  };

  /* Hatching of areas alone, clear between its lines. */
  geo.hatching = function (shapes) {
    const renderer = L.svg({ pane: 'hatched', padding: 0.3 });
    return L.layerGroup(shapes.map((shape) => L.polygon(shape, { renderer, pane: 'hatched',
      interactive: false, stroke: false, fillColor: 'url(#hatch-over)', fillOpacity: 1 })));
  };

  const PLAIN = {
    withheld: { fillColor: 'url(#hatch)', fillOpacity: 1, color: '#5b646d', weight: 1 },
    zero: { fillColor: '#ffffff', fillOpacity: 1, color: '#5b646d', weight: 1 },
    none: { fillColor: '#ffffff', fillOpacity: 0, color: geo.NOTHING_KNOWN, weight: 1.5 },
    outline: { fillColor: '#ffffff', fillOpacity: 0.75, color: '#5b646d', weight: 1 },
  };

  geo.areaStyle = function (fate) {
    if (fate.kind !== 'class') return Object.assign({ dashArray: null }, PLAIN[fate.kind]);
    return { fillColor: fate.colour, fillOpacity: 0.9, color: '#5b646d', weight: 0.7,
      dashArray: null };
  };
}(window.geodemand = window.geodemand || {}));
