/* Hubs and other services, and the names of places. */
(function (geo) {
  'use strict';

  const FORMS = [
    'M8 1 L15 8 L8 15 L1 8 Z', 'M2 2 H14 V14 H2 Z', 'M8 1 L15 14 H1 Z', 'M8 1 A7 7 0 1 0 8 15 A7 7 0 1 0 8 1 Z',
  ];

  /* The sign of a kind of service, as an SVG element. */
  function sign(place) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    svg.setAttribute('viewBox', '-1 -1 18 18');
    svg.setAttribute('class', 'sign sign-' + (place % FORMS.length));
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', FORMS[place % FORMS.length]);
    svg.appendChild(path);
    return svg;
  }

  /* Pixels that a sign takes, and how small one may become. */
  const TAKES = 22;
  const SMALLEST = 0.5;
  /* Of how many services the distances to the next are looked at. */
  const SAMPLE = 200;

  /* How far it is, for most services, to the next one: metres. */
  function apart(sites) {
    const step = Math.max(1, Math.ceil(sites.x.length / SAMPLE));
    const nearest = [];
    for (let i = 0; i < sites.x.length; i += step) {
      let least = Infinity;
      for (let j = 0; j < sites.x.length; j += 1) {
        if (j !== i) least = Math.min(least, Math.hypot(sites.x[i] - sites.x[j], sites.y[i] - sites.y[j]));
      }
      nearest.push(least);
    }
    return nearest.sort((one, other) => one - other)[nearest.length >> 1] || Infinity;
  }

  /* Signs become smaller where they would lie upon each other. */
  const Signs = L.LayerGroup.extend({
    getEvents() { return { zoomend: this.fit }; },
    onAdd(map) { L.LayerGroup.prototype.onAdd.call(this, map); this.fit(); },
    fit() {
      const part = this.options.apart * geo.crs.scale(this._map.getZoom()) / TAKES;
      this._map.getPane(this.options.pane).style.setProperty('--sign',
        Math.max(SMALLEST, Math.min(1, part)).toFixed(2));
    },
  });

  /* Services: signs for the pointer and the eye. Keyboard and screen reader have them in a table:
     signs that lie close together are no good targets. */
  function signs(sites, place, pane, choose) {
    return new Signs(sites.names.map((name, site) => {
      const icon = L.divIcon({ html: sign(place), className: 'site', iconSize: [28, 28] });
      const marker = L.marker([sites.y[site], sites.x[site]], { icon, pane, title: name,
        keyboard: false });
      marker.on('add', () => {
        marker.getElement().setAttribute('aria-hidden', 'true');
      });
      marker.on('click', () => choose(site));
      return marker;
    }), { apart: apart(sites), pane });
  }

  function key(name, place) {
    const mark = geo.el('span', { class: 'mark', 'aria-hidden': 'true' }, sign(place));
    return geo.keyList(geo.keyLine(mark, name));
  }

  const spots = (points) => points.names.map((name, place) => ({ lines: [name], size: 12,
    at: [points.y[place], points.x[place]] }));

  /* The names of points, and in which area each lies. */
  function table(points, title) {
    if (!points.names.length) return [];
    const name = (row) => points.names[row];
    const spot = (row) => [points.y[row], points.x[row]];
    return [{ caption: points.name, rows: points.names.map((_, row) => row), spot,
      columns: [{ title, kind: 'text', value: name, text: name }],
      pick: (row) => ({ title: name(row), kind: points.name, lines: [], spot: spot(row),
        ring: () => geo.chosenLayer(null, spot(row)) }) }];
  }

  const GROUP = 'Services and places';

  function siteEntry(sites, place, page) {
    const labels = spots(sites).map((each) => Object.assign(each, { bold: true, kind: 'of-site' }));
    return { label: sites.name, asks: 'Where are services now?', group: GROUP, on: true,
      level: 'signs', key: () => key(sites.name, place), labels: () => labels,
      signs: () => labels.map((each) => each.at), tables: () => table(sites, 'Name'),
      make: (pane) => signs(sites, place, pane, (site) => page.goTo(sites.name, sites, site)) };
  }

  function placesEntry(places) {
    // The first is the county town: it has its name whatever stands there.
    const labels = spots(places).map((each, place) => (
      Object.assign(each, { kind: 'of-place', prime: place === 0, bold: place === 0 })));
    return { label: places.name, asks: 'What is this place called?', group: GROUP, on: true,
      level: 'signs', key: () => null, labels: () => labels, make: () => L.layerGroup(),
      tables: () => table(places, 'Place') };
  }

  geo.layers.register({
    block: 'sites',
    entries: ({ sites, places }, page) => [
      ...sites.map((each, place) => siteEntry(each, place, page)),
      ...(places ? [placesEntry(places)] : []),
    ],
    finds: ({ sites, places }, page) => [...sites, ...(places ? [places] : [])].flatMap((points) => (
      points.names.map((name, place) => ({ name, kind: points.name,
        go: () => page.goTo(points.name, points, place) })))),
  });
}(window.geodemand = window.geodemand || {}));
