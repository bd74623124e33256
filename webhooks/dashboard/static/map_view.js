// The map's points, and how they are seen: decoding, looking up the nearest, drawing. Knows nothing of the page.
"use strict";

const NO_CLUSTER = 0xffff;
const UNSTATED = 0xff;
const COLOURS = 6; // told apart; what comes after them shares one more
const CELL = 96; // cells along each side of the index

class Points {
  // As models/issue_map.py writes them: columns of number, x, y, cluster, and a byte for each channel.
  constructor(bytes, count, channels) {
    this.count = count;
    this.numbers = new Uint32Array(bytes, 0, count);
    this.x = new Float32Array(bytes, 4 * count, count);
    this.y = new Float32Array(bytes, 8 * count, count);
    this.cluster = new Uint16Array(bytes, 12 * count, count);
    this.channels = new Map(channels.map((name, at) => [name, new Uint8Array(bytes, (14 + at) * count, count)]));
    this.bounds = bounds(this, () => true);
    this.index = new Index(this);
  }

  static decode(text, count, channels) {
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let at = 0; at < raw.length; at += 1) bytes[at] = raw.charCodeAt(at);
    return new Points(bytes.buffer, count, channels);
  }

  place(number) {
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (this.numbers[middle] === number) return middle;
      if (this.numbers[middle] < number) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

function bounds(points, wanted) {
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
  for (let at = 0; at < points.count; at += 1) {
    if (!wanted(at)) continue;
    left = Math.min(left, points.x[at]);
    right = Math.max(right, points.x[at]);
    top = Math.min(top, points.y[at]);
    bottom = Math.max(bottom, points.y[at]);
  }
  return { left, right, top, bottom };
}

class Index {
  constructor(points) {
    this.points = points;
    const { left, right, top, bottom } = points.bounds;
    this.left = left;
    this.top = top;
    this.size = Math.max(right - left, bottom - top, 1e-6) / CELL;
    this.cells = new Map();
    for (let at = 0; at < points.count; at += 1) {
      const key = this.key(this.column(points.x[at]), this.row(points.y[at]));
      const cell = this.cells.get(key);
      if (cell) cell.push(at);
      else this.cells.set(key, [at]);
    }
  }

  column(x) { return Math.floor((x - this.left) / this.size); }
  row(y) { return Math.floor((y - this.top) / this.size); }
  key(column, row) { return (column + 1) * 4096 + row + 1; }

  nearest(x, y, reach) {
    let best = -1;
    let least = reach * reach;
    // Only where there are cells: where all lie in one place, a reach is millions of them.
    const [first, last] = [Math.max(0, this.column(x - reach)), Math.min(CELL, this.column(x + reach))];
    const [upper, lower] = [Math.max(0, this.row(y - reach)), Math.min(CELL, this.row(y + reach))];
    for (let column = first; column <= last; column += 1) {
      for (let row = upper; row <= lower; row += 1) {
        for (const at of this.cells.get(this.key(column, row)) || []) {
          const across = this.points.x[at] - x;
          const along = this.points.y[at] - y;
          const apart = across * across + along * along;
          if (apart < least) { least = apart; best = at; }
        }
      }
    }
    return best;
  }
}

class View {
  // Where the window is: `scale` pixels for one unit, (x, y) in its middle.
  constructor(canvas, points) {
    this.canvas = canvas;
    this.points = points;
    this.fit(points.bounds);
  }

  get wide() { return this.canvas.clientWidth; }
  get high() { return this.canvas.clientHeight; }

  fit({ left, right, top, bottom }, room = 36) {
    this.x = (left + right) / 2;
    this.y = (top + bottom) / 2;
    const across = (this.wide - 2 * room) / Math.max(right - left, 1e-3);
    const along = (this.high - 2 * room) / Math.max(bottom - top, 1e-3);
    this.scale = Math.min(Math.max(Math.min(across, along), 1e-3), 400);
    this.whole = this.whole || this.scale;
  }

  toScreen(x, y) { return [(x - this.x) * this.scale + this.wide / 2, (y - this.y) * this.scale + this.high / 2]; }
  toMap(across, along) { return [(across - this.wide / 2) / this.scale + this.x, (along - this.high / 2) / this.scale + this.y]; }

  zoom(factor, across = this.wide / 2, along = this.high / 2) {
    const [x, y] = this.toMap(across, along);
    this.scale = Math.min(Math.max(this.scale * factor, this.whole / 2), this.whole * 200);
    const [nowX, nowY] = this.toMap(across, along);
    this.x += x - nowX;
    this.y += y - nowY;
  }

  move(across, along) {
    this.x -= across / this.scale;
    this.y -= along / this.scale;
  }

  sees(at) {
    const [across, along] = this.toScreen(this.points.x[at], this.points.y[at]);
    return across >= 0 && along >= 0 && across <= this.wide && along <= this.high;
  }
}

class Palette {
  constructor(element) {
    const token = (name) => getComputedStyle(element).getPropertyValue(name).trim();
    this.series = Array.from({ length: COLOURS + 1 }, (_, at) => token(`--series-${at + 1}`));
    this.none = token("--line-strong");
    this.ink = token("--ink");
    this.ground = token("--ground");
    this.focus = token("--focus");
    this.sans = token("--sans");
  }

  // The colour of each place in the list of values; `ordered` fades from the first to the last.
  of(place, ordered, many) {
    if (ordered) return { colour: this.series[0], alpha: 1 - 0.85 * (place / Math.max(1, many - 1)) };
    return { colour: this.series[Math.min(place, COLOURS)], alpha: 1 };
  }
}

// One pass for each colour: to change the colour is what costs.
function drawPoints(context, view, palette, look) {
  const { points } = view;
  const usual = Math.max(0.9, Math.min(4, 60 / Math.sqrt(points.count))); // few points are large, many are dust
  const radius = Math.min(6, usual * Math.sqrt(view.scale / view.whole));
  const groups = new Map();
  for (let at = 0; at < points.count; at += 1) {
    const across = (points.x[at] - view.x) * view.scale + view.wide / 2;
    const along = (points.y[at] - view.y) * view.scale + view.high / 2;
    if (across < -6 || along < -6 || across > view.wide + 6 || along > view.high + 6) continue;
    const code = look.code(at);
    let group = groups.get(code);
    if (!group) groups.set(code, (group = []));
    group.push(across, along);
  }
  const order = [...groups.keys()].sort((one, other) => look.rank(one) - look.rank(other));
  for (const code of order) {
    const { colour, alpha } = look.colour(code);
    context.fillStyle = colour;
    context.globalAlpha = alpha;
    const group = groups.get(code);
    if (radius < 2) {
      for (let at = 0; at < group.length; at += 2) context.fillRect(group[at] - radius, group[at + 1] - radius, 2 * radius, 2 * radius);
    } else {
      context.beginPath();
      for (let at = 0; at < group.length; at += 2) {
        context.moveTo(group[at] + radius, group[at + 1]);
        context.arc(group[at], group[at + 1], radius, 0, 2 * Math.PI);
      }
      context.fill();
    }
  }
  context.globalAlpha = 1;
  return radius;
}

// Names of the largest clusters, where there is room for them.
function drawNames(context, view, palette, names) {
  const taken = [];
  context.font = `600 12px ${palette.sans}`;
  context.textAlign = "center";
  context.lineJoin = "round";
  for (const { x, y, title } of names) {
    const [across, along] = view.toScreen(x, y);
    const words = title.length > 34 ? `${title.slice(0, 33).trimEnd()}…` : title;
    const half = context.measureText(words).width / 2 + 6;
    if (across < half || along < 20 || across > view.wide - half || along > view.high - 8) continue;
    if (taken.some((one) => Math.abs(one.across - across) < one.half + half && Math.abs(one.along - along) < 20)) continue;
    taken.push({ across, along, half });
    context.strokeStyle = palette.ground;
    context.lineWidth = 4;
    context.strokeText(words, across, along - 8);
    context.fillStyle = palette.ink;
    context.fillText(words, across, along - 8);
    if (taken.length >= Math.max(5, view.wide / 90)) break;
  }
}
