/* Clusters of need: a ring, or a shape of its own, around each, with what was found there. */
(function (geo) {
  'use strict';

  const LOOK = { color: '#8c2d04', weight: 3, fillColor: '#8c2d04', fillOpacity: 0.12 };

  /* Beneath it, so that it stands out from any shading. */
  const RIM = { color: '#ffffff', weight: 7, fill: false };

  function drawn(data, own, pane) {
    const renderer = L.svg({ pane, padding: 0.3 });
    const shapes = data.shapes ? geo.unpackShapes(data.shapes) : [];
    const ring = (i, look) => {
      const options = Object.assign({ interactive: false, pane, renderer }, look);
      const shape = shapes[data.shape_of.indexOf(data.name[i])];
      return shape ? L.polygon(shape, options)
        : L.circle([data.y[i], data.x[i]], Object.assign({ radius: data.radius[i] }, options));
    };
    return L.layerGroup([...own.map((i) => ring(i, RIM)), ...own.map((i) => ring(i, LOOK))]);
  }

  function figures(data, i) {
    return geo.say('count', data.observed[i]) + ' clients, ' + geo.say('limit', data.expected[i])
      + ' expected, p ' + geo.write('q', data.p[i]);
  }

  const labels = (data, own) => own.map((i) => ({ lines: [data.name[i], geo.write('count',
    data.observed[i]) + ' against ' + geo.write('limit', data.expected[i])], short: [],
  at: [data.y[i] + data.radius[i], data.x[i]], size: 12, bold: true, kind: 'of-site' }));

  function key(data, own) {
    const mark = () => geo.mark('circle', { cx: 13, cy: 9, r: 7, fill: LOOK.fillColor,
      'fill-opacity': 0.12, stroke: LOOK.color, 'stroke-width': 2.5 });
    const lines = own.map((i) => geo.keyLine(mark(), data.name[i] + ': ' + figures(data, i),
      'radius ' + geo.number(data.radius[i], 0) + ' m'));
    return geo.el('div', { class: 'key-part' }, geo.el('h3', {}, 'Pockets, ' + data.list[own[0]],
      geo.el('span', { class: 'unit' }, 'more clients than chance would give')),
    geo.keyList(...lines));
  }

  const title = (list) => 'Pockets: ' + list;
  const item = (data, i) => ({ title: data.name[i], kind: title(data.list[i]), lines: [figures(data, i)
    + '.'], table: title(data.list[i]), row: i, spot: [data.y[i], data.x[i]],
  ring: () => geo.chosenLayer(null, [data.y[i], data.x[i]]) });

  function table(data, list) {
    const figure = (heading, unit, style, values) => ({ title: heading, unit, kind: 'number',
      value: (i) => values[i], text: (i) => geo.write(style, values[i]) });
    return { caption: title(list), rows: data.list.map((_, i) => i).filter((i) => data.list[i] === list),
      columns: [{ title: 'Name', kind: 'text', value: (i) => data.name[i], text: (i) => data.name[i] },
        figure('Clients', '', 'count', data.observed), figure('Expected', 'by chance', 'limit',
          data.expected), figure('p', 'how likely by chance', 'q', data.p),
        figure('Radius', 'metres', 'count', data.radius)], spot: (i) => [data.y[i], data.x[i]], middle: true,
      pick: (i) => item(data, i) };
  }

  geo.layers.register({
    block: 'clusters',
    entries(data) {
      const lists = [...new Set(data.list)];
      return lists.map((list) => {
        const own = data.list.map((_, i) => i).filter((i) => data.list[i] === list);
        return { label: title(list), asks: 'Where is need higher than chance?',
          group: 'Clusters', level: 'lines', make: (pane) => drawn(data, own, pane),
          labels: () => labels(data, own), key: () => key(data, own),
          tables: () => [table(data, list)] };
      });
    },
    finds: (data, page) => data.name.map((name, i) => ({ name, kind: title(data.list[i]),
      go: () => page.pick(item(data, i), false, true) })),
  });
}(window.geodemand = window.geodemand || {}));
