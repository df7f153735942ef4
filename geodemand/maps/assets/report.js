/* The page's words, and the tables that stand for themselves: profile and ledger. */
(function (geo) {
  'use strict';

  const byId = (id) => document.getElementById(id);

  /* Returns {drawWords, drawShown(areas, shown), drawLedger, drawProfile(subject)}. */
  geo.makeReport = function (model) {
    const { words, ledger } = model;
    const profile = geo.data('profile');
    let list = 0;
    const number = (title, unit, style, get, now, most) => ({ title, unit, kind: 'number', now,
      value: get, text: (item) => geo.write(style, get(item), most) });

    const profileTable = profile && geo.table(byId('profile-table'), null);
    const several = (name) => (profile && profile[name] ? [...new Set(profile[name])] : []);
    const picked = { level: 0, base: 0 };

    function drawProfile(subject) {
      if (subject !== undefined) list = words.lists.indexOf((model.subjects[subject] || {}).name);
      if (!profile || list < 0) { byId('profile').hidden = true; return; }
      byId('profile').hidden = false;
      const levels = several('level');
      const bases = several('base');
      const choices = [['Level', levels, 'level'], ['Compared with', bases, 'base']]
        .filter(([, options]) => options.length > 1).map(([title, options, name]) => geo.select(
          'profile-' + name, title, options.map(sentence), picked[name],
          (place) => { picked[name] = place; drawProfile(); }));
      if (!byId('profile-choices').children.length) byId('profile-choices').replaceChildren(...choices);
      const rows = profile.list.map((_, row) => row).filter((row) => profile.list[row] === list
        && (!profile.level || profile.level[row] === levels[picked.level])
        && (!profile.base || profile.base[row] === bases[picked.base]));
      profileTable.show({ columns: profileColumns(rows), rows, sort: { column: 0, down: false },
        caption: words.lists[list] + ' by kind of neighbourhood' });
    }

    function profileColumns(rows) {
      const at = (name) => (row) => (profile[name] ? profile[name][row] : null);
      const most = (name) => geo.digits('share', rows.map(at(name)));
      const columns = [{ title: 'Kind of neighbourhood', kind: 'text', value: at('segment'),
        text: at('name') }, number('Clients', '', 'count', at('clients')),
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

    /* What became of the rows, a line for each outcome that some list has, in the order of trust;
       the others in a sentence. */
    function drawLedger() {
      if (!ledger) return;
      const names = ledger.columns[ledger.headings.indexOf('list')];
      const all = ledger.titles.map((_, place) => place).filter((place) => (
        ledger.headings[place] !== 'list'));
      const some = all.filter((place) => ledger.columns[place].some((each) => each !== 0));
      const title = (place) => sentence(ledger.titles[place]);
      const columns = [{ title: 'What became of a row', kind: 'text', value: (place) => place,
        text: title }, ...names.map((name, list) => number(name, '', 'count', (place) => (
        ledger.columns[place][list])))];
      const host = byId('ledger-table');
      geo.table(host, null).show({ columns, rows: some, sort: { column: 0, down: false },
        caption: 'Every row of each list: placed, or why not' });
      const none = all.filter((place) => !some.includes(place)).map((place) => ledger.titles[place]);
      if (none.length) host.append(geo.el('p', { class: 'hint' }, 'No row: ' + none.join('; ') + '.'));
    }

    function put(name, text) {
      byId(name).textContent = text;
      byId(name).hidden = !text;
    }

    /* Under the title: what the maps show now. ``areas``: what is shaded. ``shown``: the figures of
       each map, as {subject, measure}. */
    function drawShown(areas, shown) {
      const told = shown.map(({ subject, measure }) => {
        const { key, title, unit } = model.measure(measure);
        return key === 'none' ? title : title + ', ' + model.subjects[subject].full
          + (unit ? ': ' + unit : '');
      });
      put('subtitle', [...(told.length > 1 ? ['Left: ' + told[0], 'Right: ' + told[1]] : told),
        'By ' + areas].join(' \u00b7 '));
    }

    /* Words ------------------------------------------------------------------------------------- */

    function placedRates() {
      return words.lists.map((list) => [list, model.placed(list)]).filter(([, rate]) => rate)
        .map((parts) => parts.join(' '));
    }

    function drawWords() {
      document.title = words.title || 'Map';
      for (const name of ['title', 'subtitle', 'note']) put(name, words[name]);
      for (const banner of document.querySelectorAll('.marking')) {
        banner.textContent = words.markings.join(' \u00b7 ');
        banner.hidden = !words.markings.length;
      }
      const rates = placedRates();
      byId('credit').textContent = [words.source && 'Source: ' + words.source,
        rates.length && 'Rows placed: ' + rates.join(', '),
        model.rules].filter(Boolean).map(stopped).join(' ');
      drawAbout();
    }

    const stopped = (text) => (/[.!?]$/.test(text) ? text : text + '.');

    function drawAbout() {
      const { policy } = words;
      const lines = [model.rules, policy.explanation, policy.reason
        && 'Exact figures were asked for because: ' + policy.reason].filter(Boolean);
      const reading = ['c: withheld to protect people. 0: no client at all. \u2013: no figure can be '
        + 'formed, for example because the residents of an area are not known.',
      'A withheld figure is of so few people that somebody could be known by it. It is left out of this '
        + 'file altogether, and not only out of sight.',
      ...model.told.filter((each) => model.shaded.some(({ figures }) => figures.some((one) => (
        one[each.key])))).map((each) => [each.title, each.unit && '(' + each.unit + ')'].filter(Boolean)
        .join(' ') + ': ' + each.means),
      ...(model.subjects.some((each) => !words.lists.includes(each.name)) ? ['Lists added up (A + B): a '
        + 'person who is on both counts on each.'] : []),
      'Boundaries are simplified for drawing: lines lie within about ' + geo.number(Math.max(0,
        ...model.geographies.map((each) => each.tolerance)), 0) + ' m of the true ones. The figures were '
        + 'made with the true ones.'];
      const section = (title, texts) => [geo.el('h3', {}, title), ...texts.map((text) => (
        geo.el('p', {}, stopped(text))))];
      const parts = [['How people are protected', lines], ['What was found', words.sentences],
        ['How to read the figures', reading], ['Source', [words.source].filter(Boolean)]];
      byId('about-body').replaceChildren(...parts.filter(([, texts]) => texts.length)
        .flatMap(([title, texts]) => section(title, texts)));
    }

    return { drawWords, drawShown, drawLedger, drawProfile };
  };
}(window.geodemand = window.geodemand || {}));
