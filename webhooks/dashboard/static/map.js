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
  const again = document.getElementById("map-again");
  const tools = box.querySelectorAll("[data-zoom]");
  const REACH = 10; // pixels around the pointer in which an issue is found
  const WAIT = 90; // milliseconds that the pointer rests before the issue's title is asked for
  const STILL = 5; // pixels that a click may move

  let data, points, view, palette, names, marked = -1, chosen = -1, asked, drawing = false;
  const titles = new Map();

  const drawSoon = () => {
    if (drawing || !points) return;
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
          const colour = code === chosen && code >= COLOURS ? palette.focus : palette.of(code).colour;
          return { colour, alpha: dim(code) ? 0.12 : 0.9 };
        },
      };
    }
    const codes = points.channels.get(by.value);
    const { values } = channel();
    const ordered = by.value === "reported";
    const dim = (code) => chosen >= 0 && code !== chosen;
    return {
      code: (at) => codes[at],
      rank: (code) => (code === UNSTATED ? -1 : code === chosen ? values.length + 1 : values.length - code),
      colour: (code) => {
        if (code === UNSTATED) return { colour: palette.none, alpha: chosen >= 0 ? 0.15 : 0.3 };
        const { colour, alpha } = palette.of(code, ordered, values.length);
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
    if (at < 0) { tell(); return; }
    say(at);
    if (!titles.has(points.numbers[at])) asked = setTimeout(() => ask(at), WAIT);
  }

  async function ask(at) {
    const number = points.numbers[at];
    try {
      titles.set(number, (await load(`?issue=${number}`)).card);
    } catch {
      return; // its number and cluster are said; the title is not worth a complaint
    }
    if (marked === at) say(at);
  }

  async function load(query) {
    const answer = await fetch(`${box.dataset.source}${query}`, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  function say(at) {
    const number = points.numbers[at];
    const known = titles.get(number);
    const line = document.createElement("p");
    const link = document.createElement("a");
    link.href = `${box.dataset.issues}${number}`;
    link.className = "number";
    link.textContent = `#${number}`;
    const title = document.createElement("bdi");
    title.textContent = known ? known.title : "";
    line.append(link, " ", title);
    const more = document.createElement("p");
    more.className = "quiet small";
    const cluster = points.cluster[at] === NO_CLUSTER ? "in no cluster" : data.clusters[points.cluster[at]].title;
    more.textContent = [known ? known.state : "", cluster].filter(Boolean).join(" · ");
    tell(line, more);
  }

  const tell = (...lines) => card.replaceChildren(...lines); // it is a live region: never hidden, or nobody hears it

  // As a link would: in this window, or beside it where a key or the middle button says so.
  function open(event) {
    if (marked < 0) return;
    const address = `${box.dataset.issues}${points.numbers[marked]}`;
    if (event.button === 1 || event.ctrlKey || event.metaKey || event.shiftKey) window.open(address, "_blank", "noopener");
    else location.assign(address);
  }

  function step(forward) {
    let at = marked < 0 && forward < 0 ? points.count : marked;
    for (let tried = 0; tried < points.count; tried += 1) {
      at = (at + forward + points.count) % points.count;
      if (view.sees(at)) { mark(at); return; }
    }
    mark(-1);
    tell("No issue is in view; 0 shows everything.");
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
    if (!view || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    travelled = fingers.size > 1 ? STILL : 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!view) return;
    const here = [event.offsetX, event.offsetY];
    const last = fingers.get(event.pointerId);
    if (!last) { mark(under(event)); return; }
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
    const touched = event.pointerType === "touch" && under(event) !== marked;
    mark(under(event));
    if (!touched) open(event); // a finger cannot hover: the first touch marks, the second opens
  };
  const under = (event) => points.index.nearest(...view.toMap(event.offsetX, event.offsetY), REACH / view.scale);
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("contextmenu", () => { travelled = STILL; }); // the browser's menu, and nothing of ours
  canvas.addEventListener("mousedown", (event) => { if (event.button === 1) event.preventDefault(); }); // no scrolling by it
  canvas.addEventListener("auxclick", (event) => {
    if (!view || event.button !== 1) return;
    mark(under(event));
    open(event);
  });
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
    n: () => step(1), p: () => step(-1), Enter: open, Escape: () => { mark(-1); tell(); pick(-1); },
  };
  canvas.addEventListener("keydown", (event) => {
    if (!view) return;
    const act = KEYS[event.key];
    if (!act || event.altKey || ((event.ctrlKey || event.metaKey) && event.key !== "Enter")) return;
    event.preventDefault();
    act(event);
    drawSoon();
  });
  tools.forEach((button) => button.addEventListener("click", () => {
    if (!view) return;
    const factor = Number(button.dataset.zoom);
    if (factor) view.zoom(factor);
    else view.fit(points.bounds);
    drawSoon();
  }));
  again.addEventListener("click", () => { again.hidden = true; begin(); });

  // Which cluster or value is picked stands in the address, too; while the points load, it waits for them there.
  function pick(code) {
    chosen = chosen === code ? -1 : code;
    keep("only", chosen < 0 ? "" : nameOf(chosen));
    lookAtIt();
  }

  function lookAtIt() {
    if (chosen >= 0 && by.value === "cluster") view.fit(bounds(points, (at) => points.cluster[at] === chosen), 80);
    legend();
    drawSoon();
  }

  const nameOf = (code) => (by.value === "cluster" ? data.clusters[code].id : channel().values[code].name);
  const channel = () => data.channels.find((one) => one.name === by.value);

  function wanted(name) {
    if (by.value === "cluster") return data.clusters.findIndex((one) => one.id === name);
    return channel() ? channel().values.findIndex((one) => one.name === name) : -1;
  }

  function keep(name, value) {
    const address = new URL(location.href);
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
    history.replaceState(history.state, "", address);
    for (const back of document.querySelectorAll('input[name="back"]')) back.value = address.pathname + address.search;
  }

  const asks = (name) => new URLSearchParams(location.search).get(name);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-cluster]");
    if (!button) return;
    by.value = "cluster";
    colour();
    keep("only", button.dataset.cluster);
    if (points) {
      chosen = wanted(button.dataset.cluster);
      lookAtIt();
    }
    box.scrollIntoView({ block: "nearest" });
    canvas.focus({ preventScroll: true });
  });
  key.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || !points) return;
    pick(Number(button.dataset.code));
    key.querySelector(`[data-code="${button.dataset.code}"]`)?.focus({ preventScroll: true });
  });
  by.addEventListener("change", () => { colour(); if (points) { legend(); drawSoon(); } });

  function colour() {
    chosen = -1;
    keep("only", "");
    keep("by", by.value === "cluster" ? "" : by.value);
    for (const section of document.querySelectorAll("[data-channel]")) section.hidden = section.dataset.channel !== by.value;
  }

  find.form.addEventListener("submit", (event) => {
    const at = points ? points.place(Number(find.value.trim().replace("#", "") || NaN)) : -1;
    if (at < 0) return; // the page says what is known of it
    event.preventDefault();
    keep("issue", String(points.numbers[at]));
    document.querySelectorAll("[data-sought]").forEach((words) => words.remove());
    show(at);
    canvas.focus({ preventScroll: true });
  });

  function legend() {
    const shown = by.value === "cluster" || !channel()
      ? data.clusters.slice(0, COLOURS).map((one) => [one.place, one.title, one.issues])
      : channel().values.map((one, at) => [at, one.name, one.issues]);
    key.replaceChildren(...shown.map(([code, name, issues]) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      const swatch = document.createElement("span");
      button.type = "button";
      button.dataset.code = code;
      button.setAttribute("aria-pressed", String(code === chosen));
      swatch.className = `swatch tone-${by.value === "reported" ? 1 : Math.min(code, COLOURS) + 1}`;
      button.append(swatch, `${name} (${issues.toLocaleString()})`);
      item.append(button);
      return item;
    }));
    if (by.value !== "cluster" || !data.others) return;
    const rest = document.createElement("li");
    const swatch = document.createElement("span");
    swatch.className = `swatch tone-${COLOURS + 1}`;
    rest.append(swatch, `other clusters (${data.others.toLocaleString()})`);
    key.append(rest);
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
    tell("The map is loading.");
    try {
      take(await load(""));
    } catch (error) {
      const signed = error.message === "401" ? " You are signed out: reload the page." : " The tables below say what it shows.";
      tell(`The map could not be loaded.${signed}`);
      again.hidden = false;
      return;
    }
    tell();
    chosen = wanted(asks("only"));
    lookAtIt();
    const sought = points.place(Number(find.value.trim() || NaN));
    if (sought >= 0) show(sought);
    draw();
    new ResizeObserver(drawSoon).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
    new MutationObserver(recolour).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  }

  function take(loaded) {
    const decoded = Points.decode(loaded.points, loaded.issues, loaded.channels.map((one) => one.name));
    [data, points] = [loaded, decoded];
    view = new View(canvas, points);
    palette = new Palette(box);
    names = namesOf();
    for (const button of tools) button.disabled = false;
  }

  begin();
})();
