/* Figures as words, and the class and colour of each. British numbers throughout. */
(function (geo) {
  'use strict';

  const MINUS = '\u2212';
  const DASH = '\u2013';
  /* Limits are written as they were given, without what binary fractions add. */
  const MOST_DIGITS = 6;

  function number(value, most) {
    const text = new Intl.NumberFormat('en-GB', { maximumFractionDigits: most }).format(value);
    return text.replace('-', MINUS);
  }

  /* A figure that is not nothing is not written as nothing: with one digit that says something. */
  function seen(value, text, style) {
    return value === 0 || /[1-9]/.test(text) ? text : new Intl.NumberFormat('en-GB',
      { style, maximumSignificantDigits: 1 }).format(value).replace('-', MINUS);
  }

  function percent(value, digits) {
    return new Intl.NumberFormat('en-GB', { style: 'percent', minimumFractionDigits: digits || 0,
      maximumFractionDigits: digits === undefined ? 1 : digits }).format(value);
  }

  /* Decimals by which a column of rates is read with ease: the same for all its figures. */
  geo.digits = function (style, values) {
    const known = values.filter((value) => typeof value === 'number');
    if (style === 'count' || style === 'index') return 0;
    if (style === 'share') return finest(known.map((value) => value * 100), 1);
    const highest = Math.max(0, ...known);
    return finest(known, highest >= 100 ? 0 : highest >= 10 ? 1 : 2);
  };

  /* As many decimals as some figure has, and no more than ``most``: never more than was released. */
  function finest(values, most) {
    const has = (digits) => values.some((value) => (
      Math.abs(Number(value.toFixed(digits - 1)) - value) > 1e-9));
    let digits = most;
    while (digits > 0 && !has(digits)) digits -= 1;
    return digits;
  }

  function fixed(value, digits) {
    return new Intl.NumberFormat('en-GB', { minimumFractionDigits: digits,
      maximumFractionDigits: digits }).format(value).replace('-', MINUS);
  }

  const WRITE = {
    count: (value) => number(value, 0),
    rate: (value, digits) => seen(value, digits === undefined ? number(value, 1)
      : fixed(value, digits), 'decimal'),
    share: (value, digits) => seen(value, percent(value, digits), 'percent'),
    index: (value) => number(value, 0),
    limit: (value) => seen(value, number(value, value < 1 ? 2 : 1), 'decimal'),
    q: (value) => (value < 0.001 ? 'under 0.001' : number(value, 3)),
  };

  geo.WITHHELD = 'c';
  geo.hidden = (value) => value === geo.WITHHELD;
  geo.missing = (value) => value === null || value === undefined;

  /* "c" where withheld, a dash where there is no figure. */
  geo.write = function (style, value, digits) {
    if (geo.missing(value)) return DASH;
    if (geo.hidden(value)) return geo.WITHHELD;
    return typeof value === 'number' ? (WRITE[style] || number)(value, digits)
      : String(value);
  };

  /* The same for a sentence. */
  geo.say = function (style, value, digits) {
    if (geo.missing(value)) return 'no figure';
    if (geo.hidden(value)) return 'withheld (c)';
    return geo.write(style, value, digits);
  };

  /* A range as text; ends that are written alike are no range without width. */
  geo.span = function (low, high, style, digits) {
    if (typeof low !== 'number' || typeof high !== 'number') return '';
    const [from, to] = [low, high].map((end) => geo.write(style || 'index', end, digits));
    return from === to ? 'about ' + from : from + DASH + to;
  };

  /* What an index says, doubt included. */
  geo.sayIndex = function (index, low, high) {
    if (typeof index !== 'number') return '';
    if (typeof low === 'number' && low <= 100 && high >= 100) {
      return 'The difference from the whole area could be chance.';
    }
    const far = Math.abs(index - 100);
    if (far < 0.5) return 'The same as the whole area.';
    if (index >= 200) return number(index / 100, 1) + ' times what the whole area would suggest.';
    return number(far, 0) + '% ' + (index > 100 ? 'more' : 'less')
      + ' than the whole area would suggest.';
  };

  /* How one area is drawn: withheld, none, zero, or a class. Figures of a view with ``kinds`` are
     places among these, from 0. */
  geo.fate = function (view, value) {
    if (geo.hidden(value)) return { kind: 'withheld' };
    if (typeof value !== 'number') return { kind: 'none' };
    if (view.kinds) return { kind: 'class', place: value, colour: view.colours[value] };
    if (value === 0 && !view.signed) return { kind: 'zero' };
    const place = view.breaks.filter((limit) => value >= limit).length;
    return { kind: 'class', place, colour: view.colours[place] };
  };

  /* The lowest and highest figure of each class, and how many areas are in it. */
  geo.classes = function (view) {
    const found = view.colours.map((colour) => ({ colour, low: Infinity, high: -Infinity, n: 0 }));
    for (const value of view.values) {
      const fate = geo.fate(view, value);
      if (fate.kind === 'class') {
        const one = found[fate.place];
        one.low = Math.min(one.low, value);
        one.high = Math.max(one.high, value);
        one.n += 1;
      }
    }
    return found;
  };

  geo.range = function (style, low, high, digits) {
    const from = geo.write(style, low, digits);
    const to = geo.write(style, high, digits);
    return from === to ? from : from + ' to ' + to;
  };

  /* Decimals by which no class is written to end on the figure on which the next one begins. */
  geo.apart = function (style, classes, digits) {
    const meet = (some) => classes.some(({ low }, place) => (place
      && geo.write(style, classes[place - 1].high, some) === geo.write(style, low, some)));
    return digits + [0, 1].filter((more) => meet(digits + more)).length;
  };

  const limit = (style, value) => (style === 'share' ? number(value * 100, MOST_DIGITS) + '%'
    : number(value, MOST_DIGITS));

  /* Fixed classes are the same on every map: their limits, whatever the figures. */
  geo.fixedRange = function (style, breaks, place) {
    const [low, high] = [breaks[place - 1], breaks[place]].map((each) => limit(style, each));
    if (place === 0) return 'under ' + high;
    if (place === breaks.length) return low + ' and over';
    return low + ' to under ' + high;
  };

  /* Whichever way a table is sorted: figures first, then what is withheld, then what is not known. */
  geo.lack = (value) => (typeof value === 'number' ? 0 : geo.hidden(value) ? 1 : 2);

  const COLLATOR = new Intl.Collator('en-GB', { numeric: true });
  geo.compare = function (one, other) {
    if (typeof one === 'number' && typeof other === 'number') return one - other;
    return COLLATOR.compare(String(one), String(other));
  };

  geo.plural = (count, word) => number(count, 0) + ' ' + word + (count === 1 ? '' : 's');
  geo.number = number;
}(window.geodemand = window.geodemand || {}));
