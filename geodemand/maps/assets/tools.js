/* Views to go to, two maps, paper, and files of what is shown. */
(function (geo) {
  'use strict';

  const el = geo.el;
  const MOST_POCKETS = 3;
  /* An area nearer to the county town than this is not a pocket, metres. */
  const NEAR = 8000;

  /* Offer a file that the page has made. */
  geo.save = function (name, blob) {
    const address = URL.createObjectURL(blob);
    const link = el('a', { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };

  /* Cells that a spreadsheet would run are text, and quotes are doubled. */
  function csvCell(value) {
    if (typeof value === 'number') return String(value);
    const text = /^[=+\-@\t\r\u2212]/.test(String(value)) ? "'" + value : String(value);
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  /* Rows of the table; what they are and whose they are stands at each, as files part from pages. */
  geo.csv = function (rows, about) {
    const names = Object.keys(about);
    const all = rows.map((cells, place) => [...cells, ...(place ? names.map((name) => about[name])
      : names)]);
    return '\ufeff' + all.map((cells) => cells.map(csvCell).join(',')).join('\r\n') + '\r\n';
  };

  const fileName = (text, ending) => (text.normalize('NFD').replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '').toLowerCase().slice(0, 60) || 'map') + '.' + ending;

  /* ``page``: {model, state, sides(), tables, goToBox(name, bounds), showTwo(on)}. */
  geo.makeTools = function (host, page) {
    const { model, state } = page;
    const { words } = model;

    const rules = () => ({ Source: words.source, Policy: words.policy.title + ' ('
      + words.policy.name + ')', Marking: words.markings.join(' \u00b7 ') });

    function about() {
      const { subject } = state.sides[0];
      return { Geography: model.geographies[state.geography].title,
        Showing: page.tables.caption(), ...rules(),
        Date: state.two ? '' : model.subjects[subject].day };
    }

    function saveFigures() {
      const text = geo.csv(page.tables.shown(), about());
      geo.save(fileName(page.tables.caption(), 'csv'), new Blob([text], { type: 'text/csv' }));
      geo.tell('The figures of the table are saved as a file');
    }

    /* A table of a layer, with whose it is at each row. */
    function save(caption, rows) {
      const text = geo.csv(rows, { Showing: caption, ...rules() });
      geo.save(fileName(caption, 'csv'), new Blob([text], { type: 'text/csv' }));
      geo.tell('The table is saved as a file');
    }

    async function savePicture() {
      geo.tell('The picture is being made');
      const shown = page.sides();
      geo.save(fileName(words.title || 'map', 'png'), await geo.picture(model, shown));
      geo.tell('The map is saved as a picture');
    }

    /* The areas of the finest geography that stand out, away from the county town. */
    function pockets() {
      const sizes = model.shaded.map((_, place) => model.geographies[place].codes.length);
      const finest = sizes.indexOf(Math.max(...sizes));
      const { subject } = state.sides[0];
      const view = model.shaded.length && (model.figure(finest, subject, 'index')
        || model.figure(finest, subject, 'rate'));
      const { town } = words;
      if (!view || !town) return [];
      const known = model.geographies[finest];
      const middle = L.latLngBounds(town.box).getCenter();
      const far = (area) => Math.hypot(known.y[area] - middle.lat, known.x[area] - middle.lng) > NEAR;
      const found = [];
      const order = view.values.map((_, area) => area).filter((area) => (
        view.values[area] >= 125 && far(area))).sort((one, other) => view.values[other] - view.values[one]);
      for (const area of order) {
        // One of several neighbours stands for them.
        if (!found.some((each) => Math.hypot(known.y[area] - known.y[each], known.x[area]
          - known.x[each]) < NEAR)) found.push(area);
        if (found.length === MOST_POCKETS) break;
      }
      return found.map((area) => ({ name: known.names[area],
        box: L.polygon(known.polygons[area]).getBounds().pad(1) }));
    }

    function views() {
      const whole = { name: 'Whole map', box: null };
      const same = (each) => words.town && String(each.box) === String(words.town.box);
      const town = words.town && !words.bookmarks.some(same) ? [words.town] : [];
      const found = pockets();
      const button = (each, place) => geo.button(each.name, { id: 'view-' + place },
        () => page.goToBox(each.name, each.box && L.latLngBounds(each.box)));
      const own = [whole, ...town, ...words.bookmarks].map(button);
      const { name } = model.subjects[state.sides[0].subject] || {};
      return el('div', { class: 'views', role: 'group', 'aria-label': 'Go to' }, ...own,
        ...(found.length ? [el('span', { class: 'hint' }, 'Pockets of ' + name + ':'),
          ...found.map((each, place) => button(each, own.length + place))] : []));
    }

    function draw() {
      geo.fill(host, views(), el('div', { class: 'acts', role: 'group', 'aria-label': 'Map tools' },
        model.shaded.length ? geo.button('Two maps', { id: 'two', 'aria-pressed': String(state.two) },
          () => page.showTwo(!state.two)) : null,
        geo.button('Print', { id: 'print' }, () => window.print()),
        geo.button('Save picture', { id: 'save-picture' }, savePicture),
        model.shaded.length ? geo.button('Save figures', { id: 'save-figures' }, saveFigures) : null));
    }

    return { draw, save };
  };
}(window.geodemand = window.geodemand || {}));
