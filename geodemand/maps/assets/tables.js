/* The figures of all areas beside the map: the highest of them, and the table. */
(function (geo) {
  'use strict';

  const el = geo.el;
  const byId = (id) => document.getElementById(id);
  const TOPS = [5, 10, 20];

  const number = (title, unit, style, get, more) => Object.assign({ title, unit, kind: 'number',
    value: get, text: (item) => geo.write(style, get(item), (more || {}).digits) }, more);

  /* Without what binary fractions add. */
  const exactly = (figure) => Number(figure.toPrecision(12));

  /* ``page``: {model, state, choose(place, add, zoom)}. Returns {draw, mark, shown}. */
  geo.makeTables = function (page) {
    const { model, state } = page;
    const g = () => state.geography;
    const known = () => model.geographies[g()];
    const use = (area) => page.choose({ geography: g(), area }, false, true);
    const table = model.shaded.length ? geo.table(byId('figures-table'), use) : null;

    const areas = () => known().codes.map((_, area) => area).filter((area) => (
      model.filters[state.filter].keeps(g(), state.sides[0].subject, area)));

    /* A column for a measure of a subject. ``now``: it is what a map shows. */
    function column(subject, key, now, name) {
      const measure = model.measure(key);
      const view = model.figure(g(), subject, key);
      const get = (area) => model.value(g(), subject, key, area);
      if (view.kinds) {
        return { title: measure.title, unit: name || measure.unit, kind: 'text', now, key,
          value: (area) => view.kinds[get(area)] || '', text: (area) => view.kinds[get(area)] || '\u2013' };
      }
      return number(measure.title, name || measure.unit, measure.style, get,
        { now, key, digits: model.digits(g(), subject, key) });
    }

    function columns() {
      const { subject, measure } = state.sides[0];
      const found = [{ title: known().title, kind: 'text', value: (area) => known().names[area],
        text: (area) => known().names[area] }];
      const facts = model.shaded[g()];
      for (const [name, title] of [['postcodes', 'Postcodes'], ['residents', 'Residents']]) {
        if ((facts[name] || []).some((each) => !geo.missing(each))) {
          found.push(number(title, '', 'count', (area) => facts[name][area]));
        }
      }
      if (state.two) return [...found, ...bothSides()];
      const told = [model.measure('clients'), ...model.measures(g(), subject)].filter((each, place) => (
        each.key !== 'none' && (!place || each.key !== 'clients')
        && model.figure(g(), subject, each.key)));
      for (const each of told) {
        found.push(column(subject, each.key, each.key === measure, each.key === 'clients'
          ? model.subjects[subject].full : ''));
        const ranged = each.key === 'index' || each.key === measure;
        if (ranged && model.figure(g(), subject, each.key).low) found.push(ranges(subject, each));
      }
      return found;
    }

    const ranges = (subject, { key, title }) => ({ title: title + ', likely range', unit: '95 in 100',
      kind: 'number', ranged: true, value: (area) => model.ends(g(), subject, key, area)[0],
      text: (area) => model.range(g(), subject, key, area) || '\u2013' });

    /* What each of two maps shows, and how far apart they are where they show the same measure. */
    function bothSides() {
      const shown = state.sides.filter(({ subject, measure }) => model.figure(g(), subject, measure));
      const found = shown.map(({ subject, measure }, place) => column(subject, measure, true,
        (place ? 'Right: ' : 'Left: ') + model.subjects[subject].full));
      const [one, other] = found;
      if (!other || one.key !== other.key || one.kind === 'text') return found;
      const off = (area) => (typeof one.value(area) === 'number' && typeof other.value(area) === 'number'
        ? exactly(other.value(area) - one.value(area)) : [one, other].map((each) => each.value(area))
          .find(geo.hidden) || null);
      return [...found, number('Difference', 'right less left', model.measure(one.key).style, off,
        { digits: Math.max(one.digits || 0, other.digits || 0) })];
    }

    function draw() {
      if (!table) { byId('figures').hidden = true; return; }
      const all = columns();
      const by = all.findIndex((each) => each.now);
      const rows = areas();
      byId('figures-intro').textContent = 'c = withheld to protect people; \u2013 = no figure. '
        + 'Choose a name to see it on the map; the arrow keys move from row to row.';
      table.show({ columns: all, rows, caption: caption(), sort: { column: Math.max(by, 0),
        down: by > 0 && all[by].kind !== 'text' } });
      mark();
      top();
    }

    function caption() {
      const named = state.sides.slice(0, state.two ? 2 : 1).map(({ subject }) => (
        model.subjects[subject].full));
      const said = [...new Set(named)].join(' and ');
      return said + ' by ' + known().title
        + (state.filter ? ': ' + model.filters[state.filter].title.toLowerCase() : '');
    }

    function mark() {
      if (table) table.mark((area) => state.pinned.includes(area));
      for (const each of byId('top').querySelectorAll('button[data-area]')) {
        const pinned = state.pinned.includes(Number(each.dataset.area));
        if (pinned) each.setAttribute('aria-current', 'true');
        else each.removeAttribute('aria-current');
      }
    }

    /* The areas with the highest figures, with the whole area to measure them by. */
    function top() {
      const { subject, measure } = state.sides[0];
      const view = model.figure(g(), subject, measure);
      byId('top').hidden = !view || Boolean(view.kinds);
      if (byId('top').hidden) { byId('top').replaceChildren(); return; }
      const figures = areas().filter((area) => typeof view.values[area] === 'number')
        .sort((one, other) => view.values[other] - view.values[one]
          || geo.compare(known().names[one], known().names[other])).slice(0, state.top);
      const write = (figure) => geo.write(model.measure(measure).style, figure, view.digits);
      const whole = measure === 'share' || measure === 'clients' ? null
        : model.whole(g(), subject, measure);
      const highest = Math.max(...figures.map((area) => view.values[area]), whole || 0) || 1;
      const line = (name, figure) => [name, el('span', { class: 'figure' }, write(figure)),
        geo.bar(figure / highest)];
      const rows = figures.map((area) => el('li', {}, geo.button('', { 'data-area': String(area) },
        () => use(area))));
      rows.forEach((row, place) => row.firstChild.append(...line(el('span', {},
        known().names[figures[place]]), view.values[figures[place]])));
      geo.fill(byId('top'), el('h2', {}, 'Highest: ' + model.measure(measure).title + ', '
        + model.subjects[subject].full),
      geo.select('top-most', 'How many', TOPS.map(String), TOPS.indexOf(state.top),
        (place) => { state.top = TOPS[place]; top(); mark(); }),
      figures.length ? el('ol', { class: 'ranking' }, ...rows)
        : el('p', { class: 'hint' }, 'No area has a figure.'),
      typeof whole === 'number' ? el('p', { class: 'ranking whole' }, ...line(el('span', {},
        'Whole area'), whole).slice(0, figures.length ? 3 : 2)) : null);
    }

    /* What the table shows, as rows of cells for a file. */
    function shown() {
      const all = table.columns();
      const title = (each) => [each.title, each.unit].filter(Boolean).join(', ');
      const cell = (each, area) => {
        const found = each.value(area);
        return each.ranged ? each.text(area) : geo.missing(found) ? '' : found;
      };
      return [['Code', ...all.map(title)], ...table.ordered().map((area) => [known().codes[area],
        ...all.map((each) => cell(each, area))])];
    }

    return { draw, mark, shown, caption, count: () => (table ? areas().length : 0) };
  };
}(window.geodemand = window.geodemand || {}));
