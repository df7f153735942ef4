/* What is shown, as a picture: title, maps, key, source and marking on one canvas. Everything is
   drawn anew from the page's own elements; nothing is fetched. */
(function (geo) {
  'use strict';

  const SHARP = 2;
  const EDGE = 24;
  const KEY = 300;
  const FONT = '"Segoe UI", system-ui, "Helvetica Neue", Arial, sans-serif';
  const byId = (id) => document.getElementById(id);

  /* Text in lines of a width; returns how high it is. */
  function write(context, text, place, look) {
    context.font = (look.bold ? '600 ' : '') + look.size + 'px ' + FONT;
    context.fillStyle = look.colour || geo.INK;
    const lines = [''];
    for (const word of text.split(/\s+/)) {
      const longer = [lines[lines.length - 1], word].filter(Boolean).join(' ');
      if (context.measureText(longer).width > place.width && lines[lines.length - 1]) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    if (!look.measure) {
      lines.forEach((line, row) => context.fillText(line, place.x,
        place.y + look.size + row * look.size * 1.35));
    }
    return lines.length * look.size * 1.35;
  }

  /* An SVG element as an image: alone in a blob it has no page's pattern and no page's style. */
  function rasterised(svg, width, height) {
    const copy = svg.cloneNode(true);
    copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    copy.setAttribute('width', width);
    copy.setAttribute('height', height);
    copy.removeAttribute('style');
    const from = [svg, ...svg.querySelectorAll('*')];
    [copy, ...copy.querySelectorAll('*')].forEach((each, place) => {
      const look = getComputedStyle(from[place]);
      for (const name of ['fill', 'stroke', 'stroke-width']) {
        if (!each.hasAttribute(name) && each !== copy) each.setAttribute(name, look.getPropertyValue(name));
      }
    });
    copy.insertBefore(document.querySelector('.patterns defs').cloneNode(true), copy.firstChild);
    const address = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)],
      { type: 'image/svg+xml' }));
    return load(address).finally(() => URL.revokeObjectURL(address));
  }

  function load(address) {
    return new Promise((done, fail) => {
      const image = new Image();
      image.onload = () => done(image);
      image.onerror = () => fail(new Error('a part of the picture could not be drawn'));
      image.src = address;
    });
  }

  /* Paint a map's panes, lowest first, as they stand in its box. */
  async function paintMap(context, map, at) {
    const box = map.getContainer();
    const frame = box.getBoundingClientRect();
    context.save();
    context.beginPath();
    context.rect(at.x, at.y, frame.width, frame.height);
    context.clip();
    context.fillStyle = getComputedStyle(box).backgroundColor;
    context.fillRect(at.x, at.y, frame.width, frame.height);
    const panes = [...box.querySelectorAll('.leaflet-map-pane > .leaflet-pane')].sort((one, other) => (
      Number(getComputedStyle(one).zIndex) - Number(getComputedStyle(other).zIndex)));
    for (const pane of panes) {
      context.globalAlpha = Number(getComputedStyle(pane).opacity);
      for (const each of pane.querySelectorAll('svg, canvas, img, .label')) {
        await paint(context, each, { x: at.x - frame.left, y: at.y - frame.top });
      }
      context.globalAlpha = 1;
    }
    context.restore();
    return frame;
  }

  /* A picture that is not within the page: a browser would not let the whole be saved with it. */
  const elsewhere = (element) => element.matches('img') && !/^(data|blob):/.test(element.src);

  async function paint(context, element, shift) {
    const place = element.getBoundingClientRect();
    const [x, y] = [place.left + shift.x, place.top + shift.y];
    if (element.matches('.label')) label(context, element, shift);
    else if (!place.width || !place.height || elsewhere(element)) return;
    else if (element.matches('svg')) {
      context.drawImage(await rasterised(element, place.width, place.height), x, y, place.width,
        place.height);
    } else context.drawImage(element, x, y, place.width, place.height);
  }

  function label(context, element, shift) {
    const look = getComputedStyle(element);
    context.font = [look.fontStyle, look.fontWeight, look.fontSize, FONT].join(' ');
    context.textAlign = 'center';
    context.lineJoin = 'round';
    context.lineWidth = 3;
    for (const line of element.children) {
      const place = line.getBoundingClientRect();
      const spot = [place.left + place.width / 2 + shift.x, place.bottom + shift.y
        - parseFloat(look.fontSize) * 0.3];
      context.strokeStyle = 'rgb(255 255 255 / 92%)';
      context.strokeText(line.textContent, ...spot);
      context.fillStyle = look.color;
      context.fillText(line.textContent, ...spot);
    }
    context.textAlign = 'left';
  }

  /* The scale bar, as the page has it. */
  function scale(context, map, at) {
    const bar = map.getContainer().querySelector('.leaflet-control-scale-line');
    if (!bar) return;
    const wide = bar.offsetWidth;
    const y = at.y + map.getSize().y - 16;
    context.fillStyle = 'rgb(255 255 255 / 85%)';
    context.fillRect(at.x + 8, y - 16, wide + 8, 24);
    context.strokeStyle = geo.INK;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(at.x + 12, y - 4);
    context.lineTo(at.x + 12, y + 2);
    context.lineTo(at.x + 12 + wide, y + 2);
    context.lineTo(at.x + 12 + wide, y - 4);
    context.stroke();
    write(context, bar.textContent, { x: at.x + 16, y: y - 15, width: wide }, { size: 11 });
  }

  /* The key, line by line as on the page. */
  async function key(context, at, measure) {
    let y = at.y;
    for (const each of byId('key-body').querySelectorAll('h3, h2, li, p:not(.key-foot)')) {
      const heading = each.matches('h2, h3');
      const inset = each.matches('li') ? 36 : 0;
      if (heading) y += 8;
      if (each.matches('li') && !measure) await mark(context, each.firstElementChild, at.x, y);
      const unit = heading && each.querySelector('.unit');
      const text = unit ? each.firstChild.textContent : each.textContent;
      y += write(context, text, { x: at.x + inset, y, width: at.width - inset },
        { size: heading ? 14 : 12.5, bold: heading, measure });
      if (unit) y += write(context, unit.textContent, { x: at.x, y, width: at.width }, { size: 12, measure });
      y += 4;
    }
    return y - at.y;
  }

  async function mark(context, element, x, y) {
    const svg = element && element.querySelector('svg');
    if (svg) context.drawImage(await rasterised(svg, 26, 18), x, y, 26, 18);
    if (!element || !element.matches('.swatch')) return;
    context.strokeStyle = '#75808a';
    context.lineWidth = element.matches('.none') ? 2 : 1;
    context.setLineDash(element.matches('.none') ? [4, 3] : []);
    context.strokeRect(x + 0.5, y + 0.5, 25, 17);
    context.setLineDash([]);
  }

  /* Return a promise of the picture of all maps that are shown, as a PNG blob. */
  geo.picture = async function (model, sides) {
    const shown = sides.map((side) => side.map.getContainer().getBoundingClientRect());
    const maps = shown.reduce((sum, box) => sum + box.width + 8, -8);
    const width = Math.ceil(maps + KEY + 3 * EDGE);
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    const { words } = model;
    const marking = words.markings.join(' \u00b7 ');
    const credit = byId('credit').textContent;
    const wide = { x: EDGE, width: width - 2 * EDGE };
    const headings = [[words.title, { size: 24, bold: true }], [byId('subtitle').textContent, { size: 15,
      colour: '#4b5763' }], [words.note, { size: 13 }]].filter(([text]) => text);
    const told = sides.map((side) => side.view() && side.measure().title + ', '
      + model.subjects[side.choice.subject].full);
    const named = sides.length > 1 ? 24 : 0;
    let top = EDGE + (marking ? 30 : 0);
    for (const [text, look] of headings) top += write(context, text, Object.assign({ y: 0 }, wide), Object.assign({ measure: true }, look)) + 4;
    const body = Math.max(shown[0].height + named, await key(context, { x: 0, y: 0, width: KEY }, true)) + EDGE;
    const foot = write(context, credit, Object.assign({ y: 0 }, wide), { size: 12, measure: true });
    const height = Math.ceil(top + body + foot + EDGE + (marking ? 30 : 0));
    canvas.width = width * SHARP;
    canvas.height = height * SHARP;
    context.scale(SHARP, SHARP);
    context.fillStyle = '#ffffff';
    context.fillRect(0, 0, width, height);
    for (const y of marking ? [0, height - 26] : []) {
      context.fillStyle = geo.INK;
      context.fillRect(0, y, width, 26);
      write(context, marking, { x: EDGE, y: y + 4, width: width - 2 * EDGE }, { size: 13, bold: true,
        colour: '#ffffff' });
    }
    let y = EDGE + (marking ? 30 : 0) - 8;
    for (const [text, look] of headings) y += write(context, text, Object.assign({ y }, wide), look) + 4;
    let x = EDGE;
    for (const [place, side] of sides.entries()) {
      if (named) write(context, told[place] || '', { x, y: top, width: shown[place].width }, { size: 14, bold: true });
      await paintMap(context, side.map, { x, y: top + named });
      scale(context, side.map, { x, y: top + named });
      x += shown[place].width + 8;
    }
    await key(context, { x: x - 8 + EDGE, y: top, width: KEY }, false);
    write(context, credit, Object.assign({ y: top + body }, wide), { size: 12, colour: '#4b5763' });
    return new Promise((done) => { canvas.toBlob(done, 'image/png'); });
  };
}(window.geodemand = window.geodemand || {}));
