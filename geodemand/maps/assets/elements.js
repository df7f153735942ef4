/* Parts of the page. All of it is built from text nodes: nothing that comes from data is ever read
   as markup. */
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

  geo.button = function (text, attributes, act) {
    const button = el('button', Object.assign({ type: 'button' }, attributes), text);
    button.addEventListener('click', act);
    return button;
  };

  /* Put new parts into a box; what was focused there stays so where its id is there again. */
  geo.fill = function (box, ...parts) {
    const active = document.activeElement;
    const id = box.contains(active) ? active.id : '';
    box.replaceChildren(...parts.filter(Boolean));
    const again = id && document.getElementById(id);
    if (again) again.focus({ preventScroll: true });
  };

  /* One of several: ``options`` are {label, hint}. With hints a list, without them buttons.
     ``name``: a word of ours, the same whenever this is built anew. */
  geo.oneOf = function (name, title, options, chosen, choose) {
    const hinted = options.some((option) => option.hint);
    const rows = options.map((option, place) => {
      const input = el('input', { type: 'radio', name, checked: place === chosen,
        id: name + '-' + place });
      input.addEventListener('change', () => choose(place));
      return row(input, option);
    });
    return el('fieldset', { class: hinted ? 'list' : 'pills' }, el('legend', {}, title),
      el('div', { class: 'options' }, ...rows));
  };

  /* Any of several under a heading that opens: ``options`` are {label, hint, on, toggle, more}.
     ``more``: an element that is there while the option is on. */
  geo.anyOf = function (title, options) {
    const rows = options.map((option) => {
      const input = el('input', { type: 'checkbox', checked: option.on, id: geo.id('option') });
      const line = row(input, option);
      const show = () => { if (option.more) option.more.hidden = !input.checked; };
      input.addEventListener('change', () => { show(); option.toggle(input.checked); });
      if (option.more) line.append(option.more);
      show();
      return line;
    });
    return el('details', { class: 'group', open: options.some((option) => option.on) },
      el('summary', {}, title), el('fieldset', { class: 'list' },
        el('legend', { class: 'unseen' }, title), el('div', { class: 'options' }, ...rows)));
  };

  function row(input, option) {
    const hint = option.hint ? el('span', { class: 'hint', id: geo.id('hint') }, option.hint) : null;
    if (hint) input.setAttribute('aria-describedby', hint.id);
    const label = el('label', { for: input.id }, option.label);
    return el('div', { class: 'option' }, input, label, hint);
  }

  geo.select = function (name, title, options, chosen, choose) {
    const select = el('select', { id: name }, ...options.map((text, place) => (
      el('option', { value: String(place), selected: place === chosen }, text))));
    select.addEventListener('change', () => choose(Number(select.value)));
    return el('div', { class: 'select' }, el('label', { for: name }, title), select);
  };

  /* A slider over whole steps; ``say(value)`` is what it stands for. */
  geo.slider = function (name, title, range, value, say, change) {
    const told = el('output', { for: name }, say(value));
    const input = el('input', { type: 'range', id: name, min: String(range[0]),
      max: String(range[1]), step: String(range[2] || 1), value: String(value),
      'aria-valuetext': say(value) });
    input.addEventListener('input', () => {
      const now = Number(input.value);
      told.textContent = say(now);
      input.setAttribute('aria-valuetext', say(now));
      change(now);
    });
    return el('div', { class: 'slider' }, el('label', { for: name }, title), told, input);
  };

  geo.opacity = (name, title, value, change) => geo.slider(name, title, [20, 100, 10],
    Math.round(value * 100), (now) => now + '%', (now) => change(now / 100));

  /* A bar for the eye beside its figure. */
  geo.bar = function (share) {
    const inner = el('span', {});
    inner.style.width = Math.max(0, Math.min(100, share * 100)) + '%';
    return el('span', { class: 'bar', 'aria-hidden': 'true' }, inner);
  };

  /* "c" with its meaning. */
  geo.cell = (text) => (text === geo.WITHHELD ? el('abbr', {
    role: 'img', 'aria-label': 'withheld', title: 'withheld to protect people',
  }, text) : String(text));
}(window.geodemand = window.geodemand || {}));
