/* Reads the page's data, draws the sheet, and keeps map, key, card and tables in step. */
(function (geo) {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const words = geo.data('words');
  const geographies = geo.data('geographies').map((each) => (
    Object.assign(each, { polygons: geo.unpackShapes(each) })));
  const { shaded: areas, subjects, measures: told, first } = geo.data('areas');
  const profile = geo.data('profile');
  const ledger = geo.data('ledger');

  const NONE = { key: 'none', title: 'No shading', unit: '', asks: 'Boundaries only.' };
  /* By what areas can be shaded: what has figures, and nothing at all. */
  const measures = [...told.filter((each) => each.shades && areas.some((area) => (
    area.figures.some((figures) => figures[each.key])))), NONE];
  const styles = Object.fromEntries(told.map((each) => [each.key, each.style]));
  const state = { geography: 0, list: 0, chosen: null,
    measure: Math.max(0, measures.findIndex((each) => each.key === first)) };
  const { map, sheet } = geo.makeMap(words);

  for (const figures of areas.flatMap((each) => each.figures)) {
    for (const each of told) {
      const found = figures[each.key];
      if (found) found.digits = geo.digits(each.style, found.values);
    }
  }
  const figures = (list) => areas[state.geography].figures[list === undefined ? state.list : list];
  const measure = () => measures[state.measure];
  /* Measures that the chosen list has: only lists together have postcodes where they meet. */
  const hasFigures = (each) => each === NONE || !areas.length || Boolean(figures()[each.key]);
  const view = () => (areas.length ? figures()[measure().key] : null);
  const value = (key, area, list) => {
    const found = figures(list)[key];
    return found ? found.values[area] : null;
  };
  const ends = (area, list) => {
    const { low, high } = figures(list).index || {};
    return low ? [low[area], high[area]] : [null, null];
  };
  const digits = (key, list) => (figures(list)[key] || {}).digits;

  /* Shaded areas ------------------------------------------------------------------------------ */

  const tip = L.tooltip({ className: 'tip', direction: 'top', offset: [0, -6], opacity: 1 });
  const shadeLayers = areas.map((_, place) => geo.areaLayer(map, geographies[place].polygons, {
    choose: (area) => choose({ geography: place, area }),
    point: (area, spot) => point(place, area, spot),
    leave: () => tip.remove(),
  }));

  function point(place, area, spot) {
    const key = measure().key;
    const figure = key === 'none' ? '' : measure().title + ': ' + geo.say(styles[key],
      value(key, area), digits(key));
    tip.setContent(geo.el('div', {}, geo.el('strong', {}, geographies[place].names[area]),
      geo.el('span', {}, figure)));
    tip.setLatLng(spot).addTo(map);
  }

  function shade() {
    shadeLayers.forEach((layer, place) => {
      if (place === state.geography) layer.addTo(map);
      else layer.remove();
    });
    if (!areas.length) return;
    shadeLayers[state.geography].polygons.forEach((polygon, area) => {
      const fate = view() ? geo.fate(view(), view().values[area]) : { kind: 'outline' };
      polygon.setStyle(geo.areaStyle(fate));
    });
  }

  /* Choosing a place -------------------------------------------------------------------------- */

  let chosenLayer = null;

  function ring(layer) {
    if (chosenLayer) chosenLayer.remove();
    chosenLayer = layer;
    if (layer) layer.addTo(map);
  }

  function choose(place, zoom) {
    if (place.geography !== state.geography) {
      state.geography = place.geography;
      drawChoices();
      update();
    }
    const shape = geographies[place.geography].polygons[place.area];
    state.chosen = place;
    ring(geo.chosenLayer(shape));
    if (zoom) {
      showCard();
      geo.fit(map, L.polygon(shape).getBounds().pad(0.25), true, covered());
      showMap();
    } else showCard();
    markRow();
  }

  function goTo(kind, points, place) {
    const spot = [points.y[place], points.x[place]];
    state.chosen = null;
    markRow();
    ring(geo.chosenLayer(null, spot));
    map.setView(spot, Math.max(map.getZoom(), geo.TOWN), { animate: !geo.calm });
    showMap();
    geo.card({ title: points.names[place], kind, lines: [] }, clear);
    geo.tell(points.names[place] + ' is shown on the map');
  }

  function clear() {
    state.chosen = null;
    ring(null);
    geo.card(null);
    markRow();
    map.getContainer().focus({ preventScroll: true });
  }

  /* How much of the sheet the card lies over: nothing where it stands below. */
  function covered() {
    const card = byId('card');
    const over = getComputedStyle(card).position === 'absolute';
    return over && map.getSize().x > 640 ? card.offsetWidth : 0;
  }

  const showMap = () => byId('map').scrollIntoView({ block: 'nearest',
    behavior: geo.calm ? 'auto' : 'smooth' });

  function showCard() {
    if (!state.chosen) return;
    const area = state.chosen.area;
    const known = geographies[state.geography];
    const shown = measures.filter((each) => each !== NONE && hasFigures(each));
    const heading = ['List', ...shown.map((each) => each.title.replace(' of clients', ''))];
    const rows = subjects.map(({ name }, place) => [name,
      ...shown.map((each) => figure(each.key, area, place))]);
    geo.card({ title: known.names[area], kind: known.name + ' \u00b7 ' + known.codes[area],
      lines: sentences(area), rows: [heading, ...rows] }, clear);
    geo.tell(known.names[area] + '. ' + sentences(area).join(' '));
  }

  function figure(key, area, list) {
    const text = geo.write(styles[key], value(key, area, list), digits(key, list));
    const doubt = key === 'index' ? geo.span(...ends(area, list)) : '';
    return doubt ? geo.el('span', {}, text, geo.el('span', { class: 'unit' }, doubt)) : text;
  }

  function sentences(area) {
    const list = subjects[state.list].name;
    const lines = [];
    const facts = [['residents', 'residents'], ['postcodes', 'postcodes']].filter(([key]) => (
      areas[state.geography][key] && typeof areas[state.geography][key][area] === 'number'));
    if (facts.length) {
      lines.push(facts.map(([key, name]) => (
        geo.write('count', areas[state.geography][key][area]) + ' ' + name)).join(', ') + '.');
    }
    const index = value('index', area);
    const said = geo.sayIndex(index, ...ends(area));
    if (said) lines.push(list + ': index ' + geo.write('index', index) + '. ' + said);
    else if (geo.hidden(value('clients', area))) lines.push(list + ': withheld to protect people.');
    const order = rank(area);
    if (order) lines.push(order);
    return lines;
  }

  function rank(area) {
    if (!view() || typeof view().values[area] !== 'number') return '';
    const known = view().values.filter((each) => typeof each === 'number');
    const higher = known.filter((each) => each > view().values[area]).length;
    return measure().title + ': number ' + (higher + 1) + ' of ' + known.length
      + ' areas with a figure.';
  }

  /* Layers that can be switched on ------------------------------------------------------------ */

  const page = { words, geographies, subjects, goTo };
  const extras = geo.layers.entries(page);

  function toggle(extra, on) {
    extra.on = on;
    extra.layer = extra.layer || extra.make(geo.layers.pane(map, extra), map);
    if (on) extra.layer.addTo(map);
    else extra.layer.remove();
    drawKey();
    drawLabels();
    geo.tell(extra.label + (on ? ' shown' : ' hidden'));
  }

  /* Labels ------------------------------------------------------------------------------------ */

  const ofExtras = (what) => extras.filter((each) => each.on && each[what])
    .flatMap((each) => each[what]());

  const drawLabels = geo.labels(map, () => ofExtras('signs'), function () {
    const named = areas.length ? areaLabels() : [];
    const others = ofExtras('labels');
    // Few areas come before the signs, many after: then their names are in the table.
    const rank = (label) => (label.kind === 'of-area' ? (named.length > 40 ? 2 : 0)
      : label.kind === 'of-site' ? 1 : 3);
    return [...named, ...others].sort((one, other) => rank(one) - rank(other));
  });

  function areaLabels() {
    const known = geographies[state.geography];
    const order = known.names.map((_, area) => area).sort((one, other) => (
      known.radius[other] - known.radius[one]));
    return order.map((area) => {
      const lines = [known.names[area]];
      const figure = view() ? geo.write(measure().style, view().values[area], view().digits) : '';
      const short = view() && view().values[area] > 0 ? [figure] : [];
      if (figure) lines.push(figure);
      return { lines, short, at: [known.y[area], known.x[area]], size: 13, bold: true, kind: 'of-area',
        radius: known.radius[area] };
    });
  }

  /* Panel ------------------------------------------------------------------------------------- */

  /* Another list may lack the measure that is shown. */
  function chooseList(place) {
    state.list = place;
    if (!hasFigures(measure())) state.measure = measures.findIndex(hasFigures);
    const again = document.activeElement.id;
    drawChoices();
    if (again && byId(again)) byId(again).focus();
    update();
  }

  function drawChoices() {
    const set = (name) => (place) => { state[name] = place; update(); };
    const parts = [];
    if (areas.length > 1) {
      parts.push(geo.oneOf('Areas', areas.map((_, place) => ({ label: geographies[place].name })),
        state.geography, (place) => { state.chosen = null; ring(null); geo.card(null);
          set('geography')(place); }));
    }
    if (subjects.length > 1) {
      parts.push(geo.oneOf('Client list', subjects.map(({ name }) => ({ label: name })), state.list,
        chooseList));
    }
    if (areas.length) {
      const known = measures.filter(hasFigures);
      parts.push(geo.oneOf('Shade areas by', known.map((each) => ({ label: each.title,
        hint: each.asks })), known.indexOf(measure()), (place) => set('measure')(
        measures.indexOf(known[place]))));
    }
    byId('shade').replaceChildren(...parts);
  }

  function drawKey() {
    const parts = extras.filter((each) => each.on).map((each) => each.key()).filter(Boolean);
    if (view()) parts.unshift(geo.shadeKey(measure(), view(), words, subjects[state.list].name));
    byId('key-body').replaceChildren(...parts);
    byId('key').hidden = !parts.length;
  }

  function searchEntries() {
    const found = [];
    areas.forEach((_, geography) => geographies[geography].names.forEach((name, area) => found.push({
      name, code: geographies[geography].codes[area], kind: geographies[geography].name,
      go: () => choose({ geography, area }, true) })));
    return [...found, ...geo.layers.finds(page)];
  }

  /* Tables ------------------------------------------------------------------------------------ */

  const areaTable = areas.length
    && geo.table(byId('figures-table'), (area) => choose({ geography: state.geography, area }, true));
  const number = (title, unit, style, get, now, most) => ({ title, unit, kind: 'number', now,
    value: get, text: (item) => geo.write(style, get(item), most) });

  function areaColumns() {
    const columns = [{ title: geographies[state.geography].name, kind: 'text',
      value: (area) => geographies[state.geography].names[area],
      text: (area) => geographies[state.geography].names[area] }];
    const facts = areas[state.geography];
    if (facts.postcodes) columns.push(number('Postcodes', '', 'count', (i) => facts.postcodes[i]));
    if (facts.residents) columns.push(number('Residents', '', 'count', (i) => facts.residents[i]));
    for (const each of measures.filter((one) => one !== NONE && hasFigures(one))) {
      columns.push(Object.assign(number(each.title, each.unit || subjects[state.list].name, each.style,
        (i) => value(each.key, i), each === measure(), digits(each.key)), { key: each.key }));
    }
    if ((figures().index || {}).low) {
      columns.push({ title: 'Index, likely range', unit: '95 in 100', kind: 'number',
        value: (i) => ends(i)[0],
        text: (i) => geo.span(...ends(i)) || '\u2013' });
    }
    return columns;
  }

  function drawAreaTable() {
    if (!areaTable) { byId('figures').hidden = true; return; }
    const columns = areaColumns();
    const by = columns.findIndex((each) => each.key === measure().key);
    const name = geographies[state.geography].name;
    const count = geographies[state.geography].names.length;
    byId('figures-intro').textContent = 'c = withheld to protect people; \u2013 = no figure. '
      + 'Choose a name to see it on the map; the arrow keys move from row to row.';
    areaTable.show({ columns, rows: geographies[state.geography].names.map((_, area) => area),
      caption: subjects[state.list].name + ' by ' + name,
      sort: { column: Math.max(by, 0), down: by > 0 } });
    byId('figures-more').textContent = count > 10 ? 'The first 10 of ' + count + ' areas, in the '
      + 'order of the table on the page.' : '';
    byId('figures-more').hidden = count <= 10;
    markRow();
  }

  function markRow() {
    if (areaTable) areaTable.mark((area) => Boolean(state.chosen) && state.chosen.area === area);
  }

  const profileTable = profile && geo.table(byId('profile-table'), null);
  const several = (name) => (profile && profile[name] ? [...new Set(profile[name])] : []);
  const picked = { level: 0, base: 0 };

  function drawProfile() {
    if (!profile) return;
    byId('profile').hidden = false;
    const levels = several('level');
    const bases = several('base');
    const choices = [['Level', levels, 'level'], ['Compared with', bases, 'base']]
      .filter(([, options]) => options.length > 1).map(([title, options, name]) => geo.select(title,
        options.map(sentence), picked[name], (place) => { picked[name] = place; drawProfile(); }));
    if (!byId('profile-choices').children.length) byId('profile-choices').replaceChildren(...choices);
    const rows = profile.list.map((_, row) => row).filter((row) => profile.list[row] === state.list
      && (!profile.level || profile.level[row] === levels[picked.level])
      && (!profile.base || profile.base[row] === bases[picked.base]));
    profileTable.show({ columns: profileColumns(rows), rows, sort: { column: 0, down: false },
      caption: words.lists[state.list] + ' by kind of neighbourhood' });
  }

  function profileColumns(rows) {
    const at = (name) => (row) => (profile[name] ? profile[name][row] : null);
    const most = (name) => geo.digits('share', rows.map(at(name)));
    const name = (row) => [profile.segment[row], profile.name[row]].filter((text, place, both) => (
      text && (place || text !== both[1]))).join(' ');
    const columns = [{ title: 'Kind of neighbourhood', kind: 'text', value: at('segment'),
      text: name }, number('Clients', '', 'count', at('clients')),
    number('Share of clients', '', 'share', at('share'), false, most('share')),
    number('Share of all', several('base')[picked.base] || '', 'share', at('base_share'), false,
      most('base_share')),
    number('Index', '100 = as expected', 'index', at('index'))];
    if (profile.index_low) {
      columns.push({ title: 'Index, likely range', unit: '95 in 100', kind: 'number',
        value: at('index_low'),
        text: (row) => geo.span(at('index_low')(row), at('index_high')(row)) || '\u2013' });
    }
    if (rows.some(at('flag'))) {
      columns.push({ title: 'Note', kind: 'text', value: (row) => at('flag')(row) || '',
        text: (row) => at('flag')(row) || '' });
    }
    return columns;
  }

  const sentence = (text) => String(text).charAt(0).toUpperCase()
    + String(text).slice(1).replace(/_/g, ' ');

  function drawLedger() {
    if (!ledger) return;
    const columns = ledger.headings.map((heading, place) => {
      const isText = ledger.columns[place].every((each) => typeof each !== 'number'
        && each !== geo.WITHHELD);
      const get = (row) => ledger.columns[place][row];
      return { title: sentence(heading), kind: isText ? 'text' : 'number', value: get,
        text: (row) => geo.write('', get(row)) };
    });
    geo.table(byId('ledger-table'), null).show({ columns, sort: { column: 0, down: false },
      rows: ledger.columns[0].map((_, row) => row),
      caption: 'Every row of each list: placed, or why not' });
  }

  /* Words ------------------------------------------------------------------------------------- */

  function placedRates() {
    if (!ledger) return [];
    const lists = ledger.columns[ledger.headings.indexOf('list')];
    return ledger.placed.map((rate, row) => (rate
      ? lists[row] + (rate.least ? ' at least ' : ' ') + geo.write('share', rate.share) : null))
      .filter(Boolean);
  }

  function drawWords() {
    document.title = words.title || 'Map';
    for (const name of ['title', 'subtitle', 'note']) {
      byId(name).textContent = words[name];
      byId(name).hidden = !words[name];
    }
    for (const banner of document.querySelectorAll('.marking')) {
      banner.textContent = words.markings.join(' \u00b7 ');
      banner.hidden = !words.markings.length;
    }
    const rates = placedRates();
    byId('credit').textContent = [words.source && 'Source: ' + words.source,
      rates.length && 'Rows placed: ' + rates.join(', '),
      'Protected under: ' + words.policy.title].filter(Boolean).map(stopped).join(' ');
    drawAbout();
  }

  const stopped = (text) => (/[.!?]$/.test(text) ? text : text + '.');

  function drawAbout() {
    const { policy } = words;
    const lines = [policy.title, policy.explanation, policy.reason
      && 'Exact figures were asked for because: ' + policy.reason].filter(Boolean);
    const reading = ['c: withheld to protect people. 0: no client at all. \u2013: no figure can be '
      + 'formed, for example because the residents of an area are not known.',
    'Index: 100 is what the whole area would suggest; 200 is twice as many. Its likely range says '
      + 'how far chance could have moved it.',
    'Boundaries are simplified for drawing: lines lie within about ' + geo.number(Math.max(0,
      ...geographies.map((each) => each.tolerance)), 0) + ' m of the true ones. The figures were '
      + 'made with the true ones.'];
    const section = (title, texts) => [geo.el('h3', {}, title), ...texts.map((text) => (
      geo.el('p', {}, stopped(text))))];
    const parts = [['How people are protected', lines], ['What was found', words.sentences],
      ['How to read the figures', reading], ['Source', [words.source].filter(Boolean)]];
    byId('about-body').replaceChildren(...parts.filter(([, texts]) => texts.length)
      .flatMap(([title, texts]) => section(title, texts)));
  }

  /* In step ----------------------------------------------------------------------------------- */

  function update() {
    shade();
    drawKey();
    drawAreaTable();
    drawProfile();
    drawLabels();
    showCard();
    tip.remove();
  }

  /* Out as far as the whole sheet and a little more, whatever the size of the window. */
  const limitZoom = () => map.setMinZoom(Math.max(0, map.getBoundsZoom(sheet) - 2));

  /* A printed page has another shape: fit the sheet to it, and put back what was seen after. */
  let seen = null;
  window.addEventListener('beforeprint', () => {
    seen = seen || { centre: map.getCenter(), zoom: map.getZoom() };
    document.body.classList.add('printing');
    map.stop();
    map.setMaxBounds(null);
    map.setMinZoom(0);
    map.invalidateSize({ animate: false, pan: false });
    geo.fit(map, sheet, false);
  });
  window.addEventListener('afterprint', () => {
    document.body.classList.remove('printing');
    // The screen's layout is back only with the next frame.
    requestAnimationFrame(() => {
      map.invalidateSize({ animate: false, pan: false });
      if (seen) map.setView(seen.centre, seen.zoom, { animate: false });
      seen = null;
      limitZoom();
      map.setMaxBounds(geo.around(sheet));
    });
  });
  new ResizeObserver(() => {
    if (seen) return;
    map.setMinZoom(0);
    map.invalidateSize({ animate: false });
    limitZoom();
  }).observe(byId('map'));

  /* Head, map and source line fill the window: the sheet is as high as they leave. */
  function fillWindow() {
    const taken = document.querySelector('.top').offsetHeight + byId('credit').offsetHeight;
    document.documentElement.style.setProperty('--taken', taken + 'px');
  }
  window.addEventListener('resize', fillWindow);

  drawWords();
  fillWindow();
  map.invalidateSize({ animate: false });
  geo.fit(map, sheet, false);
  drawLedger();
  geo.search(byId('find'), searchEntries());
  drawChoices();
  byId('extras').replaceChildren(geo.anyOf('Also show', extras.map((extra) => ({
    label: extra.label, hint: extra.asks, on: Boolean(extra.on),
    toggle: (on) => toggle(extra, on) }))));
  update();
  for (const extra of extras.filter((each) => each.on)) toggle(extra, true);
  document.documentElement.dataset.ready = 'true';
}(window.geodemand));
