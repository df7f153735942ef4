/* One sheet of A4: maps, key, what is pinned, and as many figures as there is room for. */
(function (geo) {
  'use strict';

  const MM = 96 / 25.4;
  /* The page without its margins, and a little less: printers round. */
  const HIGH = 270 * MM;
  const ROWS = { most: 10, few: 3 };
  const MAP = { most: 146, usual: 104, least: 55, step: 7 };
  const byId = (id) => document.getElementById(id);
  const fits = () => document.body.scrollHeight <= HIGH;

  /* ``sides()``: the maps that are shown. ``count()``: how many areas the table has. */
  geo.makePaper = function (sides, count) {
    let back = null;

    function rows(shown) {
      [...byId('figures-table').querySelectorAll('tbody tr')].forEach((row, place) => (
        row.classList.toggle('unprinted', place >= shown)));
      byId('figures').classList.toggle('unprinted', !shown);
      byId('figures-more').hidden = !shown || count() <= shown;
      byId('figures-more').textContent = 'The first ' + shown + ' of ' + count() + ' areas, in the '
        + 'order of the table on the page.';
    }

    const high = (mm) => document.body.style.setProperty('--paper-map', mm + 'mm');
    const small = (on) => document.body.classList.toggle('small-key', on);
    const short = (on) => document.body.classList.toggle('short-paper', on);

    /* What gives way, first to last: a map larger than it need be, rows of the table, more of the
       map, the table, the size of the key, the words on
       rules. */
    function* steps() {
      for (let mm = MAP.most; mm >= MAP.usual; mm -= MAP.step) yield () => high(mm);
      for (let shown = ROWS.most; shown >= ROWS.few; shown -= 1) yield () => rows(shown);
      for (let mm = MAP.usual; mm >= MAP.least; mm -= MAP.step) yield () => high(mm);
      yield () => rows(0);
      yield () => small(true);
      yield () => short(true);
    }

    function lay() {
      if (back) return;
      // All before any: two maps follow each other.
      const seen = sides().map((side) => side.look());
      document.body.classList.add('printing');
      rows(ROWS.most);
      for (const step of steps()) {
        step();
        if (fits()) break;
      }
      back = sides().map((side, place) => side.toPaper(seen[place]));
    }

    function take() {
      document.body.classList.remove('printing');
      small(false);
      short(false);
      rows(Infinity);
      // The screen's layout is back only with the next frame.
      requestAnimationFrame(() => {
        (back || []).forEach((each) => each());
        back = null;
      });
    }

    window.addEventListener('beforeprint', lay);
    window.addEventListener('afterprint', take);
    return { busy: () => Boolean(back) };
  };
}(window.geodemand = window.geodemand || {}));
