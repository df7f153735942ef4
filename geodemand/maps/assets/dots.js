/* Reference postcodes by kind of neighbourhood, and those of named sets: hexagons from afar, dots
   when near. Dots come in parts; a part is unpacked when the map first shows where it is. */
(function (geo) {
  'use strict';

  const ROW = Math.sqrt(3) / 2;
  /* Dots are drawn from this many metres a pixel on, or where a hexagon is this many pixels wide. */
  const NEAR = 25;
  const WIDE = 64;
  /* A hexagon this wide has room for the code of its kind. */
  const ROOM = 26;
  const COMMON = 50;
  /* The shading beneath: faint under colours everywhere, paler under some. */
  const UNDER_KINDS = 0.25;
  const UNDER_SET = 0.6;
  const SHARES = [1, 10, 25, 50];
  const SHADES = ['#f7c5d8', '#e78ab0', '#c2185b', '#78103b'];

  function readCells(data) {
    const q = geo.sums(geo.unpack(data.q));
    const r = geo.sums(geo.unpack(data.r));
    const places = new Map();
    q.forEach((column, i) => places.set(column + ' ' + r[i], i));
    return { across: data.across, q, r, places, postcodes: geo.unpack(data.postcodes),
      kinds: geo.unpack(data.kinds), shares: geo.unpack(data.shares),
      sets: data.sets.map((each) => geo.unpack(each)) };
  }

  function readPart(part) {
    if (part.dots) return part.dots;
    const shifted = (text, from) => {
      const values = geo.sums(geo.unpack(text));
      for (let i = 0; i < values.length; i += 1) values[i] += from;
      return values;
    };
    const x = shifted(part.x, part.box[0]);
    const y = shifted(part.y, part.box[1]);
    const sets = part.sets.map((members) => {
      const inside = new Uint8Array(x.length);
      for (const place of geo.sums(geo.unpack(members))) inside[place] = 1;
      return inside;
    });
    part.dots = { x, y, kinds: geo.unpack(part.kinds), sets, rows: [] };
    return part.dots;
  }

  /* Read once, whatever the number of layers and maps. */
  function read(data, page) {
    let cells = null;
    const near = new Map();
    return {
      key: data.key,
      names: data.sets,
      across: data.cells.across,
      cells() { cells = cells || readCells(data.cells); return cells; },
      near(i) {
        if (!near.has(i)) near.set(i, page.where.near(middle(this.cells(), i)));
        return near.get(i);
      },
      place: (spot) => page.where.reference(spot),
      close: (metres) => metres <= NEAR && metres * WIDE <= data.cells.across,
      within(box, visit) {
        for (const part of data.parts) {
          const [west, south, east, north] = part.box;
          if (west > box.east || east < box.west || south > box.north || north < box.south) continue;
          const dots = readPart(part);
          for (let i = 0; i < dots.x.length; i += 1) {
            if (dots.x[i] >= box.west && dots.x[i] <= box.east && dots.y[i] >= box.south
              && dots.y[i] <= box.north) visit(dots, i);
          }
        }
      },
    };
  }

  const radius = (metres) => Math.max(1.2, Math.min(5, 12 / Math.sqrt(metres)));

  /* One canvas a tile: plain 2D, because virtual desktops have no WebGL. ``set``: the place of a
     highlighted set, or null for all by kind. */
  const Tiles = L.GridLayer.extend({
    initialize(source, set, pane) {
      L.GridLayer.prototype.initialize.call(this, { pane, updateWhenZooming: false });
      this._source = source;
      this._set = set;
    },
    createTile(tile) {
      const size = this.getTileSize().x;
      const sharp = window.devicePixelRatio || 1;
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = Math.ceil(size * sharp);
      const context = canvas.getContext('2d');
      const scale = geo.crs.scale(tile.z);
      context.scale(sharp, sharp);
      const view = { west: tile.x * size / scale, north: -tile.y * size / scale, scale, size };
      if (this._source.close(1 / scale)) drawDots(context, view, this._source, this._set);
      else drawCells(context, view, this._source, this._set);
      return canvas;
    },
  });

  function around(view, edge) {
    const side = view.size / view.scale;
    return { west: view.west - edge, east: view.west + side + edge,
      south: view.north - side - edge, north: view.north + edge };
  }

  function drawDots(context, view, source, set) {
    const r = radius(1 / view.scale) * (set === null ? 1 : 1.5);
    source.within(around(view, (r + 2) / view.scale), (dots, i) => {
      if (set !== null && !dots.sets[set][i]) return;
      const x = (dots.x[i] - view.west) * view.scale;
      const y = (view.north - dots.y[i]) * view.scale;
      if (set === null) dot(context, x, y, r, dots.kinds[i] - 1, source.key);
      else ring(context, x, y, r);
    });
  }

  function drawCells(context, view, source, set) {
    const cells = source.cells();
    const half = cells.across / 2;
    const box = around(view, cells.across);
    const wide = cells.across * view.scale;
    for (let i = 0; i < cells.q.length; i += 1) {
      const east = cells.across * (cells.q[i] + cells.r[i] / 2);
      const north = cells.across * cells.r[i] * ROW;
      if (east < box.west || east > box.east || north < box.south || north > box.north) continue;
      const look = set === null ? byKind(cells, i, source.key) : byShare(cells.sets[set][i]);
      if (!look) continue;
      const x = (east - view.west) * view.scale;
      const y = (view.north - north) * view.scale;
      hexagon(context, x, y, half * view.scale, look);
      if (wide >= ROOM && look.text) write(context, x, y, look);
    }
  }

  function byKind(cells, i, key) {
    const kind = key[cells.kinds[i] - 1];
    if (!kind) return null;
    const common = cells.shares[i] >= COMMON;
    return { colour: kind.colour, opacity: common ? 0.8 : 0.4, text: kind.code,
      ink: common ? '#ffffff' : geo.INK };
  }

  function byShare(share) {
    const place = SHARES.filter((limit) => share >= limit).length - 1;
    return place < 0 ? null : { colour: SHADES[place], opacity: 0.85, text: share + '%',
      ink: place > 1 ? '#ffffff' : geo.INK };
  }

  function hexagon(context, x, y, half, look) {
    const tall = half / ROW;
    context.beginPath();
    context.moveTo(x, y - tall);
    context.lineTo(x + half, y - tall / 2);
    context.lineTo(x + half, y + tall / 2);
    context.lineTo(x, y + tall);
    context.lineTo(x - half, y + tall / 2);
    context.lineTo(x - half, y - tall / 2);
    context.closePath();
    context.globalAlpha = look.opacity;
    context.fillStyle = look.colour;
    context.fill();
    context.globalAlpha = 1;
    if (half > 3) {
      context.lineWidth = 0.75;
      context.strokeStyle = '#ffffff';
      context.stroke();
    }
  }

  /* Text that stands out on its own colour, by a halo of the other. */
  function write(context, x, y, look) {
    context.font = '600 11px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.lineWidth = 3;
    context.strokeStyle = look.ink === '#ffffff' ? '#1b2530' : '#ffffff';
    context.strokeText(look.text, x, y);
    context.fillStyle = look.ink;
    context.fillText(look.text, x, y);
  }

  function dot(context, x, y, r, kind, key) {
    context.fillStyle = kind >= 0 && key[kind] ? key[kind].colour : geo.NOTHING_KNOWN;
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

  /* The hexagon at a spot; undefined without one. Of the three coordinates that add up to nought the
     one that was rounded most gives way. */
  function cellAt(cells, [north, east]) {
    const row = north / (cells.across * ROW);
    const column = east / cells.across - row / 2;
    const exact = [column, row, -column - row];
    const whole = exact.map(Math.round);
    const off = exact.map((each, i) => Math.abs(each - whole[i]));
    const most = off.indexOf(Math.max(...off));
    whole[most] -= whole[0] + whole[1] + whole[2];
    return cells.places.get(whole[0] + ' ' + whole[1]);
  }

  /* A dot as a row of a table: the same object whenever it is asked for. */
  const rowOf = (dots, i) => { dots.rows[i] = dots.rows[i] || { dots, i }; return dots.rows[i]; };
  const spotOf = ({ dots, i }) => [dots.y[i], dots.x[i]];

  /* The dots in a hexagon. */
  function dotsIn(source, cell) {
    const [north, east] = middle(source.cells(), cell);
    const reach = source.across / 2 / ROW + 1;
    const found = [];
    source.within({ west: east - reach, east: east + reach, south: north - reach, north: north + reach },
      (dots, i) => {
        if (cellAt(source.cells(), [dots.y[i], dots.x[i]]) === cell) found.push(rowOf(dots, i));
      });
    return found;
  }

  function corners(cells, i) {
    const [y, x] = middle(cells, i);
    const [half, tall] = [cells.across / 2, cells.across / 2 / ROW];
    return [[tall, 0], [tall / 2, half], [-tall / 2, half], [-tall, 0], [-tall / 2, -half],
      [tall / 2, -half]].map(([up, right]) => [y + up, x + right]);
  }

  /* The dot at a spot, within a few pixels. */
  function dotAt(source, [north, east], set, metres) {
    let least = Math.pow((radius(metres) * 1.5 + 3) * metres, 2);
    let found = null;
    const reach = Math.sqrt(least);
    const box = { west: east - reach, east: east + reach, south: north - reach, north: north + reach };
    source.within(box, (dots, i) => {
      const off = Math.pow(dots.x[i] - east, 2) + Math.pow(dots.y[i] - north, 2);
      if (off > least || (set !== null && !dots.sets[set][i])) return;
      least = off;
      found = rowOf(dots, i);
    });
    return found;
  }

  /* What is at a spot: of postcodes, whoever lives there. ``set``: as for Tiles. */
  function saidAt(source, set, spot, metres) {
    return source.close(metres) ? ofDot(source, dotAt(source, spot, set, metres))
      : ofCell(source, set, cellAt(source.cells(), spot));
  }

  const kindOf = (source, { dots, i }) => (source.key[dots.kinds[i] - 1] || { name: 'Kind not known' })
    .name;

  /* One postcode as an item. */
  function ofDot(source, row) {
    if (!row) return null;
    const sets = source.names.filter((_, set) => row.dots.sets[set][row.i]);
    const spot = spotOf(row);
    const cell = cellAt(source.cells(), spot);
    return { title: kindOf(source, row), kind: 'One postcode of the directory, at ' + source.place(spot),
      lines: [sets.length ? 'In ' + sets.join(' and ') + '.' : '', 'Whether clients live there is not on '
        + 'this map.'].filter(Boolean), ring: () => geo.chosenLayer(null, spot), cell,
      table: singly(source, cell), row, spot, zoom: geo.NEAREST };
  }

  function ofCell(source, set, i) {
    const cells = source.cells();
    return i === undefined || (set !== null && !cells.sets[set][i]) ? null : hexagonal(source, i);
  }

  /* A hexagon as an item: see registry.js. */
  function hexagonal(source, i) {
    const cells = source.cells();
    const kind = source.key[cells.kinds[i] - 1];
    const name = source.near(i);
    const sets = source.names.map((each, place) => [each, cells.sets[place][i] + '%']);
    const shape = corners(cells, i);
    return { title: geo.plural(cells.postcodes[i], 'postcode'), kind: 'In a hexagon ' + across(source)
      + ': ' + name, lines: [kind ? kind.name + ' is the commonest kind: ' + cells.shares[i] + '% of them.'
      : '', ...sets.map(([each, share]) => each + ': ' + share + ' of them.')].filter(Boolean),
    table: caption(source), row: i, cell: i, spot: middle(cells, i), bounds: L.latLngBounds(shape).pad(2),
    ring: () => geo.chosenLayer(shape), compares: { word: 'hexagon', name, figures: [['Postcodes',
      geo.write('count', cells.postcodes[i])], ['Commonest kind', kind ? kind.name + ', '
      + cells.shares[i] + '%' : '\u2013'], ...sets] } };
  }

  const middle = (cells, i) => [cells.across * cells.r[i] * ROW, cells.across * (cells.q[i] + cells.r[i] / 2)];
  const caption = (source) => 'Kinds of neighbourhood, hexagons ' + across(source);

  /* A row for each hexagon, whichever of the layers is on. */
  function table(source) {
    const cells = source.cells();
    const name = (i) => source.near(i);
    const kind = (i) => (source.key[cells.kinds[i] - 1] || { name: '\u2013' }).name;
    const figure = (title, unit, style, get) => ({ title, unit, kind: 'number', value: get,
      text: (i) => geo.write(style, get(i)) });
    const share = (title, unit, values) => figure(title, unit, 'share', (i) => values[i] / 100);
    return { caption: caption(source), rows: Array.from(cells.q, (_, i) => i), sort: { column: 1, down: true },
      spot: (i) => middle(cells, i), middle: true, pick: (i) => hexagonal(source, i),
      columns: [{ title: 'Place', kind: 'text', value: (i) => geo.placeFirst(name(i)), text: name },
        figure('Postcodes', '', 'count', (i) => cells.postcodes[i]),
        { title: 'Commonest kind', kind: 'text', value: kind, text: kind },
        share('Its share', 'of postcodes', cells.shares),
        ...source.names.map((name, set) => share(name, 'of postcodes', cells.sets[set]))],
      note: 'Of postcodes, whoever lives there. Choose a hexagon, and its postcodes follow one by one, as '
        + 'the map has them when zoomed in; none is named, here or there.' };
  }

  const singly = (source, cell) => 'Postcodes one by one, hexagon at ' + source.place(
    middle(source.cells(), cell));

  /* A row for each postcode of a hexagon, as the map has a dot for each. */
  function singleTable(source, cell) {
    const column = (title, value) => ({ title, kind: 'text', value, text: value });
    return { caption: singly(source, cell), rows: dotsIn(source, cell), sort: { column: 1, down: false },
      spot: spotOf, pick: (row) => ofDot(source, row),
      columns: [column('Place', (row) => source.place(spotOf(row))), column('Kind', (row) => kindOf(source,
        row)), ...source.names.map((name, set) => column(name, ({ dots, i }) => (dots.sets[set][i] ? 'Yes'
        : 'No')))] };
  }

  function mark(colour, form) {
    const shapes = [['circle', { cx: 13, cy: 9, r: 6 }], ['rect', { x: 7, y: 3, width: 12,
      height: 12 }], ['path', { d: 'M13 1 L21 9 L13 17 L5 9 Z' }]];
    const [tag, place] = shapes[form % shapes.length];
    return geo.mark(tag, Object.assign({ fill: colour }, place));
  }

  const across = (source) => (source.across < 1000 ? source.across + ' m'
    : geo.number(source.across / 1000, 0) + ' km') + ' across';

  function kindsKey(source) {
    const lines = source.key.map((kind, place) => (
      geo.keyLine(mark(kind.colour, Math.floor(place / 8)), kind.name)));
    return geo.el('div', { class: 'key-part' }, geo.el('h3', {}, 'Kinds of neighbourhood',
      geo.el('span', { class: 'unit' }, 'of postcodes, whoever lives there')), geo.keyList(...lines),
    geo.el('p', { class: 'hint' }, 'From afar: the commonest kind in a hexagon ' + across(source)
      + ', paler where it is under half of the postcodes. Zoom in for a dot for each postcode.'));
  }

  function setKey(source, set) {
    const lines = SHARES.map((limit, place) => geo.keyLine(geo.swatch('class', SHADES[place]),
      place + 1 < SHARES.length ? limit + '% to ' + (SHARES[place + 1] - 1) + '%'
        : limit + '% and over'));
    const near = geo.mark('circle', { cx: 13, cy: 9, r: 6, fill: '#c2185b', stroke: geo.INK,
      'stroke-width': 2.5 });
    return geo.el('div', { class: 'key-part' }, geo.el('h3', {}, source.names[set] + ' postcodes',
      geo.el('span', { class: 'unit' }, 'share of the postcodes in a hexagon ' + across(source))),
    geo.keyList(...lines, geo.keyLine(near, 'one postcode', 'when near')));
  }

  geo.layers.register({
    block: 'dots',
    entries(data, page) {
      const source = read(data, page);
      const tables = () => [table(source)];
      const details = (points) => [...new Set(points.map((each) => each.cell))].filter((cell) => (
        cell !== undefined)).map((cell) => singleTable(source, cell));
      return [
        { label: 'Kinds of neighbourhood', asks: 'What kind is each place?', group: 'Neighbourhoods',
          level: 'dots', pales: UNDER_KINDS, make: (pane) => new Tiles(source, null, pane),
          key: () => kindsKey(source), tables, details,
          at: (spot, metres) => saidAt(source, null, spot, metres) },
        ...source.names.map((name, set) => ({ label: name + ' postcodes',
          asks: 'Where are these neighbourhoods?', group: 'Neighbourhoods', level: 'dots',
          pales: UNDER_SET,
          make: (pane) => new Tiles(source, set, pane), key: () => setKey(source, set), tables, details,
          at: (spot, metres) => saidAt(source, set, spot, metres) })),
      ];
    },
  });
}(window.geodemand = window.geodemand || {}));
