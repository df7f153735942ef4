/* Where boundaries differ: every piece on the map, and a way to step from one to the next. */
(function (geo) {
  'use strict';

  const el = geo.el;
  /* Told apart by line and filling, not by colour alone. */
  const LOOKS = {
    real: { color: '#7a1f6e', weight: 3, fillColor: '#7a1f6e', fillOpacity: 0.35 },
    'sliver with clients': { color: '#b34700', weight: 2.5, dashArray: '6 3', fillColor: '#b34700',
      fillOpacity: 0.15 },
    sliver: { color: '#0b5fa5', weight: 1.5, dashArray: '1 3', fillOpacity: 0 },
  };
  const SAID = { real: 'Real mismatch', 'sliver with clients': 'Sliver with clients',
    sliver: 'Sliver of drawing' };
  const A = { color: '#1b2530', weight: 2 };
  const B = { color: '#a3195b', weight: 2, dashArray: '7 4' };
  const kinds = Object.keys(LOOKS);

  const title = (data, row) => data.unit_a[row] + ' and ' + data.unit_b[row];
  const pair = (data, row) => data.a[row] + ' and ' + data.b[row];
  const bounds = (data, row) => L.latLngBounds([data.south[row], data.west[row]],
    [data.north[row], data.east[row]]);

  function draw(shapes, data, rows, pane) {
    const renderer = L.svg({ pane, padding: 0.3 });
    return L.layerGroup(rows.map((row) => L.polygon(shapes[row], Object.assign({ pane, renderer,
      interactive: false, fill: true }, LOOKS[data.kind[row]]))));
  }

  function lines(page, name, look, pane) {
    const known = page.geographies.find((each) => each.name === name);
    const options = Object.assign({ pane, fill: false, interactive: false,
      renderer: L.svg({ pane, padding: 0.3 }) }, look);
    return L.layerGroup(known.polygons.map((shape) => L.polygon(shape, options)));
  }

  function sentences(data, row) {
    const found = ['In ' + data.unit_a[row] + ' (' + data.a[row] + ') and ' + data.unit_b[row] + ' ('
      + data.b[row] + ').'];
    const pieces = data.pieces[row] > 1 ? geo.plural(data.pieces[row], 'piece') + ', ' : '';
    found.push(pieces + geo.number(data.hectares[row], data.hectares[row] < 10 ? 2 : 0)
      + ' hectares, at most ' + geo.number(data.width_m[row], data.width_m[row] < 10 ? 1 : 0)
      + ' m wide.');
    if (data.near && data.near[row]) found.push('Nearest place: ' + data.near[row] + '.');
    return found;
  }

  /* The part of the page that steps: choices, buttons, and the list of all. */
  function stepper(map, page, data, shapes, pane) {
    /* The first pair with a real mismatch, where there is one. */
    const state = { pair: pair(data, Math.max(0, data.kind.indexOf('real'))), kind: '', row: null };
    const pairs = [...new Set(data.a.map((_, row) => pair(data, row)))];
    let shown = null;
    const rank = (row) => kinds.indexOf(data.kind[row]);
    const rows = () => data.a.map((_, row) => row).filter((row) => pair(data, row) === state.pair
      && (!state.kind || data.kind[row] === state.kind)).sort((one, other) => rank(one) - rank(other)
      || one - other);
    const place = el('p', { class: 'hint', id: 'step-place' });
    const button = (text, label, by) => {
      const made = el('button', { type: 'button', class: 'step', 'aria-label': label }, text);
      made.addEventListener('click', () => move(by));
      return made;
    };
    const buttons = [button('\u25c2 Previous', 'Previous mismatch', -1),
      button('Next \u25b8', 'Next mismatch', 1)];
    const bar = el('div', { class: 'steps', role: 'group', 'aria-label': 'Step through mismatches' },
      ...buttons);
    const choices = el('div', {});
    const drawn = L.layerGroup();

    function choosePair(index) {
      state.pair = pairs[index];
      state.kind = '';
      refresh();
    }

    function refresh() {
      state.row = null;
      if (shown) shown.remove();
      shown = null;
      page.tell(null);
      choose();
      list();
      say();
      const own = rows();
      drawn.clearLayers();
      if (!own.length) return;
      drawn.addLayer(lines(page, data.a[own[0]], A, pane));
      drawn.addLayer(lines(page, data.b[own[0]], B, pane));
      drawn.addLayer(draw(shapes, data, own, pane));
    }

    function choose() {
      const held = kinds.filter((kind) => data.kind.some((each, row) => (
        each === kind && pair(data, row) === state.pair)));
      const options = ['', ...held];
      choices.replaceChildren(
        ...(pairs.length > 1 ? [geo.select('steps-pair', 'Boundaries', pairs, pairs.indexOf(state.pair),
          choosePair)] : []),
        geo.select('steps-kind', 'Kind of mismatch', options.map((kind) => SAID[kind] || 'All kinds'),
          options.indexOf(state.kind), (index) => { state.kind = options[index]; refresh(); }));
    }

    function say() {
      const own = rows();
      const at = own.indexOf(state.row);
      const more = data.all > data.a.length ? ' The first ' + geo.number(data.a.length, 0) + ' of '
        + geo.number(data.all, 0) + ' are on this page.' : '';
      place.textContent = (at < 0 ? geo.number(own.length, 0) + (own.length === 1 ? ' mismatch' : ' mismatches') + ' to step through.'
        : geo.number(at + 1, 0) + ' of ' + geo.number(own.length, 0) + ': ' + title(data, state.row)
        + '.') + more;
      buttons[0].disabled = !own.length;
      buttons[1].disabled = !own.length;
    }

    function move(by) {
      const own = rows();
      if (!own.length) return;
      const at = own.indexOf(state.row);
      go(own[at < 0 ? (by > 0 ? 0 : own.length - 1) : (at + by + own.length) % own.length]);
    }

    function go(row) {
      state.row = row;
      if (shown) shown.remove();
      shown = geo.chosenLayer(shapes[row]).addTo(map);
      const counted = data.counted.map((each) => [each.name, geo.write('count', each.values[row])]);
      page.tell({ title: title(data, row), kind: SAID[data.kind[row]] + ' \u00b7 ' + pair(data, row),
        lines: sentences(data, row), rows: [['Counted', 'In it'], ...counted] }, () => {
        state.row = null;
        if (shown) shown.remove();
        page.tell(null);
        say();
        table.mark(() => false);
        buttons[1].focus({ preventScroll: true });
      });
      geo.fit(map, bounds(data, row).pad(0.6), true);
      table.mark((item) => item === row);
      say();
      geo.tell(place.textContent + ' ' + SAID[data.kind[row]] + '. '
        + sentences(data, row).slice(1).join(' '));
    }

    bar.addEventListener('keydown', (event) => {
      const own = rows();
      const to = { ArrowRight: () => move(1), ArrowLeft: () => move(-1),
        Home: () => go(own[0]), End: () => go(own[own.length - 1]) }[event.key];
      if (!to || !own.length) return;
      event.preventDefault();
      to();
    });

    const heading = el('h2', { id: 'steps-title' }, 'Step through the differences');
    const section = el('section', { id: 'steps', 'aria-labelledby': 'steps-title' }, heading, choices,
      el('div', { class: 'stepping' }, bar, place));
    document.querySelector('.panel').prepend(section);
    const host = el('div', { id: 'steps-table' });
    const report = el('section', { class: 'report', id: 'steps-list', tabindex: '-1',
      'aria-labelledby': 'steps-list-title' },
    el('h2', { id: 'steps-list-title' }, 'Every difference'),
    el('p', { class: 'intro' }, 'c = withheld to protect people. Choose a name to see it on the map; '
      + 'the arrow keys move from row to row, and on the buttons above from one to the next.'), host);
    document.getElementById('figures').before(report);
    const skip = document.querySelector('.skip');
    skip.setAttribute('href', '#steps-list');
    skip.textContent = 'Skip the map and go to the list of differences';
    const table = geo.table(host, go);

    const words = (heading, get) => ({ title: heading, kind: 'text', value: get,
      text: (row) => get(row) || '\u2013' });
    const figure = (heading, get, style) => ({ title: heading, kind: 'number', value: get,
      text: (row) => (style === 'count' ? geo.write('count', get(row))
        : geo.missing(get(row)) ? '\u2013' : geo.number(get(row), style)) });

    function list() {
      const own = rows();
      const first = own.length ? own[0] : 0;
      const columns = [words(data.a[first], (row) => data.unit_a[row]),
        words(data.b[first], (row) => data.unit_b[row]), words('Kind', (row) => data.kind[row]),
        ...(data.near ? [words('Near', (row) => data.near[row])] : []),
        figure('Hectares', (row) => data.hectares[row], 1),
        figure('Width, m', (row) => data.width_m[row], 0),
        ...data.counted.map((each) => figure(each.name, (row) => each.values[row], 'count'))];
      table.show({ columns, rows: own, caption: state.pair, sort: { column: data.near ? 4 : 3,
        down: true } });
    }

    refresh();
    return drawn;
  }

  let made = false;

  geo.layers.register({
    block: 'steps',
    entries: (data, page) => {
      const shapes = geo.unpackShapes(data);
      const every = data.a.map((_, row) => row);
      return [{ label: 'Differences', asks: 'Where are people in one area here and another there?',
        group: 'Boundaries', on: true, level: 'lines',
        make(pane, map) {
          if (made) return draw(shapes, data, every, pane);
          made = true;
          return stepper(map, page, data, shapes, pane);
        },
        key: () => geo.keyList(...kinds.filter((kind) => data.kind.includes(kind)).map((kind) => {
          const look = LOOKS[kind];
          return geo.keyLine(geo.mark('rect', { x: 2, y: 2, width: 22, height: 14,
            fill: look.fillColor || 'none', 'fill-opacity': look.fillOpacity || 0,
            stroke: look.color, 'stroke-width': look.weight,
            'stroke-dasharray': look.dashArray || 'none' }), SAID[kind]);
        }), ...[[A, 'first'], [B, 'second']].map(([look, which]) => geo.keyLine(geo.mark('path', {
          d: 'M1 9 H25', stroke: look.color, 'stroke-width': look.weight,
          'stroke-dasharray': look.dashArray || 'none' }), 'boundaries of the ' + which))) }];
    },
  });
}(window.geodemand = window.geodemand || {}));
