/* The pinned areas: what is known of one, and how it compares with others and with the whole. */
(function (geo) {
  'use strict';

  const el = geo.el;
  const MOST = 5;
  geo.MOST_PINNED = MOST;

  /* ``page``: {model, state, clear(), unpin(area), drop(item), add()}. Returns {draw, say}. */
  geo.makeCard = function (host, page) {
    const { model, state } = page;
    const names = () => model.geographies[state.geography].names;
    const left = () => state.sides[0];

    /* What is compared: the measure of the (left) map, or clients without any. */
    const compared = () => (left().measure === 'none' ? model.measure('clients')
      : model.measure(left().measure));
    const write = (subject, key, figure) => geo.write(model.measure(key).style, figure,
      model.digits(state.geography, subject, key));

    function draw() {
      const areas = state.pinned;
      const { points } = state;
      host.hidden = !areas.length && !points.length;
      if (host.hidden) { host.replaceChildren(); return; }
      const close = geo.button('\u00d7', { class: 'close', 'aria-label': 'Close', id: 'card-close' },
        page.clear);
      if (!areas.length) {
        geo.fill(host, ...(points.length === 1 ? told(points[0]) : beside(points)),
          points[0].compares ? choice(points, points[0].compares.word) : null, close);
        return;
      }
      const known = model.geographies[state.geography];
      const one = areas.length === 1;
      geo.fill(host,
        el('h2', {}, one ? names()[areas[0]] : geo.plural(areas.length, 'area') + ' compared'),
        el('p', { class: 'kind' }, one ? known.title + ' \u00b7 ' + known.codes[areas[0]] : known.title),
        ...(one ? sentences(areas[0]).map((text) => el('p', {}, text)) : []),
        comparison(areas), one ? details(areas[0]) : null, choice(areas, 'area'), close);
    }

    /* What is known of something that is no area: words, and rows of text, the first a heading. */
    function told({ title, kind, lines, rows }) {
      const parts = [el('h2', {}, title), el('p', { class: 'kind' }, kind),
        ...(lines || []).map((text) => el('p', {}, text))];
      if (!rows) return parts;
      const [heading, ...others] = rows;
      return [...parts, scrolling('Figures of ' + title, el('table', {}, el('thead', {}, el('tr', {},
        ...heading.map((text) => el('th', { scope: 'col' }, text)))), el('tbody', {}, ...others.map(
        (cells) => el('tr', {}, ...cells.map((text, place) => (place ? el('td', {}, geo.cell(text))
          : el('th', { scope: 'row' }, text))))))))];
    }

    /* Items of a layer beside each other: a column each, a line for each figure. */
    function beside(points) {
      const [{ table, compares: { word, figures } }] = points;
      const title = geo.plural(points.length, word) + ' compared';
      const heading = (item) => el('th', { scope: 'col' }, item.compares.name, geo.button('\u00d7',
        { class: 'remove', 'aria-label': 'Take ' + item.compares.name + ' out' }, () => page.drop(item)));
      const line = ([name], place) => el('tr', {}, el('th', { scope: 'row' }, name),
        ...points.map((item) => el('td', {}, item.compares.figures[place][1])));
      return [el('h2', {}, title), el('p', { class: 'kind' }, table), scrolling(title, el('table',
        { class: 'compare' }, el('thead', {}, el('tr', {}, el('td', {}), ...points.map(heading))),
        el('tbody', {}, ...figures.map(line))))];
    }

    function choice(chosen, word) {
      const button = geo.button('Compare with another ' + word, { 'aria-pressed': String(state.adding),
        id: 'card-add', disabled: chosen.length >= MOST }, page.add);
      const hint = !state.adding ? '' : word === 'area' ? 'Choose it on the map, in a table or by the search.'
        : 'Choose it on the map or in a table.';
      return el('p', { class: 'adding' }, button, el('span', { class: 'hint' }, ' ' + hint));
    }

    /* Pinned areas and the whole, list by list, with bars to the highest figure that the
       map has of each list: none where no area has one. */
    function comparison(areas) {
      const measure = compared();
      const lists = model.lists(left().subject).includes(left().subject)
        ? model.lists(left().subject) : [left().subject];
      const cells = (get) => lists.map((list) => [list, get(list)]);
      const rows = areas.map((area) => ({ name: names()[area], area,
        figures: cells((list) => model.value(state.geography, list, measure.key, area)) }));
      const whole = { name: 'Whole area', figures: cells((list) => (
        model.whole(state.geography, list, measure.key))) };
      const shown = measure.key === 'clients' || measure.key === 'share' ? rows : [...rows, whole];
      const highest = lists.map((list, place) => {
        const all = (model.figure(state.geography, list, measure.key) || { values: [] }).values
          .filter((each) => typeof each === 'number');
        const own = shown.map(({ figures }) => figures[place][1]).filter((each) => (
          typeof each === 'number'));
        return all.length ? Math.max(0, ...all, ...own) : 0;
      });
      const title = measure.title + (measure.unit ? ', ' + measure.unit : '');
      const line = (row) => el('tr', {}, el('th', { scope: 'row' }, row.name,
        row.area !== undefined && areas.length > 1 ? geo.button('\u00d7', { class: 'remove',
          'aria-label': 'Take ' + row.name + ' out' }, () => page.unpin(row.area)) : null),
      ...row.figures.map(([list, figure], place) => el('td', {},
        geo.cell(write(list, measure.key, figure)), typeof figure === 'number' && highest[place]
          ? geo.bar(figure / highest[place]) : null)));
      return scrolling(title, el('table', { class: 'compare' }, el('caption', {}, title),
        el('thead', {}, el('tr', {}, el('td', {}), ...lists.map((list) => (
          el('th', { scope: 'col' }, model.subjects[list].name))))),
        el('tbody', {}, ...shown.map(line))));
    }

    const scrolling = (title, table) => el('div', { class: 'scroll', role: 'region', tabindex: '0',
      'aria-label': title }, table);

    /* Every measure of one area for every list. */
    function details(area) {
      const lists = model.lists(left().subject);
      const keys = ['clients', ...model.measures(state.geography, left().subject)
        .map((each) => each.key).filter((key) => key !== 'none' && key !== 'clients'
          && lists.some((list) => model.figure(state.geography, list, key)))];
      const short = (key) => model.measure(key).title.replace(' of clients', '');
      const rows = lists.map((list) => el('tr', {}, el('th', { scope: 'row' },
        model.subjects[list].full), ...keys.map((key) => el('td', {}, ...figure(list, key, area)))));
      return el('details', { class: 'all' }, el('summary', {}, 'All figures of ' + names()[area]),
        scrolling('Figures of each list', el('table', {}, el('thead', {}, el('tr', {},
          el('th', { scope: 'col' }, 'List'), ...keys.map((key) => el('th', { scope: 'col' },
            short(key))))), el('tbody', {}, ...rows))));
    }

    function figure(list, key, area) {
      const text = geo.cell(write(list, key, model.value(state.geography, list, key, area)));
      const doubt = model.range(state.geography, list, key, area);
      return doubt ? [text, el('span', { class: 'unit' }, doubt)] : [text];
    }

    function sentences(area) {
      const { subject, measure } = left();
      const name = model.subjects[subject].full;
      const facts = ['residents', 'postcodes'].map((key) => [key,
        (model.shaded[state.geography][key] || [])[area]]).filter(([, each]) => typeof each === 'number')
        .map(([key, each]) => geo.write('count', each) + ' ' + key);
      const index = model.value(state.geography, subject, 'index', area);
      const said = geo.sayIndex(index, ...model.ends(state.geography, subject, 'index', area));
      const range = model.range(state.geography, subject, 'index', area);
      const hidden = geo.hidden(model.value(state.geography, subject, 'clients', area));
      return [facts.length ? facts.join(', ') + '.' : '',
        said ? name + ': index ' + geo.write('index', index) + (range ? ', likely range ' + range : '')
          + '. ' + said
          : hidden ? name + ': withheld (c) to protect people.' : '',
        rank(subject, measure, area)].filter(Boolean);
    }

    function rank(subject, key, area) {
      const view = model.figure(state.geography, subject, key);
      if (!view || view.kinds || typeof view.values[area] !== 'number') return '';
      const known = view.values.filter((each) => typeof each === 'number');
      const higher = known.filter((each) => each > view.values[area]).length;
      const alike = known.filter((each) => each === view.values[area]).length > 1 ? 'joint ' : '';
      return model.measure(key).title + ': ' + alike + 'number ' + (higher + 1) + ' of ' + known.length
        + ' areas with a figure.';
    }

    function say() {
      const { pinned, points } = state;
      if (points.length === 1) return [points[0].title + '.', ...(points[0].lines || [])].join(' ');
      if (points.length) return geo.plural(points.length, points[0].compares.word) + ' compared';
      return pinned.length === 1 ? names()[pinned[0]] + '. ' + sentences(pinned[0]).join(' ')
        : pinned.length + ' areas compared';
    }
    return { draw, say };
  };
}(window.geodemand = window.geodemand || {}));
