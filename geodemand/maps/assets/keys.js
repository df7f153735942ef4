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
    return el('li', {}, mark, el('span', {}, text, aside ? el('span', { class: 'hint' }, ': ' + aside)
      : null));
  };

  geo.keyList = (...lines) => el('ul', { class: 'key-list' }, ...lines);

  /* The key of the shading: classes with how many areas are in each, the three others, what the
     whole area's figure is, and whose figures these are. ``shown``: {heading, measure, view, fates,
     whole, facts, policy}. */
  geo.shadeKey = function (shown) {
    const { measure, view, fates } = shown;
    const rows = view.kinds ? kindRows(view, fates) : classRows(measure, view, fates);
    const counted = (kind) => fates.filter((fate) => fate.kind === kind).length;
    const others = [['zero', 'Zero', 'no client'], ['none', 'No figure', ''],
      ['withheld', 'Withheld (c)', withheldBecause(shown.policy)],
      ['outline', 'Left out', 'by what is kept to']].filter(([kind]) => (
      counted(kind) || (kind === 'withheld' && shown.policy.threshold > 0)));
    return el('div', { class: 'key-part' }, el('h3', {}, shown.heading,
      measure.unit ? el('span', { class: 'unit' }, measure.unit) : null),
    geo.keyList(...rows.filter(Boolean), ...others.map(([kind, text, why]) => geo.keyLine(
      geo.swatch(kind, ''), text, [why, counted(kind) ? geo.plural(counted(kind), 'area') : 'none here'].filter(Boolean)
        .join(', ')))),
    ...[shown.whole, ...shown.facts].filter(Boolean).map((text) => el('p', { class: 'hint' }, text)));
  };

  const inClass = (fates, place) => fates.filter((fate) => fate.place === place).length;

  function classRows(measure, view, fates) {
    const classes = geo.classes(view);
    const digits = geo.apart(measure.style, classes.filter((each) => each.n), view.digits);
    return classes.map((each, place) => {
      const text = measure.fixed ? geo.fixedRange(measure.style, view.breaks, place)
        : geo.range(measure.style, each.low, each.high, digits);
      return each.n || measure.fixed ? geo.keyLine(geo.swatch('class', each.colour), text,
        geo.plural(inClass(fates, place), 'area')) : null;
    });
  }

  const kindRows = (view, fates) => view.kinds.map((name, place) => geo.keyLine(
    geo.swatch('class', view.colours[place]), name, geo.plural(inClass(fates, place), 'area')));

  function withheldBecause(policy) {
    if (!policy.threshold) return 'to protect people';
    return '1 to ' + policy.threshold + ' clients, or hidden to protect others';
  }
}(window.geodemand = window.geodemand || {}));
