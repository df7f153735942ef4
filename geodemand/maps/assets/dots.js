/* Reference postcodes by kind of neighbourhood, and the postcodes of named sets. */
(function (geo) {
  'use strict';

  /* Reference postcodes, sorted into square buckets so that a tile looks at few of them. */
  function read(data) {
    const x = geo.sums(geo.unpack(data.x));
    const y = geo.sums(geo.unpack(data.y));
    const dots = { x, y, kinds: geo.unpack(data.kinds), key: data.key };
    dots.sets = data.sets.map((each) => {
      const inside = new Uint8Array(x.length);
      for (const place of geo.sums(geo.unpack(each.members))) inside[place] = 1;
      return { name: each.name, inside };
    });
    return Object.assign(dots, { find: buckets(x, y) });
  }

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
    initialize(dots, set, pane) {
      L.GridLayer.prototype.initialize.call(this, { pane, updateWhenZooming: false });
      this._dots = dots;
      this._set = set === null ? null : dots.sets[set];
    },
    createTile(tile) {
      const size = this.getTileSize().x;
      const sharp = window.devicePixelRatio || 1;
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = Math.ceil(size * sharp);
      const context = canvas.getContext('2d');
      const scale = geo.crs.scale(tile.z);
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
    context.fillStyle = kind >= 0 && key[kind] ? key[kind].colour : geo.NOTHING_KNOWN;
    if (r < 1.5) { context.fillRect(x - r, y - r, 2 * r, 2 * r); return; }
    context.beginPath();
    trace(context, Math.floor(Math.max(kind, 0) / 8), x, y, r);
    context.fill();
  }

  /* Kinds beyond the eight colours differ in shape: circle, square, diamond. */
  function trace(context, form, x, y, r) {
    if (form === 0) context.arc(x, y, r, 0, 2 * Math.PI);
    else if (form === 1) context.rect(x - r, y - r, 2 * r, 2 * r);
    else {
      context.moveTo(x, y - r * 1.3);
      context.lineTo(x + r * 1.3, y);
      context.lineTo(x, y + r * 1.3);
      context.lineTo(x - r * 1.3, y);
    }
  }

  function ring(context, x, y, r) {
    context.beginPath();
    context.arc(x, y, Math.max(r, 1.6), 0, 2 * Math.PI);
    context.fillStyle = '#ffffff';
    context.fill();
    context.lineWidth = r < 2.5 ? 1 : 2;
    context.strokeStyle = geo.INK;
    context.stroke();
    context.beginPath();
    context.arc(x, y, Math.max(r * 0.45, 0.8), 0, 2 * Math.PI);
    context.fillStyle = '#c2185b';
    context.fill();
  }

  const FORMS = [['circle', { cx: 13, cy: 9, r: 6 }], ['rect', { x: 7, y: 3, width: 12, height: 12 }],
    ['path', { d: 'M13 1 L21 9 L13 17 L5 9 Z' }]];

  function kindsKey(key) {
    const lines = key.map((kind, place) => {
      const [tag, form] = FORMS[Math.floor(place / 8) % FORMS.length];
      return geo.keyLine(geo.mark(tag, Object.assign({ fill: kind.colour }, form)), kind.name);
    });
    return geo.el('div', { class: 'key-part' }, geo.el('h3', {}, 'Kinds of neighbourhood',
      geo.el('span', { class: 'unit' }, 'a dot for each postcode')), geo.keyList(...lines));
  }

  const setKey = (name) => geo.keyList(geo.keyLine(geo.mark('circle', { cx: 13, cy: 9, r: 6,
    fill: '#c2185b', stroke: geo.INK, 'stroke-width': 2.5 }), name + ' postcodes'));

  geo.layers.register({
    block: 'dots',
    entries(data) {
      const dots = read(data);
      const all = { label: 'Kinds of neighbourhood', asks: 'What kind is each postcode?',
        make: (pane) => new DotTiles(dots, null, pane), key: () => kindsKey(dots.key) };
      const sets = dots.sets.map((set, place) => ({ label: set.name + ' postcodes',
        asks: 'Where are these neighbourhoods?',
        make: (pane) => new DotTiles(dots, place, pane), key: () => setKey(set.name) }));
      return [all, ...sets].map((entry) => (
        Object.assign(entry, { group: 'Neighbourhoods', level: 'dots' })));
    },
  });
}(window.geodemand = window.geodemand || {}));
