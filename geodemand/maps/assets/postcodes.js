/* The search's postcodes: a district, a sector or a unit, each of which the map only goes to. */
(function (geo) {
  'use strict';

  const SECTOR = 676;
  const LETTERS = 26;
  const FORM = /^([A-Z]{1,2}[0-9][0-9A-Z]?)([0-9])([A-Z]{2})?$/;

  /* Where each district begins among the postcodes. */
  function read(data) {
    const sizes = geo.unpack(data.sizes);
    const start = new Map();
    let at = 0;
    data.districts.forEach((name, place) => { start.set(name, [at, at += sizes[place]]); });
    const all = (name) => geo.sums(geo.unpack(data[name]));
    return { start, inward: all('inward'), x: all('x'), y: all('y'), step: data.step,
      units: data.units };
  }

  function box(known, places) {
    const ends = (values) => [Math.min(...values) * known.step, (Math.max(...values) + 1) * known.step];
    const [west, east] = ends(places.map((place) => known.x[place]));
    const [south, north] = ends(places.map((place) => known.y[place]));
    return L.latLngBounds([south, west], [north, east]);
  }

  const range = ([from, to]) => Array.from({ length: to - from }, (_, place) => from + place);

  /* What a text may stand for: [name, kind, places]. */
  function lookUp(known, text) {
    const found = [];
    for (const [district, ends] of known.start) {
      if (district.startsWith(text)) found.push([district, 'Postcode district', () => range(ends)]);
    }
    const parts = FORM.exec(text);
    const ends = parts && known.start.get(parts[1]);
    if (!ends) return found;
    const inSector = range(ends).filter((place) => (
      Math.floor(known.inward[place] / SECTOR) === Number(parts[2])));
    if (!inSector.length) return found;
    const sector = [parts[1] + ' ' + parts[2], 'Postcode sector', () => inSector];
    if (!parts[3]) return [sector, ...found];
    const letters = [...parts[3]].map((letter) => letter.charCodeAt(0) - 65);
    const wanted = (Number(parts[2]) * LETTERS + letters[0]) * LETTERS + letters[1];
    const unit = inSector.find((place) => known.inward[place] === wanted);
    if (known.units && unit === undefined) return found;
    return known.units ? [[sector[0] + parts[3], 'Postcode', () => [unit]]] : [sector];
  }

  geo.layers.register({
    block: 'postcodes',
    entries: () => [],
    lookUp(data, page) {
      let known = null;
      return function (typed) {
        const text = typed.toUpperCase().replace(/\s+/g, '');
        if (!/^[A-Z]{1,2}[0-9]/.test(text)) return [];
        known = known || read(data);
        return lookUp(known, text).slice(0, 6).map(([name, kind, places]) => ({ name, kind,
          go: () => page.goToBox(name, box(known, places())) }));
      };
    },
  });
}(window.geodemand = window.geodemand || {}));
