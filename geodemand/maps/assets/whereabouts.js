/* Where a spot of the sheet is, in words: near which place, in which area, at which grid reference.
   Only from what the page has for other ends. */
(function (geo) {
  'use strict';

  const POINTS = ['north', 'north-east', 'east', 'south-east', 'south', 'south-west', 'west',
    'north-west'];
  /* A place nearer than this is where one is, metres. */
  const THERE = 500;
  const SQUARE = 100000;
  const REFERENCE_M = 100;

  /* The letters of a square of 100 km of the National Grid, and the place in it to 100 m. */
  function reference(east, north) {
    const [column, row] = [Math.floor(east / SQUARE), Math.floor(north / SQUARE)];
    const letter = (place) => String.fromCharCode(65 + place + (place > 7 ? 1 : 0));
    const first = (19 - row) - (19 - row) % 5 + Math.floor((column + 10) / 5);
    const second = ((19 - row) * 5) % 25 + column % 5;
    const digits = (metres) => String(Math.floor((metres % SQUARE) / REFERENCE_M)).padStart(3, '0');
    return letter(first) + letter(second) + ' ' + digits(east) + ' ' + digits(north);
  }

  /* Whether a spot lies within rings, [north, east] each: a line from it crosses them oddly often. */
  function within(rings, [north, east]) {
    let inside = false;
    for (const ring of rings) {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
        const [y, x] = ring[i];
        const [v, u] = ring[j];
        if ((y > north) !== (v > north) && east < (u - x) * (north - y) / (v - y) + x) inside = !inside;
      }
    }
    return inside;
  }

  /* By which such words are sorted: the place first. */
  geo.placeFirst = (words) => words.replace(/^([\d.,]+ km [a-z-]+) of (.*)$/, '$2, $1');

  const spread = (rings) => rings.flatMap((each) => (typeof each[0][0] === 'number' ? [each]
    : spread(each)));

  /* South, west, north, east. */
  function boxOf(rings) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [north, east] of rings.flat()) {
      box[0] = Math.min(box[0], north);
      box[1] = Math.min(box[1], east);
      box[2] = Math.max(box[2], north);
      box[3] = Math.max(box[3], east);
    }
    return box;
  }

  /* ``page``: {words, geographies}. Returns {near(spot), reference(spot), area(geography, spot)}; a spot
     is [north, east] in metres of the sheet. */
  geo.makeWhereabouts = function (page) {
    const { places } = geo.data('sites') || {};
    const known = new Map();

    const gridReference = ([north, east]) => reference(page.words.west + east, page.words.south + north);

    /* Such as "1.2 km north-east of Hadleigh"; without names of places its area, of the first
       geography, and grid reference. */
    function near([north, east]) {
      if (!places || !places.names.length) {
        const known = page.geographies[0];
        const own = known && known.names[area(0, [north, east])];
        return [own, gridReference([north, east])].filter(Boolean).join(', ');
      }
      let [least, found] = [Infinity, 0];
      for (let i = 0; i < places.x.length; i += 1) {
        const off = Math.hypot(places.x[i] - east, places.y[i] - north);
        if (off < least) [least, found] = [off, i];
      }
      const name = places.names[found];
      if (least < THERE) return name;
      const turn = Math.atan2(east - places.x[found], north - places.y[found]) / (2 * Math.PI);
      return geo.number(least / 1000, 1) + ' km ' + POINTS[Math.round(turn * 8 + 8) % 8] + ' of ' + name;
    }

    function boxed(geography) {
      if (!known.has(geography)) {
        known.set(geography, page.geographies[geography].polygons.map((polygon) => {
          const rings = spread(polygon);
          return { rings, box: boxOf(rings) };
        }));
      }
      return known.get(geography);
    }

    /* The area of a geography in which a spot lies, as its lines are drawn; -1 in none. */
    const area = (geography, spot) => boxed(geography).findIndex(({ rings, box }) => (
      spot[0] >= box[0] && spot[1] >= box[1] && spot[0] <= box[2] && spot[1] <= box[3]
      && within(rings, spot)));

    return { near, reference: gridReference, area };
  };
}(window.geodemand = window.geodemand || {}));
