/* The key: what a colour, a line or a sign stands for. */
(function (geo) {
  'use strict';

  const el = geo.el;

  geo.swatch = function (kind, colour) {
    const mark = el('span', { class: 'swatch ' + kind, 'aria-hidden': 'true' });
    if (kind === 'withheld') mark.append(drawn('rect', { width: 26, height: 18, fill: 'url(#hatch)' }));
    else if (colour) mark.append(drawn('rect', { width: 26, height: 18, fill: colour }));
    return mark;
  };

  /* A small drawing for the key: it prints even where backgrounds do not. */
  function drawn(tag, attributes) {
    const space = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(space, 'svg');
    const shape = document.createElementNS(space, tag);
    svg.setAttribute('viewBox', '0 0 26 18');
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    svg.append(shape);
    return svg;
  }
  geo.drawn = drawn;

  /* A mark of the key's size, drawn. */
  geo.mark = function (tag, attributes) {
    const mark = el('span', { class: 'mark', 'aria-hidden': 'true' });
    mark.append(drawn(tag, attributes));
    return mark;
  };

  /* A line of the key. */
  geo.keyLine = function (mark, text, aside) {
    return el('li', {}, mark, el('span', {}, text, aside ? el('span', { class: 'hint' }, ' ' + aside)
      : null));
  };

  geo.keyList = (...lines) => el('ul', { class: 'key-list' }, ...lines);

  /* The key of the shading: classes with how many areas are in each, and the three others. */
  geo.shadeKey = function (measure, view, words, list) {
    const heading = el('h3', {}, measure.title + ', ' + list,
      measure.unit ? el('span', { class: 'unit' }, measure.unit) : null);
    const rows = geo.classes(view).map((each, place) => {
      const text = measure.fixed ? geo.fixedRange(view.breaks, place)
        : geo.range(measure.style, each.low, each.high, view.digits);
      return each.n || measure.fixed
        ? geo.keyLine(geo.swatch('class', each.colour), text, geo.plural(each.n, 'area')) : null;
    });
    const counted = (kind) => view.values.filter((v) => geo.fate(view, v).kind === kind).length;
    const others = [['zero', 'Zero', 'no client'], ['none', 'No figure', ''],
      ['withheld', 'Withheld (c)', withheldBecause(words.policy)]].filter(([kind]) => (
      kind !== 'withheld' || words.policy.threshold > 0 || counted(kind)));
    return el('div', { class: 'key-part' }, heading, el('ul', { class: 'key-list' },
      ...rows.filter(Boolean), ...others.map(([kind, text, why]) => geo.keyLine(geo.swatch(kind, ''), text,
        [why, geo.plural(counted(kind), 'area')].filter(Boolean).join(', ')))));
  };

  function withheldBecause(policy) {
    if (!policy.threshold) return 'to protect people';
    return '1 to ' + policy.threshold + ' clients, or too few to say';
  }
}(window.geodemand = window.geodemand || {}));
