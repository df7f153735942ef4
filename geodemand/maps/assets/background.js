/* What lies beneath the figures: the land, faint boundaries, the user's own map. */
(function (geo) {
  'use strict';

  const LAND = { color: '#5b646d', weight: 1.4, fillColor: '#ffffff', fillOpacity: 1 };
  const FAINT = { color: '#8a939c', weight: 1, fill: false };

  function outlines(each, look, pane) {
    const renderer = L.svg({ pane, padding: 0.3 });
    const options = Object.assign({ interactive: false, pane, renderer }, look);
    return L.layerGroup(geo.unpackShapes(each).map((shape) => L.polygon(shape, options)));
  }

  /* Pictures of the coarsest level at once; those of a finer one where and when it is looked at. */
  const Pictures = L.Layer.extend({
    initialize(pictures, pane, missing) {
      this._missing = missing;
      this._pictures = pictures.map((each) => ({ bounds: L.latLngBounds([each.south, each.west],
        [each.north, each.east]), each, layer: null }));
      this._in = pane;
    },
    onAdd() { this._show(); return this; },
    onRemove(map) {
      for (const one of this._pictures) if (one.layer) { map.removeLayer(one.layer); one.layer = null; }
    },
    getEvents() { return { moveend: this._show, viewreset: this._show }; },
    _show() {
      const map = this._map;
      const pixel = 1 / geo.crs.scale(map.getZoom());
      const fits = this._pictures.map(({ each }) => each).filter((each) => each.metres >= pixel / 1.5);
      const level = Math.max(0, ...fits.map((each) => each.level));
      const view = map.getBounds().pad(0.2);
      for (const one of this._pictures) {
        const wanted = one.each.level === 0 || (one.each.level <= level && one.bounds.intersects(view));
        if (wanted && !one.layer) {
          one.layer = L.imageOverlay(one.each.source, one.bounds, { pane: this._in, alt: '',
            interactive: false, zIndex: one.each.level }).on('error', this._missing).addTo(map);
        } else if (!wanted && one.layer) {
          map.removeLayer(one.layer);
          one.layer = null;
        }
      }
    },
  });

  /* The value of a polynomial in two variables; see geodemand.maps.mercator. */
  function at(made, x, y) {
    const u = (x - made.middle[0]) / made.half[0];
    const v = (y - made.middle[1]) / made.half[1];
    let k = 0;
    const sum = [0, 0];
    for (let i = 0; i <= made.degree; i += 1) {
      for (let j = 0; j <= made.degree - i; j += 1) {
        const term = Math.pow(u, i) * Math.pow(v, j);
        sum[0] += made.x[k] * term;
        sum[1] += made.y[k] * term;
        k += 1;
      }
    }
    return sum;
  }

  const HALF_WORLD = Math.PI * 6378137;
  const SIDE = 256;

  /* Tiles of a web map, each turned and stretched to where it belongs on the grid. */
  const WebTiles = L.Layer.extend({
    initialize(tiles, pane) { this._tiles = tiles; this._in = pane; },
    onAdd(map) { this._box = L.DomUtil.create('div', '', map.getPane(this._in)); this._draw(); },
    onRemove() { this._box.remove(); },
    getEvents() { return { moveend: this._draw, viewreset: this._draw }; },
    _draw() {
      const map = this._map;
      const view = map.getBounds();
      const corners = [[view.getWest(), view.getSouth()], [view.getEast(), view.getSouth()],
        [view.getWest(), view.getNorth()], [view.getEast(), view.getNorth()]]
        .map(([x, y]) => at(this._tiles.to_mercator, x, y));
      const wide = (axis, pick) => pick(...corners.map((corner) => corner[axis]));
      const [west, east] = [wide(0, Math.min), wide(0, Math.max)];
      const [south, north] = [wide(1, Math.min), wide(1, Math.max)];
      const pixels = map.getSize().x / (east - west);
      const zoom = Math.max(0, Math.min(this._tiles.most,
        Math.round(Math.log2(2 * HALF_WORLD * pixels / SIDE))));
      const size = 2 * HALF_WORLD / Math.pow(2, zoom);
      const found = [];
      for (let i = Math.floor((west + HALF_WORLD) / size); i <= (east + HALF_WORLD) / size; i += 1) {
        for (let j = Math.floor((HALF_WORLD - north) / size); j <= (HALF_WORLD - south) / size;
          j += 1) found.push(this._tile(zoom, i, j, size));
      }
      this._box.replaceChildren(...found);
    },
    _tile(zoom, i, j, size) {
      const image = document.createElement('img');
      const spot = (column, row) => {
        const [x, y] = at(this._tiles.to_grid, column * size - HALF_WORLD, HALF_WORLD - row * size);
        return this._map.latLngToLayerPoint([y, x]);
      };
      const [origin, right, down] = [spot(i, j), spot(i + 1, j), spot(i, j + 1)];
      const part = (value) => value / SIDE;
      image.alt = '';
      image.style.cssText = 'position:absolute;left:0;top:0;max-width:none;transform-origin:0 0;'
        + 'width:' + SIDE + 'px;height:' + SIDE + 'px';
      image.style.transform = 'matrix(' + [part(right.x - origin.x), part(right.y - origin.y),
        part(down.x - origin.x), part(down.y - origin.y), origin.x, origin.y].join(',') + ')';
      image.src = this._tiles.address.replace('{z}', zoom).replace('{x}', i).replace('{y}', j);
      return image;
    },
  });

  function credit(data) {
    const whose = data.credit ? ['Background: ' + data.credit] : [];
    const asks = data.tiles ? ['The web map comes from ' + data.tiles.address.split('/')[2]
      + ', which sees what part of the map is looked at. Switch it off to ask nobody.'] : [];
    return whose.length + asks.length
      ? geo.el('p', { class: 'hint' }, [...whose, ...asks].join('. ')) : null;
  }

  geo.layers.register({
    block: 'background',
    entries(data) {
      const found = [];
      if (data.tiles) {
        found.push({ label: 'Web map', asks: 'What is here? Asks a server on the internet.', on: true,
          group: 'Background', level: 'context', make: (pane) => new WebTiles(data.tiles, pane),
          key: () => credit(data) });
      }
      if (data.pictures.length) {
        const gone = geo.el('p', { class: 'hint', hidden: true }, 'Its finer pictures were not found. They '
          + 'are files in the folder ' + data.beside + ', which belongs beside this page.');
        const missing = () => {
          if (gone.hidden) geo.tell(gone.textContent);
          gone.hidden = false;
        };
        found.push({ label: 'Background map', asks: 'What is here?', on: true, group: 'Background',
          level: 'context', make: (pane) => new Pictures(data.pictures, pane, missing),
          key: () => geo.el('div', {}, credit(data), gone) });
      }
      if (data.land && !found.length) {
        found.push({ label: 'Land', asks: 'Where does the area end?', on: true, group: 'Background',
          level: 'context', make: (pane) => outlines(data.land, LAND, pane), key: () => null });
      }
      for (const each of data.lines) {
        found.push({ label: each.name + ' lines', asks: 'Where are the ' + each.name + '?', on: true,
          group: 'Background', level: 'lines', make: (pane) => outlines(each, FAINT, pane),
          key: () => geo.keyList(geo.keyLine(geo.mark('path', { d: 'M1 9 H25', stroke: FAINT.color,
            'stroke-width': 1.5 }), each.name)) });
      }
      return found;
    },
  });
}(window.geodemand = window.geodemand || {}));
