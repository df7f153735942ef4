/* What is drawn on the sheet. Coordinates are metres of the British National Grid, [north, east]
   from the sheet's south-west corner; nothing is projected. */
(function (geo) {
  'use strict';

  const STEPS_A_DOUBLING = 4;
  /* Metres a pixel at zoom 0: Great Britain fits a small window. Zoom 48 is 2 m a pixel. */
  const COARSEST_M = 8192;
  const NEAREST = 48;
  const FIT_NEAREST = 40;
  geo.TOWN = 36;
  const INK = '#1b2530';
  const NOTHING_KNOWN = '#8a939c';

  const crs = L.extend({}, L.CRS.Simple, {
    transformation: L.transformation(1, 0, -1, 0),
    scale: (zoom) => Math.pow(2, zoom / STEPS_A_DOUBLING) / COARSEST_M,
    zoom: (scale) => STEPS_A_DOUBLING * Math.log2(scale * COARSEST_M),
  });

  geo.calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;

  /* Panes from below to above; all but areas and markers let the pointer through. */
  const PANES = { areas: 400, heat: 410, dots: 420, lines: 430, chosen: 440, labels: 650 };

  /* How far the sheet can be moved. */
  geo.around = (sheet) => sheet.pad(0.6);

  geo.makeMap = function (words) {
    const sheet = L.latLngBounds([0, 0], [words.height, words.width]);
    const map = L.map('map', {
      crs, attributionControl: false, zoomControl: false, zoomSnap: 1, zoomDelta: 2,
      wheelPxPerZoomLevel: 20, maxZoom: NEAREST, maxBounds: geo.around(sheet), maxBoundsViscosity: 0.7,
      fadeAnimation: false, zoomAnimation: !geo.calm, zoomAnimationThreshold: 16,
      inertia: !geo.calm, scrollWheelZoom: false, bounceAtZoomLimits: false,
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
    const box = map.getContainer();
    box.setAttribute('role', 'application');
    box.setAttribute('aria-label', 'Map. Arrow keys move it, plus and minus zoom. '
      + 'The table below has every area and its figures.');
    geo.fit(map, sheet, false);
    return { map, sheet };
  };

  /* ``covered``: how many pixels at the right are under the card. */
  geo.fit = function (map, bounds, animate, covered) {
    map.fitBounds(bounds, { paddingTopLeft: [12, 12], paddingBottomRight: [12 + (covered || 0), 12],
      animate: animate && !geo.calm, maxZoom: FIT_NEAREST });
  };

  /* Areas of one geography: shapes to be shaded and clicked. Never in the tab order. */
  geo.areaLayer = function (map, shapes, on) {
    const renderer = L.svg({ pane: 'areas', padding: 0.3 });
    const polygons = shapes.map((shape, area) => {
      const polygon = L.polygon(shape, { renderer, pane: 'areas', className: 'area' });
      polygon.on('click', () => on.choose(area));
      polygon.on('mousemove', (event) => on.point(area, event.latlng));
      polygon.on('mouseout', () => on.leave());
      return polygon;
    });
    const group = L.layerGroup(polygons);
    group.polygons = polygons;
    return group;
  };

  const PLAIN = {
    withheld: { fillColor: 'url(#hatch)', fillOpacity: 1, color: '#5b646d', weight: 1 },
    zero: { fillColor: '#ffffff', fillOpacity: 1, color: '#5b646d', weight: 1 },
    none: { fillColor: '#ffffff', fillOpacity: 0, color: NOTHING_KNOWN, weight: 1.5 },
    outline: { fillColor: '#ffffff', fillOpacity: 0.75, color: '#5b646d', weight: 1 },
  };

  geo.areaStyle = function (fate) {
    if (fate.kind !== 'class') return Object.assign({ dashArray: null }, PLAIN[fate.kind]);
    return { fillColor: fate.colour, fillOpacity: 0.9, color: '#5b646d', weight: 0.7,
      dashArray: null };
  };

  geo.LINES = [
    { color: '#1b2530', weight: 2 },
    { color: '#a3195b', weight: 2, dashArray: '7 4' },
    { color: '#0b5fa5', weight: 2, dashArray: '2 4' },
    { color: '#7a4b00', weight: 2, dashArray: '10 3 2 3' },
  ];

  geo.lineLayer = function (shapes, place) {
    const look = geo.LINES[place % geo.LINES.length];
    const options = Object.assign({ fill: false, interactive: false, pane: 'lines' }, look);
    options.renderer = L.svg({ pane: 'lines', padding: 0.3 });
    return L.layerGroup(shapes.map((shape) => L.polygon(shape, options)));
  };

  /* The outline of the chosen area, or a ring around a chosen point. */
  geo.chosenLayer = function (shape, point) {
    const options = { fill: false, interactive: false, pane: 'chosen' };
    const wide = Object.assign({ color: '#ffffff', weight: 7 }, options);
    const dark = Object.assign({ color: INK, weight: 3.5 }, options);
    const make = (style) => (shape ? L.polygon(shape, style)
      : L.circleMarker(point, Object.assign({ radius: 16 }, style)));
    return L.layerGroup([make(wide), make(dark)]);
  };

  /* A class grid as a picture. Enlarged with smooth class limits: the cells are how it was
     computed, not where anything ends. */
  geo.heatLayer = function (surface) {
    const times = Math.max(1, Math.min(8, Math.floor(1200 / Math.max(surface.rows, surface.columns))));
    const canvas = document.createElement('canvas');
    canvas.width = surface.columns * times;
    canvas.height = surface.rows * times;
    const context = canvas.getContext('2d');
    const picture = context.createImageData(canvas.width, canvas.height);
    const colours = surface.colours.map(channels);
    const at = smooth(surface, geo.unpack(surface.classes), times);
    for (let pixel = 0; pixel < canvas.width * canvas.height; pixel += 1) {
      const level = at(Math.floor(pixel / canvas.width), pixel % canvas.width);
      if (level > 0) picture.data.set([...colours[level - 1], 205], pixel * 4);
    }
    context.putImageData(picture, 0, 0);
    const south = surface.north - surface.rows * surface.cell;
    const east = surface.west + surface.columns * surface.cell;
    return L.imageOverlay(canvas.toDataURL(), [[south, surface.west], [surface.north, east]],
      { pane: 'heat', alt: '' });
  };

  function channels(colour) {
    return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  }

  /* The class at a pixel of the enlarged grid: between cell centres, in proportion. */
  function smooth(surface, classes, times) {
    const cell = (row, column) => classes[
      Math.min(surface.rows - 1, Math.max(0, row)) * surface.columns
      + Math.min(surface.columns - 1, Math.max(0, column))];
    return function (pixelRow, pixelColumn) {
      const row = (pixelRow + 0.5) / times - 0.5;
      const column = (pixelColumn + 0.5) / times - 0.5;
      const top = Math.floor(row);
      const left = Math.floor(column);
      const down = row - top;
      const along = column - left;
      const upper = cell(top, left) * (1 - along) + cell(top, left + 1) * along;
      const lower = cell(top + 1, left) * (1 - along) + cell(top + 1, left + 1) * along;
      return Math.round(upper * (1 - down) + lower * down);
    };
  }

  /* Reference postcodes, sorted into square buckets so that a tile looks at few of them. */
  geo.readDots = function (data) {
    const x = geo.sums(geo.unpack(data.x));
    const y = geo.sums(geo.unpack(data.y));
    const dots = { x, y, kinds: geo.unpack(data.kinds), key: data.key };
    dots.sets = data.sets.map((each) => {
      const inside = new Uint8Array(x.length);
      for (const place of geo.sums(geo.unpack(each.members))) inside[place] = 1;
      return { name: each.name, inside };
    });
    return Object.assign(dots, { find: buckets(x, y) });
  };

  function buckets(x, y) {
    const lowest = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
    const highest = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
    const [west, east, south, north] = [lowest(x), highest(x), lowest(y), highest(y)];
    const side = Math.max(500, Math.sqrt((east - west) * (north - south) / (x.length / 40 + 1)));
    const columns = Math.floor((east - west) / side) + 1;
    const rows = Math.floor((north - south) / side) + 1;
    const start = new Uint32Array(columns * rows + 1);
    const place = (i) => Math.floor((y[i] - south) / side) * columns
      + Math.floor((x[i] - west) / side);
    for (let i = 0; i < x.length; i += 1) start[place(i) + 1] += 1;
    geo.sums(start);
    const next = start.slice();
    const order = new Uint32Array(x.length);
    for (let i = 0; i < x.length; i += 1) { order[next[place(i)]] = i; next[place(i)] += 1; }
    const clamp = (value, most) => Math.max(0, Math.min(most, Math.floor(value)));
    return function (box, visit) {
      if (!x.length || box.east < west || box.west > east || box.north < south
        || box.south > north) return;
      const from = clamp((box.west - west) / side, columns - 1);
      const to = clamp((box.east - west) / side, columns - 1);
      const top = clamp((box.north - south) / side, rows - 1);
      for (let row = clamp((box.south - south) / side, rows - 1); row <= top; row += 1) {
        const end = start[row * columns + to + 1];
        for (let i = start[row * columns + from]; i < end; i += 1) visit(order[i]);
      }
    };
  }

  /* Small at county scale, larger when near. */
  const radius = (metresAPixel) => Math.max(0.75, Math.min(5, 12 / Math.sqrt(metresAPixel)));

  /* One canvas a tile: plain 2D, because virtual desktops have no WebGL. ``set``: the place of a
     highlighted set, or null for all dots by kind. */
  const DotTiles = L.GridLayer.extend({
    initialize(dots, set) {
      L.GridLayer.prototype.initialize.call(this, { pane: 'dots', updateWhenZooming: false });
      this._dots = dots;
      this._set = set === null ? null : dots.sets[set];
    },
    createTile(tile) {
      const size = this.getTileSize().x;
      const sharp = window.devicePixelRatio || 1;
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = Math.ceil(size * sharp);
      const context = canvas.getContext('2d');
      const scale = crs.scale(tile.z);
      context.scale(sharp, sharp);
      this._draw(context, { west: tile.x * size / scale, north: -tile.y * size / scale, scale,
        size });
      return canvas;
    },
    _draw(context, view) {
      const dots = this._dots;
      const set = this._set;
      const r = radius(1 / view.scale) * (set ? 1.5 : 1);
      const edge = (r + 2) / view.scale;
      const side = view.size / view.scale;
      const box = { west: view.west - edge, east: view.west + side + edge,
        south: view.north - side - edge, north: view.north + edge };
      const taken = r < 1 ? new Uint8Array(view.size * view.size) : null;
      dots.find(box, (i) => {
        if (set && !set.inside[i]) return;
        const px = (dots.x[i] - view.west) * view.scale;
        const py = (view.north - dots.y[i]) * view.scale;
        if (taken && again(taken, px, py, view.size)) return;
        if (set) ring(context, px, py, r);
        else dot(context, px, py, r, dots.kinds[i] - 1, dots.key);
      });
    },
  });

  /* Whether a pixel already has its dot: at county scale many postcodes share one. */
  function again(taken, px, py, size) {
    if (px < 0 || py < 0 || px >= size || py >= size) return false;
    const place = Math.floor(py) * size + Math.floor(px);
    if (taken[place]) return true;
    taken[place] = 1;
    return false;
  }

  function dot(context, x, y, r, kind, key) {
    context.fillStyle = kind >= 0 && key[kind] ? key[kind].colour : NOTHING_KNOWN;
    if (r < 1.5) { context.fillRect(x - r, y - r, 2 * r, 2 * r); return; }
    context.beginPath();
    geo.trace(context, Math.floor(Math.max(kind, 0) / 8), x, y, r);
    context.fill();
  }

  /* Kinds beyond the eight colours differ in shape: circle, square, diamond. */
  geo.trace = function (context, form, x, y, r) {
    if (form === 0) context.arc(x, y, r, 0, 2 * Math.PI);
    else if (form === 1) context.rect(x - r, y - r, 2 * r, 2 * r);
    else {
      context.moveTo(x, y - r * 1.3);
      context.lineTo(x + r * 1.3, y);
      context.lineTo(x, y + r * 1.3);
      context.lineTo(x - r * 1.3, y);
    }
  };

  function ring(context, x, y, r) {
    context.beginPath();
    context.arc(x, y, Math.max(r, 1.6), 0, 2 * Math.PI);
    context.fillStyle = '#ffffff';
    context.fill();
    context.lineWidth = r < 2.5 ? 1 : 2;
    context.strokeStyle = INK;
    context.stroke();
    context.beginPath();
    context.arc(x, y, Math.max(r * 0.45, 0.8), 0, 2 * Math.PI);
    context.fillStyle = '#c2185b';
    context.fill();
  }

  geo.dotLayer = (dots, set) => new DotTiles(dots, set);

  const FORMS = [
    'M8 1 L15 8 L8 15 L1 8 Z', 'M2 2 H14 V14 H2 Z', 'M8 1 L15 14 H1 Z', 'M8 1 A7 7 0 1 0 8 15 A7 7 0 1 0 8 1 Z',
  ];

  /* The sign of a kind of service, as an SVG element. */
  geo.sign = function (place) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    svg.setAttribute('viewBox', '-1 -1 18 18');
    svg.setAttribute('class', 'sign sign-' + (place % FORMS.length));
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', FORMS[place % FORMS.length]);
    svg.appendChild(path);
    return svg;
  };

  /* Services: signs that the keyboard reaches, each with its name. */
  geo.siteLayer = function (sites, place, choose) {
    return L.layerGroup(sites.names.map((name, site) => {
      const icon = L.divIcon({ html: geo.sign(place), className: 'site', iconSize: [28, 28] });
      const marker = L.marker([sites.y[site], sites.x[site]], { icon, title: name });
      marker.on('add', () => {
        const element = marker.getElement();
        element.setAttribute('aria-label', name + ', ' + sites.name);
      });
      marker.on('click keypress', (event) => {
        const key = event.originalEvent && event.originalEvent.key;
        if (event.type === 'click' || key === 'Enter' || key === ' ') choose(site);
      });
      return marker;
    }));
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
      const tops = shifts(label, high).map((shift) => spot.y + shift - high / 2);
      const free = tops.map((top) => [spot.x - wide / 2, top, spot.x + wide / 2, top + high])
        .find((box) => !taken.some((other) => box[0] < other[2] && box[2] > other[0]
          && box[1] < other[3] && box[3] > other[1]));
      if (!free) return false;
      taken.push(free);
      pane.appendChild(sheetLabel(label, lines, free));
      return true;
    }
    /* Where a label may go, best first: below or above a sign; up or down within its area. */
    function shifts(label, high) {
      if (label.kind === 'of-site') return [13 + high / 2, -13 - high / 2];
      const room = (label.radius || 0) * crs.scale(map.getZoom()) * 0.75;
      return [0, 1.1, -1.1, 2, -2].map((times) => times * high)
        .filter((shift) => Math.abs(shift) <= room);
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
      element.className = 'label ' + label.kind;
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
