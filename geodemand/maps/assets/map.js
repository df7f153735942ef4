/* Puts the page together, and keeps maps, key, card and tables in step. */
(function (geo) {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const model = geo.makeModel();
  const { words, shaded, subjects, series, geographies } = model;

  const latest = series.length ? series[0].members[series[0].members.length - 1] : 0;
  const first = shaded.length ? model.measures(0, latest)[0].key : 'none';
  const start = shaded.length && model.figure(0, latest, model.first) ? model.first : first;
  const state = { geography: 0, filter: 0, pinned: [], points: [], adding: false, two: false, top: 5,
    opacity: 1, sides: [{ subject: latest, measure: start }, { subject: latest, measure: start }] };

  const page = { words, geographies, subjects, model, state, where: geo.makeWhereabouts(model), goTo,
    goToBox, choose, pick, tell, save: (...parts) => tools.save(...parts) };
  const extras = geo.layers.entries(page);
  const one = geo.makeSide(byId('map'), 'Map', state.sides[0], page, extras);
  let other = null;
  let room = 1;
  let apart = null;
  const sides = geo.sides = () => (state.two ? [one, other] : [one]);

  const report = geo.makeReport(model);
  const tables = geo.makeTables(page);
  const more = geo.makeMore(page);
  const card = geo.makeCard(byId('card'), { model, state, clear,
    unpin: (area) => { pin(state.pinned.filter((each) => each !== area)); },
    drop: (item) => { hold(state.points.filter((each) => each !== item)); },
    add: () => { state.adding = !state.adding; card.draw(); geo.tell(state.adding
      ? 'Choose what to compare' : 'Choosing ended'); } });
  const tools = geo.makeTools(byId('tools'), { model, state, sides, tables, goToBox, showTwo });

  /* Choosing a place -------------------------------------------------------------------------- */

  /* ``add``: beside what is pinned. ``zoom``: the maps go there. */
  function choose(place, add, zoom) {
    if (place.geography !== state.geography) setGeography(place.geography);
    const beside = add || state.adding;
    const others = state.pinned.filter((each) => each !== place.area);
    if (add && others.length < state.pinned.length) pin(others);
    else pin(beside ? [...others, place.area].slice(-geo.MOST_PINNED) : [place.area]);
    if (zoom && !beside) {
      sides().forEach((side) => geo.fit(side.map, L.polygon(geographies[place.geography]
        .polygons[place.area]).getBounds().pad(0.25), true));
      showMap();
    }
  }

  const pin = (areas) => select(areas, []);
  const hold = (points) => select([], points);

  /* Choose areas, or items of layers: one, or several that are compared. */
  function select(pinned, points) {
    Object.assign(state, { pinned, points });
    if (!pinned.length && !points.some((each) => each.compares)) state.adding = false;
    rings();
    card.draw();
    showCard();
    mark();
    geo.tell(pinned.length || points.length ? card.say() : 'Nothing is chosen');
  }

  /* Who chooses elsewhere than in the panel sees the card, however far the panel was moved. */
  function showCard() {
    const panel = byId('card').parentElement;
    const hidden = panel.getBoundingClientRect().top - byId('card').getBoundingClientRect().top;
    if (!byId('card').hidden && hidden > 0 && !panel.contains(document.activeElement)) {
      panel.scrollTop -= hidden;
    }
  }

  /* The rows of what is chosen, in every table. */
  function mark() {
    tables.mark();
    more.mark();
    if (extras.some((each) => each.on && each.details)) drawMore();
  }

  const makers = () => [...state.pinned.map((area) => () => (
    geo.chosenLayer(geographies[state.geography].polygons[area]))),
  ...state.points.map((each) => each.ring).filter(Boolean)];
  const rings = () => sides().forEach((side) => side.ring(makers().map((make) => make())));

  /* Choose what a layer tells of, beside what is chosen where the two can be compared.
     ``zoom``: the maps go there. */
  function pick(item, add, zoom) {
    const alike = item.compares ? state.points.filter((each) => (
      each.compares && each.table === item.table)) : [];
    const others = alike.filter((each) => each.row !== item.row);
    const beside = (add || state.adding) && alike.length;
    if (add && others.length < alike.length) hold(others);
    else hold(beside ? [...others, item].slice(-geo.MOST_PINNED) : [item]);
    if (!beside) state.adding = false;
    if (zoom && !beside) go(item);
    card.draw();
  }

  function go({ spot, bounds, zoom }) {
    for (const { map } of sides()) {
      if (bounds) geo.fit(map, bounds.pad(0.6), true);
      else map.setView(spot, Math.max(map.getZoom(), zoom || geo.TOWN), { animate: !geo.calm });
    }
    showMap();
  }

  function goTo(kind, points, place) {
    const spot = [points.y[place], points.x[place]];
    pick({ title: points.names[place], kind, lines: [], table: kind, row: place, spot,
      ring: () => geo.chosenLayer(null, spot) }, false, true);
    geo.tell(points.names[place] + ' is shown on the map');
  }

  /* Only go there: nothing is chosen. Without bounds, back to the whole sheet. */
  function goToBox(name, bounds) {
    sides().forEach((side) => geo.fit(side.map, bounds || side.sheet, true));
    showMap();
    geo.tell('The map shows ' + name);
  }

  /* Show something else on the card: {title, kind, lines, rows}, the first row a heading; null for
     nothing. ``close``: what its button does. */
  function tell(content, close) {
    Object.assign(state, { pinned: [], adding: false,
      points: content ? [Object.assign({ close }, content)] : [] });
    rings();
    card.draw();
    mark();
  }

  function clear() {
    const own = state.points.find((each) => each.close);
    if (own) { own.close(); return; }
    pin([]);
    one.map.getContainer().focus({ preventScroll: true });
  }

  const showMap = () => byId('map').scrollIntoView({ block: 'nearest',
    behavior: geo.calm ? 'auto' : 'smooth' });

  /* Choices ----------------------------------------------------------------------------------- */

  function setGeography(geography) {
    Object.assign(state, { geography, pinned: [], points: [], adding: false });
    rings();
    for (const each of state.sides) keepMeasure(each);
    card.draw();
    drawChoices();
    update();
  }

  /* A measure that the subject has no figures of gives way to one that it has. */
  function keepMeasure(choice) {
    const known = model.measures(state.geography, choice.subject).map((each) => each.key);
    if (!known.includes(choice.measure)) [choice.measure] = known;
  }

  function setSubject(choice, subject) {
    choice.subject = subject;
    keepMeasure(choice);
    update();
  }

  const seriesOf = (choice) => series.findIndex(({ members }) => members.includes(choice.subject));

  /* The list of a map, its date where it has several, and the measure. ``id``: a word of ours. */
  function choices(choice, id, build) {
    const again = (act) => (place) => { act(place); drawChoices(); };
    const own = series[seriesOf(choice)];
    const measures = model.measures(state.geography, choice.subject);
    const parts = [];
    if (series.length > 1) {
      parts.push(build.list(id + '-list', 'Client list', series.map(({ name, members }) => ({
        label: name, said: subjects[members[0]].label })), seriesOf(choice), again((place) => {
        const { members } = series[place];
        setSubject(choice, nearest(members, subjects[choice.subject].date));
      })));
    }
    if (own.members.length > 1) {
      parts.push(geo.slider(id + '-date', 'Date', [0, own.members.length - 1],
        own.members.indexOf(choice.subject), (place) => subjects[own.members[place]].day
          || subjects[own.members[place]].name,
        (place) => setSubject(choice, own.members[place])));
    }
    parts.push(build.measure(id + '-measure', 'Shade areas by', measures.map((each) => ({
      label: each.title, hint: each.asks })), measures.findIndex((each) => (
      each.key === choice.measure)), again((place) => {
      choice.measure = measures[place].key;
      update();
    })));
    return parts;
  }

  /* The date of another list that is nearest before the one that is shown. */
  function nearest(members, date) {
    const before = members.filter((each) => subjects[each].date <= date);
    return date && before.length ? before[before.length - 1] : members[members.length - 1];
  }

  const labels = (options) => options.map((each) => each.label);
  const IN_PANEL = { list: geo.oneOf, measure: geo.oneOf };
  const ON_MAP = {
    list: (id, title, options, chosen, act) => geo.select(id, 'List', labels(options), chosen, act),
    measure: (id, title, options, chosen, act) => geo.select(id, 'Shaded by', labels(options), chosen,
      act),
  };

  function drawChoices() {
    const parts = [];
    if (shaded.length > 1) {
      parts.push(geo.oneOf('areas', 'Areas', shaded.map((_, place) => ({
        label: geographies[place].title })), state.geography, setGeography));
    }
    if (shaded.length && !state.two) parts.push(...choices(state.sides[0], 'one', IN_PANEL));
    geo.fill(byId('shade'), ...parts);
    const more = [];
    if (shaded.length && model.filters.length > 1) {
      more.push(geo.select('filter', 'Keep to', model.filters.map((each) => each.title), state.filter,
        (place) => { state.filter = place; update(); }));
    }
    if (shaded.length) {
      more.push(geo.opacity('shading', 'Opacity of the shading', state.opacity,
        (value) => { state.opacity = value; sides().forEach((side) => side.shade()); }));
    }
    geo.fill(byId('refine'), ...more);
    for (const [place, strip] of [byId('strip'), byId('strip-2')].entries()) {
      strip.hidden = !state.two;
      geo.fill(strip, ...(state.two ? choices(state.sides[place], place ? 'right' : 'left', ON_MAP)
        : []));
    }
  }

  /* Layers that can be switched on, by group. */
  function drawSwitch() {
    const groups = [...new Set(extras.map((each) => each.group))];
    const option = (extra) => ({ label: extra.label, hint: extra.asks, on: extra.on,
      toggle: (on) => toggle(extra, on),
      more: geo.el('div', { class: 'of-layer' }, (extra.lists || []).length > 1 ? whose(extra) : null,
        geo.opacity('opacity-' + extra.id, 'Opacity', extra.opacity, (value) => {
          extra.opacity = value;
          sides().forEach((side) => side.showExtras());
        })) });
    byId('extras').replaceChildren(geo.el('h2', {}, 'Also show'), ...groups.map((group) => geo.anyOf(
      group, extras.filter((each) => each.group === group).map(option))));
    byId('extras').hidden = !extras.length;
  }

  /* Whose a layer is: of the list that a map shows, or of one whatever the maps show. */
  const whose = (extra) => geo.select('whose-' + extra.id, 'Of which list', ['The shaded one',
    ...extra.lists], extra.lists.indexOf(extra.whose) + 1, (place) => {
    extra.whose = place ? extra.lists[place - 1] : '';
    redraw();
    geo.tell(extra.label + ' of ' + (extra.whose || 'the list that the map shows'));
  });

  function redraw() {
    sides().forEach((side) => { side.shade(); side.showExtras(); side.labels(); });
    drawKey();
    drawMore();
  }

  const drawMore = () => more.draw(extras, sides().map((side) => side.list()));

  function toggle(extra, on) {
    extra.on = on;
    makeRoom();
    redraw();
    geo.tell(extra.label + (on ? ' shown' + (extra.tables ? ', and as a table below the map' : '')
      : ' hidden'));
  }

  /* Under a layer of colours the shading is paler, unless the reader has set it otherwise. */
  function makeRoom() {
    const before = room;
    room = Math.min(1, ...extras.filter((each) => each.on && each.pales).map((each) => each.pales));
    if (room === before || state.opacity !== before) return;
    state.opacity = room;
    drawChoices();
  }

  /* Two maps ---------------------------------------------------------------------------------- */

  /* At first the other date, the other list, or the other measure. */
  function another() {
    const [{ subject, measure }] = state.sides;
    const { members } = series[seriesOf(state.sides[0])];
    if (members.length > 1) return { subject: members.find((each) => each !== subject), measure };
    const next = series[(seriesOf(state.sides[0]) + 1) % series.length].members;
    if (series.length > 1) return { subject: next[next.length - 1], measure };
    const known = model.measures(state.geography, subject).filter((each) => each.key !== measure);
    return { subject, measure: known[0].key };
  }

  function showTwo(on) {
    state.two = on;
    const all = one.map.getBounds().contains(one.sheet);
    byId('side-2').hidden = !on;
    byId('sheet').classList.toggle('two', on);
    if (on) {
      Object.assign(state.sides[1], another());
      keepMeasure(state.sides[1]);
      other = other || geo.makeSide(byId('map-2'), 'Right map', state.sides[1], page, extras);
      watch(other);
      apart = geo.together(one.map, other.map);
      sides().forEach((side) => side.resize());
      one.map.fire('zoomend');
    } else {
      apart();
      one.resize();
    }
    // Who saw the whole sheet still does, in the other width.
    if (all) geo.fit(one.map, one.sheet, false);
    rings();
    drawChoices();
    tools.draw();
    update();
    geo.tell(on ? 'Two maps side by side' : 'One map');
  }

  /* In step ----------------------------------------------------------------------------------- */

  /* Whose figures a map shows: who they are, when, how many of the rows were placed. */
  function facts(choice) {
    const { name, label, day } = subjects[choice.subject];
    const rate = model.placed(name);
    return [[label && name + ': ' + label, day && 'as at ' + day].filter(Boolean).join(', '),
      rate && 'Rows placed: ' + rate];
  }

  const ofItsOwn = (extra) => extra.follows && !extra.whose;

  function drawKey() {
    const parts = [];
    const on = extras.filter((each) => each.on);
    for (const [place, side] of sides().entries()) {
      const own = [side.view() && side.key(facts(side.choice)), ...on.filter(ofItsOwn)
        .map((each) => each.key(side.list()))].filter(Boolean);
      if (own.length && state.two) parts.push(geo.el('h2', {}, place ? 'Right map' : 'Left map'));
      parts.push(...own);
    }
    const both = on.filter((each) => !ofItsOwn(each)).map((each) => each.key(each.whose))
      .filter(Boolean);
    if (both.length && state.two) parts.push(geo.el('h2', {}, 'Both maps'));
    parts.push(...both);
    if (parts.length) {
      parts.push(geo.el('p', { class: 'hint key-foot' }, [words.source && 'Source: ' + words.source,
        model.rules].filter(Boolean).join('. ') + '.'));
    }
    byId('key-body').replaceChildren(...parts);
    byId('key').hidden = !parts.length;
  }

  function update() {
    sides().forEach((side) => side.draw());
    if (shaded.length) {
      report.drawShown(geographies[state.geography].title, sides().map((side) => side.choice));
      fillWindow();
    }
    drawKey();
    drawMore();
    tables.draw();
    report.drawProfile(state.sides[0].subject);
    card.draw();
    tools.draw();
  }

  /* Paper --------------------------------------------------------------------------------------- */

  const paper = geo.makePaper(sides, () => tables.count());

  function watch(side) {
    if (side.watched) return;
    side.watched = true;
    new ResizeObserver(() => { if (!paper.busy()) side.resize(); }).observe(side.map.getContainer());
  }

  /* Head, map and source line fill the window: the sheet is as high as they leave. */
  function fillWindow() {
    const taken = document.querySelector('.top').offsetHeight;
    document.documentElement.style.setProperty('--taken', taken + 'px');
  }
  window.addEventListener('resize', fillWindow);

  byId('waiting').remove();
  report.drawWords();
  tools.draw();
  drawChoices();
  drawSwitch();
  fillWindow();
  one.map.invalidateSize({ animate: false });
  geo.fit(one.map, one.sheet, false);
  report.drawLedger();
  geo.search(byId('find'), [...shaded.flatMap((_, geography) => geographies[geography].names.map(
    (name, area) => ({ name, code: geographies[geography].codes[area],
      kind: geographies[geography].title, go: () => choose({ geography, area }, false, true) }))),
  ...geo.layers.finds(page)], geo.layers.lookUp(page));
  update();
  watch(one);
  document.documentElement.dataset.ready = 'true';
}(window.geodemand));
