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
    const more = geo.button('', { class: 'more', hidden: true }, () => { all = true; fill(); });
    host.replaceChildren(caption, frame, more);

    function show(next) {
      columns = next.columns;
      rows = next.rows;
      sort = Object.assign({}, next.sort);
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
      body.replaceChildren(...(all ? found : found.slice(0, MOST)).map(line));
      more.hidden = all || found.length <= MOST;
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
      return element;
    }
    function button(item, text, order) {
      return el('button', { type: 'button', tabindex: order ? '-1' : '0' }, text);
    }
    function mark(isMarked) {
      const first = [...body.rows].find((element) => isMarked(element.item));
      for (const element of body.rows) {
        const marked = isMarked(element.item);
        element.classList.toggle('chosen', marked);
        if (marked) {
          element.setAttribute('aria-current', 'true');
          if (element === first) frame.scrollTop = element.offsetTop - frame.clientHeight / 2;
        } else element.removeAttribute('aria-current');
      }
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
    return { show, mark, ordered, columns: () => columns };
  };
}(window.geodemand = window.geodemand || {}));
