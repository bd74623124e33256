// The map on its page: loads the points, hears mouse, fingers and keys, says what is marked. Without it the tables below
// the map say what it shows.
"use strict";

(() => {
  const box = document.getElementById("map");
  if (!box) return;
  const canvas = document.getElementById("map-canvas");
  const card = document.getElementById("map-card");
  const key = document.getElementById("map-key");
  const by = document.getElementById("map-by");
  const find = document.getElementById("map-find");
  const REACH = 10; // pixels around the pointer in which an issue is found
  const WAIT = 90; // milliseconds that the pointer rests before the issue's title is asked for
  const STILL = 5; // pixels that a click may move

  let data, points, view, palette, names, marked = -1, chosen = -1, asked, drawing = false;
  const titles = new Map();

  const drawSoon = () => {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => { drawing = false; draw(); });
  };

  function look() {
    if (by.value === "cluster" || !points.channels.has(by.value)) {
      const dim = (code) => chosen >= 0 && code !== chosen;
      return {
        code: (at) => points.cluster[at],
        rank: (code) => (code === NO_CLUSTER ? -1 : code === chosen ? 2 : dim(code) ? 0 : 1),
        colour: (code) => {
          if (code === NO_CLUSTER) return { colour: palette.none, alpha: chosen >= 0 ? 0.2 : 0.6 };
          return { colour: palette.of(code).colour, alpha: dim(code) ? 0.12 : 0.9 };
        },
      };
    }
    const codes = points.channels.get(by.value);
    const channel = data.channels.find((one) => one.name === by.value);
    const ordered = by.value === "reported";
    const dim = (code) => chosen >= 0 && code !== chosen;
    return {
      code: (at) => codes[at],
      rank: (code) => (code === UNSTATED ? -1 : code === chosen ? channel.values.length + 1 : channel.values.length - code),
      colour: (code) => {
        if (code === UNSTATED) return { colour: palette.none, alpha: chosen >= 0 ? 0.15 : 0.3 };
        const { colour, alpha } = palette.of(code, ordered, channel.values.length);
        return { colour, alpha: dim(code) ? 0.12 : alpha };
      },
    };
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(view.wide * ratio), Math.round(view.high * ratio)];
    if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, view.wide, view.high);
    const radius = drawPoints(context, view, palette, look());
    if (by.value === "cluster") drawNames(context, view, palette, names);
    if (marked >= 0) {
      const [across, along] = view.toScreen(points.x[marked], points.y[marked]);
      context.beginPath();
      context.arc(across, along, radius + 4, 0, 2 * Math.PI);
      context.strokeStyle = palette.focus;
      context.lineWidth = 2.5;
      context.stroke();
    }
    canvas.dataset.drawn = String(points.count);
  }

  // --- what is marked

  function mark(at) {
    if (at === marked) return;
    marked = at;
    clearTimeout(asked);
    canvas.dataset.marked = at < 0 ? "" : String(points.numbers[at]);
    drawSoon();
    if (at < 0) { card.hidden = true; return; }
    say(at);
    if (!titles.has(points.numbers[at])) asked = setTimeout(() => ask(at), WAIT);
  }

  async function ask(at) {
    const number = points.numbers[at];
    const answer = await fetch(`${box.dataset.source}?issue=${number}`, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    titles.set(number, (await answer.json()).card);
    if (marked === at) say(at);
  }

  function say(at) {
    const number = points.numbers[at];
    const known = titles.get(number);
    const line = document.createElement("p");
    const link = document.createElement("a");
    link.href = `${box.dataset.issues}${number}`;
    link.className = "number";
    link.textContent = `#${number}`;
    line.append(link, known ? ` ${known.title}` : "");
    const more = document.createElement("p");
    more.className = "quiet small";
    const cluster = points.cluster[at] === NO_CLUSTER ? "in no cluster" : data.clusters[points.cluster[at]].title;
    more.textContent = [known ? known.state : "", cluster].filter(Boolean).join(" · ");
    card.replaceChildren(line, more);
    card.hidden = false;
  }

  const open = () => { if (marked >= 0) location.assign(`${box.dataset.issues}${points.numbers[marked]}`); };

  function step(forward) {
    let at = marked;
    for (let tried = 0; tried < points.count; tried += 1) {
      at = (at + forward + points.count) % points.count;
      if (view.sees(at)) { mark(at); return; }
    }
  }

  function show(at) {
    view.x = points.x[at];
    view.y = points.y[at];
    view.scale = Math.max(view.scale, view.whole * 6);
    mark(at);
    drawSoon();
  }

  // --- mouse and fingers

  const fingers = new Map();
  let travelled = 0;

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    travelled = fingers.size > 1 ? STILL : 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!view) return;
    const here = [event.offsetX, event.offsetY];
    const last = fingers.get(event.pointerId);
    if (!last) { mark(points.index.nearest(...view.toMap(...here), REACH / view.scale)); return; }
    const [across, along] = [here[0] - last[0], here[1] - last[1]];
    travelled += Math.abs(across) + Math.abs(along);
    if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const [was, is] = [last, here].map((one) => Math.hypot(one[0] - other[0], one[1] - other[1]));
      if (was > 0) view.zoom(is / was, (here[0] + other[0]) / 2, (here[1] + other[1]) / 2);
    } else view.move(across, along);
    fingers.set(event.pointerId, here);
    drawSoon();
  });
  const lift = (event) => {
    const here = fingers.delete(event.pointerId);
    if (!here || event.type !== "pointerup" || travelled >= STILL || fingers.size) return;
    const found = points.index.nearest(...view.toMap(event.offsetX, event.offsetY), REACH / view.scale);
    const touched = event.pointerType === "touch" && found !== marked;
    mark(found);
    if (!touched) open(); // a finger cannot hover: the first touch marks, the second opens
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("wheel", (event) => {
    if (!view) return;
    event.preventDefault();
    view.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.03 : 0.0015)), event.offsetX, event.offsetY);
    drawSoon();
  }, { passive: false });

  // --- keys, buttons, fields

  const KEYS = {
    "+": () => view.zoom(1.4), "=": () => view.zoom(1.4), "-": () => view.zoom(1 / 1.4), "0": () => view.fit(points.bounds),
    ArrowLeft: () => view.move(60, 0), ArrowRight: () => view.move(-60, 0),
    ArrowUp: () => view.move(0, 60), ArrowDown: () => view.move(0, -60),
    n: () => step(1), p: () => step(-1), Enter: open, Escape: () => { chosen = -1; mark(-1); legend(); },
  };
  canvas.addEventListener("keydown", (event) => {
    if (!view) return;
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
    drawSoon();
  });
  box.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
    const factor = Number(button.dataset.zoom);
    if (factor) view.zoom(factor);
    else view.fit(points.bounds);
    drawSoon();
  }));
  function choose(code) {
    chosen = chosen === code ? -1 : code;
    if (chosen >= 0 && by.value === "cluster") view.fit(bounds(points, (at) => points.cluster[at] === code), 80);
    legend();
    drawSoon();
  }
  document.querySelectorAll("[data-cluster]").forEach((button) => button.addEventListener("click", () => {
    by.value = "cluster";
    chosen = -1;
    choose(Number(button.dataset.cluster));
    box.scrollIntoView({ block: "nearest" });
    canvas.focus({ preventScroll: true });
  }));
  by.addEventListener("change", () => { chosen = -1; legend(); drawSoon(); });
  find.form.addEventListener("submit", (event) => {
    const at = points ? points.place(Number(find.value.replace("#", ""))) : -1;
    if (at < 0) return; // the page says what is known of it
    event.preventDefault();
    show(at);
    canvas.focus({ preventScroll: true });
  });

  function legend() {
    const channel = data.channels.find((one) => one.name === by.value);
    const shown = by.value === "cluster" || !channel
      ? data.clusters.slice(0, COLOURS).map((one) => [one.place, one.title, one.issues])
      : channel.values.map((one, at) => [at, one.name, one.issues]);
    key.replaceChildren(...shown.map(([code, name, issues]) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      const swatch = document.createElement("span");
      button.type = "button";
      button.setAttribute("aria-pressed", String(code === chosen));
      swatch.className = `swatch tone-${by.value === "reported" ? 1 : (code % COLOURS) + 1}`;
      button.append(swatch, `${name} (${issues.toLocaleString()})`);
      button.addEventListener("click", () => choose(code));
      item.append(button);
      return item;
    }));
  }

  function namesOf() {
    const sums = data.clusters.slice(0, 400).map((one) => ({ title: one.title, x: 0, y: 0, count: 0 }));
    for (let at = 0; at < points.count; at += 1) {
      const sum = sums[points.cluster[at]];
      if (sum) { sum.x += points.x[at]; sum.y += points.y[at]; sum.count += 1; }
    }
    return sums.filter((one) => one.count).map((one) => ({ title: one.title, x: one.x / one.count, y: one.y / one.count }));
  }

  const recolour = () => { palette = new Palette(box); drawSoon(); };

  async function begin() {
    const answer = await fetch(box.dataset.source, { headers: { accept: "application/json" } });
    if (!answer.ok) { card.textContent = "The map could not be loaded; the tables below say what it shows."; card.hidden = false; return; }
    data = await answer.json();
    points = Points.decode(data.points, data.issues, data.channels.map((one) => one.name));
    view = new View(canvas, points);
    palette = new Palette(box);
    names = namesOf();
    legend();
    draw();
    const wanted = points.place(Number(find.value || NaN));
    if (wanted >= 0) show(wanted);
    new ResizeObserver(drawSoon).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
    new MutationObserver(recolour).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  }

  begin();
})();
