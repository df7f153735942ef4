/* Everything beside the sheet: search, choices, key, card, tables. All of it is built from text
   nodes: nothing that comes from data is ever read as markup. */
(function (geo) {
  'use strict';

  let ids = 0;
  geo.id = function (word) { ids += 1; return word + '-' + ids; };

  /* An element with attributes (our own names) and children (text or elements). */
  geo.el = function (tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(name, '');
      else if (value !== false && value !== null) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== ''));
    return element;
  };
  const el = geo.el;

  geo.tell = function (text) { document.getElementById('status').textContent = text; };

  /* One of several: ``options`` are {label, hint}. With hints a list, without them buttons. */
  geo.oneOf = function (title, options, chosen, choose) {
    const name = geo.id('choice');
    const hinted = options.some((option) => option.hint);
    const rows = options.map((option, place) => {
      const input = el('input', { type: 'radio', name, checked: place === chosen,
        id: geo.id('option') });
      input.addEventListener('change', () => choose(place));
      return row(input, option);
    });
    return el('fieldset', { class: hinted ? 'list' : 'pills' }, el('legend', {}, title),
      el('div', { class: 'options' }, ...rows));
  };

  /* Any of several: ``options`` are {label, hint, on, toggle}. */
  geo.anyOf = function (title, options) {
    const rows = options.map((option) => {
      const input = el('input', { type: 'checkbox', checked: option.on, id: geo.id('option') });
      input.addEventListener('change', () => option.toggle(input.checked));
      return row(input, option);
    });
    return el('fieldset', { class: 'list' }, el('legend', {}, title),
      el('div', { class: 'options' }, ...rows));
  };

  function row(input, option) {
    const hint = option.hint ? el('span', { class: 'hint', id: geo.id('hint') }, option.hint) : null;
    if (hint) input.setAttribute('aria-describedby', hint.id);
    const label = el('label', { for: input.id }, option.label);
    return el('div', { class: 'option' }, input, label, hint);
  }

  geo.select = function (title, options, chosen, choose) {
    const id = geo.id('select');
    const select = el('select', { id }, ...options.map((text, place) => (
      el('option', { value: String(place), selected: place === chosen }, text))));
    select.addEventListener('change', () => choose(Number(select.value)));
    return el('div', { class: 'select' }, el('label', { for: id }, title), select);
  };

  /* Search over areas, places and services. ``entries``: {name, kind, go}. */
  geo.search = function (host, entries) {
    const list = el('ul', { id: 'found', role: 'listbox', 'aria-label': 'Found', hidden: true });
    const input = el('input', { id: 'search', type: 'text', role: 'combobox', autocomplete: 'off',
      spellcheck: 'false', 'aria-expanded': 'false', 'aria-controls': 'found',
      'aria-autocomplete': 'list', placeholder: 'Area, town or service' });
    const folded = entries.map((entry) => fold(entry.name + ' ' + (entry.code || '')));
    let shown = [];
    let active = -1;

    function open(some) {
      shown = some;
      active = -1;
      list.replaceChildren(...some.map((entry, place) => option(entry, place)));
      list.hidden = !some.length;
      input.setAttribute('aria-expanded', String(some.length > 0));
      input.removeAttribute('aria-activedescendant');
    }
    function option(entry, place) {
      const element = el('li', { role: 'option', id: 'found-' + place, 'aria-selected': 'false' },
        el('span', {}, entry.name), el('span', { class: 'kind' }, entry.kind));
      element.addEventListener('mousedown', (event) => { event.preventDefault(); take(place); });
      return element;
    }
    function move(step) {
      if (!shown.length) { look(); return; }
      active = (active + step + shown.length) % shown.length;
      [...list.children].forEach((each, place) => (
        each.setAttribute('aria-selected', String(place === active))));
      input.setAttribute('aria-activedescendant', 'found-' + active);
      list.children[active].scrollIntoView({ block: 'nearest' });
    }
    function take(place) {
      const entry = shown[place];
      if (!entry) return;
      input.value = entry.name;
      open([]);
      entry.go();
    }
    function look() {
      const wanted = fold(input.value.trim());
      if (!wanted) { open([]); return; }
      const some = entries.map((entry, place) => [folded[place].indexOf(wanted), entry])
        .filter(([at]) => at >= 0).sort((one, other) => Math.sign(one[0]) - Math.sign(other[0]))
        .slice(0, 8).map(([, entry]) => entry);
      open(some);
      geo.tell(some.length ? geo.plural(some.length, 'match').replace('matchs', 'matches')
        : 'No match');
    }
    input.addEventListener('input', look);
    input.addEventListener('blur', () => open([]));
    input.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowDown') { event.preventDefault(); move(1); }
      else if (event.key === 'ArrowUp') { event.preventDefault(); move(-1); }
      else if (event.key === 'Enter') { event.preventDefault(); take(Math.max(active, 0)); }
      else if (event.key === 'Escape') { open([]); input.value = ''; }
    });
    host.replaceChildren(el('label', { for: 'search' }, 'Find an area or a place'),
      el('div', { class: 'combobox' }, input, list));
  };

  const fold = (text) => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase();

  /* A table that sorts by its headings. Columns: {title, kind, value(row), text(row), note(row)};
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
    host.replaceChildren(caption, frame);

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
    function fill() {
      const value = columns[sort.column].value;
      const sign = sort.down ? -1 : 1;
      const last = (row) => (columns[sort.column].kind === 'text' ? 0 : geo.lack(value(row)));
      const ordered = [...rows].sort((one, other) => last(one) - last(other)
        || sign * geo.compare(value(one), value(other)));
      body.replaceChildren(...ordered.map(line));
      [...head.rows[0].cells].forEach((cell, place) => {
        if (place === sort.column) {
          cell.setAttribute('aria-sort', sort.down ? 'descending' : 'ascending');
        } else cell.removeAttribute('aria-sort');
      });
    }
    function line(item, order) {
      const cells = columns.map((column, place) => {
        const text = column.text(item);
        if (place) return el('td', { class: column.kind + (column.now ? ' now' : '') }, ...cell(text));
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
    function cell(text) {
      if (text === geo.WITHHELD) return [el('abbr', { title: 'withheld' }, text)];
      return [String(text)];
    }
    function mark(isMarked) {
      for (const element of body.rows) {
        const marked = isMarked(element.item);
        element.classList.toggle('chosen', marked);
        if (marked) {
          element.setAttribute('aria-current', 'true');
          frame.scrollTop = element.offsetTop - frame.clientHeight / 2;
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
    return { show, mark };
  };

  /* The pinned card: what is known of a chosen place. ``rows`` of text, the first a heading. */
  geo.card = function (content, close) {
    const card = document.getElementById('card');
    if (!content) { card.hidden = true; card.replaceChildren(); return; }
    const button = el('button', { type: 'button', class: 'close', 'aria-label': 'Close' }, '\u00d7');
    button.addEventListener('click', close);
    const table = content.rows ? el('table', {}, el('thead', {}, el('tr', {},
      ...content.rows[0].map((text) => el('th', { scope: 'col' }, text)))),
    el('tbody', {}, ...content.rows.slice(1).map((cells) => el('tr', {}, ...cells.map(
      (text, place) => el(place ? 'td' : 'th', place ? {} : { scope: 'row' }, text)))))) : null;
    card.replaceChildren(el('h2', {}, content.title), el('p', { class: 'kind' }, content.kind),
      ...content.lines.map((text) => el('p', {}, text)),
      table ? el('div', { class: 'scroll', role: 'region', tabindex: '0',
        'aria-label': 'Figures of each list' }, table) : '', button);
    card.hidden = false;
  };
}(window.geodemand = window.geodemand || {}));
