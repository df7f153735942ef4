/* The search. */
(function (geo) {
  'use strict';

  const el = geo.el;

  /* Search over areas, places, services and postcodes. ``entries``: {name, kind, go};
     ``lookUp(typed)``: more of these. */
  geo.search = function (host, entries, lookUp) {
    const list = el('ul', { id: 'found', role: 'listbox', 'aria-label': 'Found', hidden: true });
    const input = el('input', { id: 'search', type: 'text', role: 'combobox', autocomplete: 'off',
      spellcheck: 'false', 'aria-expanded': 'false', 'aria-controls': 'found',
      'aria-autocomplete': 'list', placeholder: 'Area, place or postcode' });
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
      let some = entries.map((entry, place) => [folded[place].indexOf(wanted), entry])
        .filter(([at]) => at >= 0).sort((one, other) => Math.sign(one[0]) - Math.sign(other[0]))
        .slice(0, 8).map(([, entry]) => entry);
      some = [...lookUp(input.value), ...some].slice(0, 9);
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
    host.replaceChildren(el('label', { for: 'search' }, 'Find an area, a place or a postcode'),
      el('div', { class: 'combobox' }, input, list));
  };

  const fold = (text) => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase();
}(window.geodemand = window.geodemand || {}));
