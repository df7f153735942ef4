/* One map: its shaded areas, the layers that are switched on, labels, what is chosen. There are two
   of it when maps stand side by side. */
(function (geo) {
  'use strict';

  const MANY = 40;

  /* ``choice``: {subject, measure} of this map. ``page``: {model, state, choose(place, add), pick(item, add)}.
     ``extras``: the registered layers. */
  geo.makeSide = function (box, name, choice, page, extras) {
    const { model, state } = page;
    const { map, sheet } = geo.makeMap(box, model.words, name);
    const tip = L.tooltip({ className: 'tip', direction: 'top', offset: [0, -6], opacity: 1 });
    const shades = new Map();
    const layers = new Map();
    const drawn = new Map();
    let hatched = null;
    let over = null;
    let rings = [];

    const view = () => model.figure(state.geography, choice.subject, choice.measure);
    const measure = () => model.measure(choice.measure);
    /* The figure of an area in words, with its doubt. */
    function say(area) {
      if (!view()) return [];
      const figure = view().values[area];
      const range = model.range(state.geography, choice.subject, choice.measure, area);
      return [measure().title + ', ' + model.subjects[choice.subject].full + ': '
        + geo.say(measure().style, view().kinds ? view().kinds[figure] : figure, view().digits),
      range && 'Likely range (95 in 100): ' + range].filter(Boolean);
    }

    function layer(geography) {
      if (!shades.has(geography)) {
        shades.set(geography, geo.areaLayer(map, model.geographies[geography].polygons, {
          choose(area, event) {
            const { shiftKey, ctrlKey } = event.originalEvent;
            if (!onTop(event.latlng)) page.choose({ geography, area }, shiftKey || ctrlKey);
          },
          point: (area) => { over = area; },
          leave: () => { over = null; tip.remove(); },
        }));
      }
      return shades.get(geography);
    }

    /* What lies above the areas at a spot, of layers that can say it. */
    function onTop(spot) {
      const metres = 1 / geo.crs.scale(map.getZoom());
      return extras.filter((extra) => extra.on && extra.at)
        .map((extra) => extra.at([spot.lat, spot.lng], metres)).filter(Boolean).pop();
    }

    function showTip({ latlng }) {
      const found = onTop(latlng);
      const parts = over === null ? [] : [geo.el('strong', {},
        model.geographies[state.geography].names[over]), ...say(over).map((line) => geo.el('span', {}, line))];
      if (found) parts.push(geo.el('strong', {}, found.title), ...found.lines.map((line) => (
        geo.el('span', {}, line))));
      if (parts.length) tip.setContent(geo.el('div', {}, ...parts)).setLatLng(latlng).addTo(map);
      else tip.remove();
    }
    // Areas hear of the pointer first, then the map.
    map.on('mousemove', showTip);
    map.on('mouseout', () => tip.remove());
    map.on('click', ({ latlng, originalEvent: { shiftKey, ctrlKey } }) => {
      const found = onTop(latlng);
      if (found) page.pick(found, shiftKey || ctrlKey);
    });
    // By keyboard: as a click on the middle, which is marked meanwhile.
    box.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.target !== box) return;
      box.scrollIntoView({ block: 'nearest' });
      const { left, top } = box.getBoundingClientRect();
      const [clientX, clientY] = [left + box.clientWidth / 2, top + box.clientHeight / 2];
      const there = document.elementFromPoint(clientX, clientY);
      if (there && box.contains(there)) there.dispatchEvent(new MouseEvent('click', { bubbles: true,
        cancelable: true, view: window, clientX, clientY }));
    });

    /* How each area is drawn. */
    function fates() {
      const known = model.geographies[state.geography].codes.map((_, area) => area);
      const keeps = model.filters[state.filter].keeps;
      return known.map((area) => (!view() || !keeps(state.geography, choice.subject, area)
        ? { kind: 'outline' } : geo.fate(view(), view().values[area])));
    }

    function shade() {
      over = null;
      tip.remove();
      for (const [geography, each] of shades) if (geography !== state.geography) each.remove();
      if (!model.shaded.length) return;
      const found = fates();
      layer(state.geography).addTo(map).polygons.forEach((polygon, area) => (
        polygon.setStyle(geo.areaStyle(found[area]))));
      map.getPane('areas').style.opacity = state.opacity;
      hatch(found);
    }

    /* What is withheld is hatched above a heat surface too. */
    function hatch(found) {
      if (hatched) hatched.remove();
      const heat = extras.some((extra) => extra.on && extra.level === 'heat');
      const own = model.geographies[state.geography].polygons.filter((_, area) => (
        found[area].kind === 'withheld'));
      hatched = heat && own.length ? geo.hatching(own).addTo(map) : null;
    }

    const list = () => (model.subjects.length ? model.subjects[choice.subject].name : '');

    function made(extra) {
      const name = geo.layers.listOf(extra, list());
      const own = layers.get(extra) || layers.set(extra, new Map()).get(extra);
      if (!own.has(name)) own.set(name, extra.make(geo.layers.pane(map, extra), map, name));
      return own.get(name);
    }

    /* Layers that are on, as the page's switch says. */
    function showExtras() {
      for (const extra of extras) {
        geo.layers.pane(map, extra);
        const [before, now] = [drawn.get(extra), extra.on ? made(extra) : null];
        if (before && before !== now) before.remove();
        if (now) now.addTo(map);
        drawn.set(extra, now);
      }
    }

    function ring(layers) {
      rings.forEach((each) => each.remove());
      rings = layers.map((each) => each.addTo(map));
    }

    const ofExtras = (what) => extras.filter((each) => each.on && each[what])
      .flatMap((each) => each[what]());

    const labels = geo.labels(map, () => ofExtras('signs'), function () {
      const named = model.shaded.length ? areaLabels() : [];
      // Few areas come before the signs, many after: then their names are in the table.
      const order = (label) => (label.prime ? 1 : label.kind === 'of-area'
        ? (named.length > MANY ? 3 : 0) : label.kind === 'of-site' ? 2 : 4);
      return [...named, ...ofExtras('labels')].sort((one, other) => order(one) - order(other));
    });

    function areaLabels() {
      const known = model.geographies[state.geography];
      const found = fates();
      const order = known.names.map((_, area) => area).sort((one, other) => (
        known.radius[other] - known.radius[one]));
      return order.map((area) => {
        const shown = view() && found[area].kind !== 'outline' && !view().kinds;
        const figure = shown ? geo.write(measure().style, view().values[area], view().digits) : '';
        return { lines: [known.names[area], figure].filter(Boolean), size: 13, bold: true,
          short: shown && view().values[area] > 0 ? [figure] : [],
          at: [known.y[area], known.x[area]], kind: 'of-area', radius: known.radius[area] };
      });
    }

    function draw() {
      shade();
      showExtras();
      labels();
    }

    /* Out as far as the whole sheet and a little more, whatever the size of the window. */
    const limitZoom = () => map.setMinZoom(Math.max(0, map.getBoundsZoom(sheet) - 2));

    function resize() {
      map.setMinZoom(0);
      map.invalidateSize({ animate: false });
      limitZoom();
    }

    const look = () => ({ centre: map.getCenter(), zoom: map.getZoom() });

    /* Fit the sheet to paper; returns what puts back what was ``seen``. */
    function toPaper(seen) {
      map.stop();
      map.setMaxBounds(null);
      map.setMinZoom(0);
      map.invalidateSize({ animate: false, pan: false });
      geo.fit(map, sheet, false);
      return function () {
        map.invalidateSize({ animate: false, pan: false });
        map.setView(seen.centre, seen.zoom, { animate: false });
        limitZoom();
        map.setMaxBounds(geo.around(sheet));
      };
    }

    /* What the key says of this map's shading; null without any. ``facts``: whose figures. */
    function key(facts) {
      if (!view()) return null;
      const whole = model.whole(state.geography, choice.subject, choice.measure);
      return geo.shadeKey({ heading: measure().title + ', ' + model.subjects[choice.subject].full,
        measure: measure(), view: view(), fates: fates(), facts, policy: model.words.policy,
        whole: geo.missing(whole) || choice.measure === 'share' || choice.measure === 'index' ? ''
          : 'Whole area: ' + geo.say(measure().style, whole, view().digits) });
    }

    return { map, sheet, choice, name, list, draw, shade, labels, showExtras, ring, resize, look, toPaper, key,
      fates, view, measure };
  };

  /* Keep two maps at one view. */
  geo.together = function (one, other) {
    let moving = false;
    const follow = (leader, led) => () => {
      if (moving) return;
      moving = true;
      if (leader.getZoom() === led.getZoom()) {
        const off = led.latLngToContainerPoint(leader.getCenter()).subtract(
          led.getSize().divideBy(2)).round();
        if (off.x || off.y) led.panBy(off, { animate: false });
      } else led.setView(leader.getCenter(), leader.getZoom(), { animate: false });
      moving = false;
    };
    const [ahead, back] = [follow(one, other), follow(other, one)];
    one.on('move zoomend', ahead);
    other.on('move zoomend', back);
    ahead();
    return () => { one.off('move zoomend', ahead); other.off('move zoomend', back); };
  };
}(window.geodemand = window.geodemand || {}));
