/* Tables that sort by their headings. */
(function (geo) {
  'use strict';

  const el = geo.el;

  /* Longer tables show their first rows until all are asked for. */
  const MOST = 500;

  /* A table that sorts by its headings. Columns: {title, kind, value(row), text(row)};
     ``use(row)`` makes the first column a button. Within the body the arrow keys move, so that a
     table of 240 areas is one stop of the Tab key. */
  geo.table = function (host, use) {
    // Above the frame and not in it: a wide table scrolls, what it is called stays.
    const caption = el('h3', { class: 'caption', id: geo.id('caption') });
    const head = el('thead', {});
    const body = el('tbody', {});
    const frame = el('div', { class: 'scroll', role: 'region',
      'aria-labelledby': caption.id, tabindex: use ? null : '0' },
    el('table', { 'aria-labelledby': caption.id }, head, body));
    let columns = [];
    let rows = [];
    let sort = { column: 0, down: false };
    let all = false;
    let marked = () => false;
    let within = null;
    const more = geo.button('', { class: 'more', hidden: true }, () => { all = true; fill(); });
    host.replaceChildren(caption, frame, more);

    function show(next) {
      columns = next.columns;
      rows = next.rows;
      sort = Object.assign({}, next.sort);
      marked = () => false;
      within = null;
      caption.textContent = next.caption;
      head.replaceChildren(el('tr', {}, ...columns.map(heading)));
      fill();
    }
    function heading(column, place) {
      const button = el('button', { type: 'button' }, el('span', {}, column.title),
        column.unit ? el('span', { class: 'unit' }, column.unit) : null);
      button.addEventListener('click', () => {
        sort = { column: place, down: sort.column === place ? !sort.down : column.kind !== 'text' };
        fill();
        geo.tell('Sorted by ' + column.title + (sort.down ? ', highest first' : ', lowest first'));
      });
      return el('th', { scope: 'col', class: column.kind + (column.now ? ' now' : '') }, button);
    }
    /* All rows, in the order in which they stand. */
    function ordered() {
      const value = columns[sort.column].value;
      const sign = sort.down ? -1 : 1;
      const last = (row) => (columns[sort.column].kind === 'text' ? 0 : geo.lack(value(row)));
      return [...rows].sort((one, other) => last(one) - last(other)
        || sign * geo.compare(value(one), value(other)));
    }
    function fill() {
      const found = ordered();
      // What is chosen is there, however far down it stands.
      const shown = found.filter((row, place) => all || place < MOST || marked(row));
      body.replaceChildren(...shown.map(line));
      more.hidden = shown.length === found.length;
      more.textContent = 'Show all ' + geo.number(found.length, 0) + ' rows';
      frame.classList.toggle('empty', !found.length);
      [...head.rows[0].cells].forEach((cell, place) => {
        if (place === sort.column) {
          cell.setAttribute('aria-sort', sort.down ? 'descending' : 'ascending');
        } else cell.removeAttribute('aria-sort');
      });
    }
    function line(item, order) {
      const cells = columns.map((column, place) => {
        const text = column.text(item);
        if (place) return el('td', { class: column.kind + (column.now ? ' now' : '') }, geo.cell(text));
        return el('th', { scope: 'row', class: 'text' }, use ? button(item, text, order) : text);
      });
      const element = el('tr', {}, ...cells);
      element.item = item;
      if (use) {
        element.addEventListener('click', () => use(item));
        element.className = 'usable';
      }
      look(element);
      return element;
    }
    function button(item, text, order) {
      return el('button', { type: 'button', tabindex: order ? '-1' : '0' }, text);
    }
    /* ``isMarked``: rows of what is chosen. ``isWithin``: rows that lie in it; may be left out. */
    function mark(isMarked, isWithin) {
      marked = isMarked;
      within = isWithin || null;
      const there = new Set([...body.rows].map((element) => element.item));
      if (rows.some((row) => marked(row) && !there.has(row))) fill();
      else [...body.rows].forEach(look);
      const first = [...body.rows].find(({ item }) => marked(item))
        || [...body.rows].find(({ item }) => within && within(item));
      if (first) frame.scrollTop = first.offsetTop - frame.clientHeight / 2;
    }
    function look(element) {
      const chosen = marked(element.item);
      element.classList.toggle('chosen', chosen);
      element.classList.toggle('within', Boolean(within && within(element.item)));
      if (chosen) element.setAttribute('aria-current', 'true');
      else element.removeAttribute('aria-current');
    }
    body.addEventListener('keydown', (event) => {
      const buttons = [...body.querySelectorAll('button')];
      const at = buttons.indexOf(document.activeElement);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
      if (at < 0 || !buttons[to]) return;
      event.preventDefault();
      buttons[at].tabIndex = -1;
      buttons[to].tabIndex = 0;
      buttons[to].focus();
    });
    /* All of it as rows of cells for a file, what each column is first. */
    function written() {
      const cell = (column, row) => {
        const found = column.kind === 'text' ? column.text(row) : column.value(row);
        return geo.missing(found) ? '' : found;
      };
      return [columns.map((each) => [each.title, each.unit].filter(Boolean).join(', ')),
        ...ordered().map((row) => columns.map((each) => cell(each, row)))];
    }
    return { show, mark, ordered, written, columns: () => columns };
  };
}(window.geodemand = window.geodemand || {}));
