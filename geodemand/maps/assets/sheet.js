/* The sheet: scales, panes, labels, what is chosen. Coordinates are metres of the British National
   Grid, [north, east] from the sheet's south-west corner; nothing is projected. */
(function (geo) {
  'use strict';

  const STEPS_A_DOUBLING = 4;
  /* Metres a pixel at zoom 0: Great Britain fits a small window. Zoom 48 is 2 m a pixel. */
  const COARSEST_M = 8192;
  const FIT_NEAREST = 40;
  geo.TOWN = 36;
  geo.NEAREST = 48;
  geo.INK = '#1b2530';
  geo.NOTHING_KNOWN = '#8a939c';

  const crs = geo.crs = L.extend({}, L.CRS.Simple, {
    transformation: L.transformation(1, 0, -1, 0),
    scale: (zoom) => Math.pow(2, zoom / STEPS_A_DOUBLING) / COARSEST_M,
    zoom: (scale) => STEPS_A_DOUBLING * Math.log2(scale * COARSEST_M),
  });

  geo.calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;

  /* Panes of the page's own; layers have theirs from the registry. */
  const PANES = { areas: geo.LEVELS.areas, hatched: geo.LEVELS.hatched, chosen: geo.LEVELS.chosen,
    labels: 650 };

  /* How far the sheet can be moved. */
  geo.around = (sheet) => sheet.pad(0.6);

  /* ``box``: the element. ``name``: how the map is called beside another. */
  geo.makeMap = function (box, words, name) {
    const sheet = L.latLngBounds([0, 0], [words.height, words.width]);
    const map = L.map(box, {
      crs, attributionControl: false, zoomControl: false, zoomSnap: 1, zoomDelta: 2,
      wheelPxPerZoomLevel: 20, maxZoom: geo.NEAREST, maxBounds: geo.around(sheet), maxBoundsViscosity: 0.7,
      fadeAnimation: false, zoomAnimation: !geo.calm, zoomAnimationThreshold: 16,
      inertia: !geo.calm, scrollWheelZoom: false, bounceAtZoomLimits: false,
      // Shift and a click compare an area.
      boxZoom: false,
    });
    L.control.zoom({ zoomInText: '+', zoomOutText: '\u2212' }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    for (const [name, order] of Object.entries(PANES)) {
      const pane = map.createPane(name);
      pane.style.zIndex = order;
      if (name !== 'areas') pane.style.pointerEvents = 'none';
    }
    // The wheel belongs to the page until the map is used: a reader scrolls to the table.
    map.on('focus', () => map.scrollWheelZoom.enable());
    map.on('blur', () => map.scrollWheelZoom.disable());
    box.setAttribute('role', 'application');
    box.setAttribute('aria-label', name + '. Arrow keys move it, plus and minus zoom, Enter chooses what is in the middle. '
      + 'The table below has every area and its figures.');
    geo.fit(map, sheet, false);
    return { map, sheet };
  };

  geo.fit = function (map, bounds, animate) {
    map.fitBounds(bounds, { padding: [12, 12], animate: animate && !geo.calm, maxZoom: FIT_NEAREST });
  };

  /* The outline of the chosen area, or a ring around a chosen point. */
  geo.chosenLayer = function (shape, point) {
    const options = { fill: false, interactive: false, pane: 'chosen' };
    const wide = Object.assign({ color: '#ffffff', weight: 7 }, options);
    const dark = Object.assign({ color: geo.INK, weight: 3.5 }, options);
    const make = (style) => (shape ? L.polygon(shape, style)
      : L.circleMarker(point, Object.assign({ radius: 16 }, style)));
    return L.layerGroup([make(wide), make(dark)]);
  };

  /* Labels, most important first, each only where it covers no other. They are drawings for the
     eye: the same names are in the table and the search. ``reserved``: where signs are. */
  geo.labels = function (map, reserved, wanted) {
    const pane = map.getPane('labels');
    pane.setAttribute('aria-hidden', 'true');
    const ruler = document.createElement('canvas').getContext('2d');
    const font = getComputedStyle(document.body).fontFamily;
    const width = (line, size, bold) => {
      ruler.font = (bold ? '600 ' : '') + size + 'px ' + font;
      return ruler.measureText(line).width;
    };
    function draw() {
      pane.replaceChildren();
      const size = map.getSize();
      const taken = reserved().map((at) => {
        const spot = map.latLngToContainerPoint(at);
        return [spot.x - 11, spot.y - 11, spot.x + 11, spot.y + 11];
      });
      // As many place names as read well: the first of the list at small scales, all when near.
      let names = Math.round(size.x * size.y / 22000);
      for (const label of wanted()) {
        const spot = map.latLngToContainerPoint(label.at);
        const near = spot.x > -50 && spot.y > -20 && spot.x < size.x + 50 && spot.y < size.y + 20;
        if (near && (label.kind !== 'of-place' || names > 0) && place(label, spot, taken)) {
          names -= label.kind === 'of-place' ? 1 : 0;
        }
      }
    }
    function place(label, spot, taken) {
      const lines = fitting(label);
      if (!lines.length) return false;
      const wide = Math.max(...lines.map((each) => width(each, label.size, label.bold))) + 6;
      const high = lines.length * label.size * 1.2 + 2;
      const free = shifts(label, wide, high).map(([right, down]) => {
        const left = held(label, spot, wide, spot.x + right - wide / 2);
        return [left, spot.y + down - high / 2, left + wide, spot.y + down + high / 2];
      }).find((box) => !taken.some((other) => box[0] < other[2] && box[2] > other[0]
          && box[1] < other[3] && box[3] > other[1]));
      if (!free) return false;
      taken.push(free);
      pane.appendChild(sheetLabel(label, lines, free));
      return true;
    }
    /* The left end of the name of a point: within the map where the point is. */
    function held(label, spot, wide, left) {
      const room = map.getSize().x;
      if (label.kind === 'of-area' || spot.x < 0 || spot.x > room) return left;
      return Math.max(0, Math.min(room - wide, left));
    }
    /* Where a label may go, best first, as steps right and down: around a sign; up or down within
       its area. */
    function shifts(label, wide, high) {
      if (label.kind === 'of-site') {
        return [[0, 13 + high / 2], [0, -13 - high / 2], [14 + wide / 2, 0], [-14 - wide / 2, 0]];
      }
      if (label.prime) return [0, 1, -1, 1.4, -1.4, 2, -2].map((times) => [0, times * high]);
      const room = (label.radius || 0) * crs.scale(map.getZoom()) * 0.75;
      return [0, 1.1, -1.1, 2, -2].map((times) => times * high)
        .filter((shift) => Math.abs(shift) <= room).map((shift) => [0, shift]);
    }
    /* All lines where the area has room for them, else its figure, else none. */
    function fitting(label) {
      if (!label.radius) return label.lines;
      const room = 2 * label.radius * crs.scale(map.getZoom()) + 8;
      return [label.lines, label.short].find((lines) => lines.length && lines.length * 15 <= room
        && lines.every((each) => width(each, label.size, label.bold) <= room)) || [];
    }
    function sheetLabel(label, lines, box) {
      const element = document.createElement('div');
      element.className = 'label ' + label.kind + (label.prime ? ' prime' : '');
      element.style.fontSize = label.size + 'px';
      for (const line of lines) element.appendChild(geo.el('span', {}, line));
      const spot = map.containerPointToLayerPoint([(box[0] + box[2]) / 2, box[1]]);
      L.DomUtil.setPosition(element, spot.round());
      return element;
    }
    map.on('moveend viewreset', draw);
    map.on('zoomstart', () => pane.replaceChildren());
    return draw;
  };
}(window.geodemand = window.geodemand || {}));
