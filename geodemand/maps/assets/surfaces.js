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
    const at = smooth(surface, cells(surface), times);
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

  const unpacked = new Map();

  /* The class of each cell, row by row from the north. */
  function cells(surface) {
    if (!unpacked.has(surface)) unpacked.set(surface, geo.unpack(surface.classes));
    return unpacked.get(surface);
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

  /* The rates of a class, from 1. */
  function range({ breaks }, level) {
    const from = geo.write('limit', breaks[level - 1]);
    return level < breaks.length ? from + ' to ' + geo.write('limit', breaks[level])
      : from + ' and over';
  }

  const km2 = (surface, count) => count * surface.cell * surface.cell / 1e6;

  /* Land of each class from 1, in km\u00b2. */
  function land(surface) {
    const found = surface.breaks.map(() => 0);
    for (const level of cells(surface)) if (level) found[level - 1] += 1;
    return found.map((count) => km2(surface, count));
  }

  function key(surface) {
    const limits = surface.breaks;
    const covered = land(surface);
    const lines = surface.colours.map((colour, place) => geo.keyLine(geo.swatch('class', colour),
      range(surface, place + 1), geo.write('limit', covered[place]) + ' km\u00b2'));
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

  /* Tables: the classes, and where they are highest. Of the classes on the page only. --------- */

  /* The cells around one, over corners too. */
  function around({ rows, columns }, cell) {
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    const found = [];
    for (let down = Math.max(0, row - 1); down <= Math.min(rows - 1, row + 1); down += 1) {
      for (let along = Math.max(0, column - 1); along <= Math.min(columns - 1, column + 1); along += 1) {
        if (down !== row || along !== column) found.push(down * columns + along);
      }
    }
    return found;
  }

  /* Patches of one class that no higher one touches: {level, land, spot, bounds}. */
  function peaks(surface) {
    const classes = cells(surface);
    const seen = new Uint8Array(classes.length);
    const found = [];
    for (let start = 0; start < classes.length; start += 1) {
      if (!classes[start] || seen[start]) continue;
      const patch = [start];
      let highest = true;
      seen[start] = 1;
      for (let at = 0; at < patch.length; at += 1) {
        for (const next of around(surface, patch[at])) {
          if (classes[next] > classes[start]) highest = false;
          if (classes[next] === classes[start] && !seen[next]) { seen[next] = 1; patch.push(next); }
        }
      }
      if (highest) found.push(peak(surface, classes[start], patch));
    }
    return found;
  }

  function peak(surface, level, patch) {
    const { columns, cell, north, west } = surface;
    const at = patch.map((each) => [north - (Math.floor(each / columns) + 0.5) * cell,
      west + (each % columns + 0.5) * cell]);
    const mean = [0, 1].map((side) => at.reduce((sum, each) => sum + each[side], 0) / at.length);
    const off = (each) => Math.hypot(each[0] - mean[0], each[1] - mean[1]);
    const spot = at.reduce((best, each) => (off(each) < off(best) ? each : best));
    const bounds = L.latLngBounds(at);
    const [low, high] = [bounds.getSouthWest(), bounds.getNorthEast()];
    return { level, land: km2(surface, patch.length), spot, bounds: L.latLngBounds(
      [low.lat - cell / 2, low.lng - cell / 2], [high.lat + cell / 2, high.lng + cell / 2]) };
  }

  const corners = (box) => [box.getSouthWest(), box.getNorthWest(), box.getNorthEast(), box.getSouthEast()];
  const column = (heading, unit, kind, value, text) => ({ title: heading, unit, kind, value, text });
  const area = (value) => column('Land', 'km\u00b2', 'number', value, (row) => geo.write('limit', value(row)));

  function ofClasses(surface) {
    const covered = land(surface);
    const level = (row) => row + 1;
    return { caption: title(surface) + ', land of each class', rows: covered.map((_, row) => row),
      columns: [column(perArea(surface) ? 'Density' : 'Rate', surface.unit, 'number', level,
        (row) => range(surface, row + 1)), area((row) => covered[row])], sort: { column: 0, down: true } };
  }

  function ofPeaks(surface, page) {
    const found = peaks(surface).sort((one, other) => other.level - one.level || other.land - one.land);
    found.forEach((each) => { each.name = page.where.near(each.spot); });
    const said = (row) => range(surface, found[row].level);
    const covered = (row) => geo.write('limit', found[row].land) + ' km\u00b2';
    const caption = title(surface) + ', where it is highest';
    const pick = (row) => ({ title: found[row].name, kind: caption, lines: [said(row) + ' ' + surface.unit
      + ', on ' + covered(row) + '.', 'Round about it the rate is lower.'], spot: found[row].spot,
    bounds: found[row].bounds, ring: () => geo.chosenLayer(corners(found[row].bounds)), compares: { word: 'peak', name: found[row].name,
      figures: [[surface.unit, said(row)], ['Land', covered(row)]] } });
    return { caption, rows: found.map((_, row) => row), spot: (row) => found[row].spot, middle: true, pick,
      columns: [column('Place', '', 'text', (row) => geo.placeFirst(found[row].name), (row) => found[row].name),
        column(perArea(surface) ? 'Density' : 'Rate', surface.unit, 'number', (row) => found[row].level, said),
        area((row) => found[row].land)], sort: { column: 1, down: true },
      note: 'Patches of one class that touch no higher one. They are as coarse as the surface, and say '
        + 'no more than its colours do.' };
  }

  const made = new Map();

  function tables(surface, page) {
    if (!surface || !surface.breaks.length) return [];
    if (!made.has(surface)) made.set(surface, [ofPeaks(surface, page), ofClasses(surface)]);
    return made.get(surface);
  }

  const asks = (surface) => (perArea(surface) ? 'Where do clients live close together?'
    : 'Where is need high, whatever the boundaries?');
  const GROUP = 'Heat surfaces';
  const PALE = 0.6;

  /* One for each list, where a reader cannot choose whose figures a map shows. */
  const each = (surface, page) => ({ label: title(surface), asks: asks(surface), group: GROUP,
    level: 'heat', pales: PALE, make: (pane) => picture(surface, pane), key: () => key(surface),
    tables: () => tables(surface, page) });

  const none = (name) => geo.el('div', { class: 'key-part' }, geo.el('h3', {}, 'Heat surface'),
    geo.el('p', { class: 'hint' }, 'There is none of ' + name + '.'));

  /* One that is of the list that a map shows: beside another list, each map has its own. */
  function following(surfaces, page) {
    const of = (name) => surfaces.find((surface) => surface.name === name);
    return { label: 'Heat surface', asks: asks(surfaces[0]) + ' Of the list that the map shows, or another.',
      group: GROUP, level: 'heat', pales: PALE, follows: true, lists: surfaces.map(({ name }) => name),
      tables: (name) => tables(of(name), page),
      make: (pane, map, name) => (of(name) ? picture(of(name), pane) : null),
      key: (name) => (of(name) ? key(of(name)) : none(name)) };
  }

  geo.layers.register({
    block: 'surfaces',
    entries: (surfaces, page) => (page.model.shaded.length ? [following(surfaces, page)]
      : surfaces.map((surface) => each(surface, page))),
  });
}(window.geodemand = window.geodemand || {}));
