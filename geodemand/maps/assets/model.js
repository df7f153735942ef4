/* The page's figures, and what of them is chosen. No drawing here. */
(function (geo) {
  'use strict';

  const NONE = { key: 'none', title: 'No shading', unit: '', asks: 'Boundaries only.', style: '' };

  geo.makeModel = function () {
    const words = geo.data('words');
    const geographies = geo.data('geographies').map((each) => (
      Object.assign(each, { polygons: geo.unpackShapes(each) })));
    const { shaded, subjects, measures: told, first } = geo.data('areas');
    const ledger = geo.data('ledger');
    const series = [...new Set(subjects.map((each) => each.series))].map((name) => ({ name,
      members: subjects.map((_, place) => place).filter((place) => subjects[place].series === name)
        .sort((one, other) => geo.compare(subjects[one].date, subjects[other].date)) }));
    subjects.forEach((each) => { each.full = [each.name, each.day].filter(Boolean).join(', '); });
    writeAlike();

    /* The same decimals for all dates of a list. */
    function writeAlike() {
      for (const { figures } of shaded) {
        for (const { members } of series) {
          for (const each of told) {
            const some = members.map((member) => figures[member][each.key]).filter(Boolean);
            const digits = geo.digits(each.style, some.flatMap((one) => one.values));
            some.forEach((one) => { one.digits = digits; });
          }
        }
      }
    }

    const figure = (g, subject, key) => (shaded.length ? shaded[g].figures[subject][key] || null
      : null);
    const value = (g, subject, key, area) => {
      const found = figure(g, subject, key);
      return found ? found.values[area] : null;
    };
    const digits = (g, subject, key) => (figure(g, subject, key) || {}).digits;
    /* The ends of a figure's likely range; nulls where it has none. */
    const ends = (g, subject, key, area) => {
      const { low, high } = figure(g, subject, key) || {};
      return low ? [low[area], high[area]] : [null, null];
    };
    /* The range as text; '' without one. */
    const range = (g, subject, key, area) => geo.span(...ends(g, subject, key, area),
      measure(key).style, digits(g, subject, key));
    const measure = (key) => told.find((each) => each.key === key) || NONE;
    /* By what the areas of a geography can be shaded for a subject: what has figures, or nothing. */
    const measures = (g, subject) => [...told.filter((each) => each.shades
      && figure(g, subject, each.key)), NONE];

    /* The same figure of all areas together. */
    function whole(g, subject, key) {
      const found = (shaded[g].whole[subject] || {})[key];
      if (!geo.missing(found)) return found;
      if (!figure(g, subject, key) || !Object.keys(shaded[g].whole[subject] || {}).length
        && !subjects[subject].label && !words.lists.includes(subjects[subject].name)) return null;
      return { share: 1, index: 100 }[key] === undefined ? null : { share: 1, index: 100 }[key];
    }

    /* One subject of each series: the chosen one of its own, the latest of others. */
    const current = (subject) => series.map(({ members }) => (
      members.includes(subject) ? subject : members[members.length - 1]));

    const lists = (subject) => current(subject).filter((each) => (
      words.lists.includes(subjects[each].name)));

    /* Which areas a reader may keep to. */
    const filters = [
      { title: 'All areas', keeps: () => true },
      { title: 'Only areas with clients of every list', applies: () => lists(0).length > 1,
        keeps: (g, subject, area) => lists(subject).every((each) => {
          const count = value(g, each, 'clients', area);
          return geo.hidden(count) || count > 0;
        }) },
      { title: 'Only areas that are more than expected, beyond chance', applies: hasRanges,
        keeps: (g, subject, area) => ends(g, subject, 'index', area)[0] > 100 },
      { title: 'Only areas that are less than expected, beyond chance', applies: hasRanges,
        keeps: (g, subject, area) => typeof ends(g, subject, 'index', area)[1] === 'number'
          && ends(g, subject, 'index', area)[1] < 100 },
    ].filter((each) => !each.applies || each.applies());

    function hasRanges() {
      return shaded.some(({ figures }) => figures.some((each) => each.index && each.index.low));
    }

    /* Which share of a list's rows has a place, in words. */
    function placed(name) {
      if (!ledger) return '';
      const rate = ledger.placed[ledger.columns[ledger.headings.indexOf('list')].indexOf(name)];
      return rate ? (rate.least ? 'at least ' : '') + geo.write('share', rate.share) : '';
    }

    /* Under which rules the figures are shown. */
    const rules = 'Policy: ' + words.policy.title + ' (' + words.policy.name + ')';

    return { words, rules, geographies, shaded, subjects, series, ledger, told, first, filters, figure, value, digits,
      ends, range, measure, measures, whole, lists, placed };
  };
}(window.geodemand = window.geodemand || {}));
