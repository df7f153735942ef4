/* Heat surfaces: classes of a grid, drawn as a picture. */
(function (geo) {
  'use strict';

  /* A class grid as a picture. Enlarged with smooth class limits: the cells are how it was
     computed, not where anything ends. */
  function picture(surface, pane) {
    const times = Math.max(1, Math.min(8, Math.floor(1200 / Math.max(surface.rows, surface.columns))));
    const canvas = document.createElement('canvas');
    canvas.width = surface.columns * times;
    canvas.height = surface.rows * times;
    const context = canvas.getContext('2d');
    const image = context.createImageData(canvas.width, canvas.height);
    const colours = surface.colours.map(channels);
    const at = smooth(surface, geo.unpack(surface.classes), times);
    for (let pixel = 0; pixel < canvas.width * canvas.height; pixel += 1) {
      const level = at(Math.floor(pixel / canvas.width), pixel % canvas.width);
      if (level > 0) image.data.set([...colours[level - 1], 205], pixel * 4);
    }
    context.putImageData(image, 0, 0);
    const south = surface.north - surface.rows * surface.cell;
    const east = surface.west + surface.columns * surface.cell;
    return L.imageOverlay(canvas.toDataURL(), [[south, surface.west], [surface.north, east]],
      { pane, alt: '' });
  }

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

  function key(surface) {
    const limits = surface.breaks;
    const lines = surface.colours.map((colour, place) => {
      const from = geo.write('limit', limits[place]);
      return geo.keyLine(geo.swatch('class', colour), place + 1 < limits.length
        ? from + ' to ' + geo.write('limit', limits[place + 1]) : from + ' and over');
    });
    const { bandwidth, unit } = surface;
    const how = limits.length ? 'Smoothed over ' + geo.number(bandwidth, 0) + ' m, and farther where '
      + 'few clients live. Not coloured: ' + (perArea(surface) ? 'fewer clients' : 'about the rate of '
      + 'the whole area, or less') + '. Shows neighbourhoods, not addresses. Lies over the shading, '
      + 'which is paler meanwhile, and under the hatching of what is withheld.'
      : 'Too few places to show safely.';
    return geo.el('div', { class: 'key-part' }, geo.el('h3', {}, title(surface),
      geo.el('span', { class: 'unit' }, unit)), geo.keyList(...lines),
    geo.el('p', { class: 'hint' }, how));
  }

  const perArea = (surface) => surface.unit.endsWith('km\u00b2');
  const title = (surface) => (perArea(surface) ? 'Density: ' : 'Rate: ') + surface.name;

  const asks = (surface) => (perArea(surface) ? 'Where do clients live close together?'
    : 'Where is need high, whatever the boundaries?');
  const GROUP = 'Heat surfaces';
  const PALE = 0.6;

  /* One for each list, where a reader cannot choose whose figures a map shows. */
  const each = (surface) => ({ label: title(surface), asks: asks(surface), group: GROUP, level: 'heat', pales: PALE,
    make: (pane) => picture(surface, pane), key: () => key(surface) });

  const none = (name) => geo.el('div', { class: 'key-part' }, geo.el('h3', {}, 'Heat surface'),
    geo.el('p', { class: 'hint' }, 'There is none of ' + name + '.'));

  /* One that is of the list that a map shows: beside another list, each map has its own. */
  function following(surfaces) {
    const of = (name) => surfaces.find((surface) => surface.name === name);
    return { label: 'Heat surface', asks: asks(surfaces[0]) + ' Of the list that the map shows.',
      group: GROUP, level: 'heat', pales: PALE, follows: true,
      make: (pane, map, name) => (of(name) ? picture(of(name), pane) : null),
      key: (name) => (of(name) ? key(of(name)) : none(name)) };
  }

  geo.layers.register({
    block: 'surfaces',
    entries: (surfaces, page) => (page.model.shaded.length ? [following(surfaces)]
      : surfaces.map(each)),
  });
}(window.geodemand = window.geodemand || {}));
