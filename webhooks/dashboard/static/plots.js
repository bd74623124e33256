// Draws every plot of the page with Chart.js, out of the figures that stand hidden beside its canvas.
"use strict";

const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const HOUR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const DAYS = 6 * 86_400_000; // ms: over so many days, the ticks of a plot have a day each
const drawn = new Map(); // canvas → its chart

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const percent = (number) => `${NUMBER.format(number)}\u00a0%`; // as percent() of models/share.py writes it
const share = (part) => percent(100 * part);
const soft = (colour) => `${colour}26`; // 15 % of it
const shares = (title = "") => ({ min: 0, max: 1, title: { display: title !== "", text: title },
  ticks: { stepSize: 0.25, callback: (value) => share(value) } });
const days = (texts) => texts.map((text) => DAY.format(new Date(`${text}T00:00:00`)));

function lines(series) {
  const sets = series.flatMap(({ name, tone, points }) => {
    const colour = token(`series-${tone}`);
    const known = (field) => points.map((point) => (point.value === null ? null : point[field]));
    const labels = days(points.map((point) => point.at));
    const alone = points.filter((point) => point.value !== null).length === 1; // a band needs two
    const reach = points.flatMap((point, at) => (alone && point.value !== null
      ? [{ x: labels[at], y: point.low }, { x: labels[at], y: point.high }] : []));
    const edge = { pointRadius: 0, pointHitRadius: 0, borderWidth: 0, backgroundColor: soft(colour) };
    return [
      { label: name, data: known("value"), borderColor: colour, backgroundColor: colour, pointRadius: 3, points },
      { label: "", data: known("high"), ...edge, fill: "+1" },
      { label: "", data: known("low"), ...edge, fill: false },
      { label: "", data: reach, borderColor: colour, borderWidth: 1.5, pointRadius: 0, pointHitRadius: 0 },
    ];
  });
  const said = ({ dataset, dataIndex }) => {
    const { value, low, high, of } = dataset.points[dataIndex];
    return `${share(value)} of ${of}; 95\u00a0%: ${share(low)} to ${share(high)}`;
  };
  return {
    type: "line",
    data: { labels: days(series[0].points.map((point) => point.at)), datasets: sets },
    options: { spanGaps: true, scales: { y: shares() }, plugins: { tooltip: {
      filter: ({ dataset }) => dataset.points !== undefined, callbacks: { label: said } } } },
  };
}

function reliability(dots) {
  const colour = token("series-1");
  const all = dots.reduce((sum, dot) => sum + dot.of, 0);
  const reach = dots.flatMap(({ stated, low, high }) => [{ x: stated, y: low }, { x: stated, y: high }, { x: NaN, y: NaN }]);
  const line = { showLine: true, pointRadius: 0, pointHitRadius: 0 };
  const said = ({ dataIndex }) => {
    const { stated, seen, of } = dots[dataIndex];
    return `stated ${share(stated)}, right ${share(seen)} of ${of}`;
  };
  return {
    type: "scatter",
    data: { datasets: [
      { data: dots.map(({ stated, seen }) => ({ x: stated, y: seen })), backgroundColor: colour,
        pointRadius: dots.map(({ of }) => 4 + 16 * Math.sqrt(of / all)), dots },
      { data: reach, borderColor: colour, borderWidth: 1.5, ...line },
      { data: [{ x: 0, y: 0 }, { x: 1, y: 1 }], borderColor: token("quiet"), borderDash: [5, 4], borderWidth: 1.5, ...line },
    ] },
    options: { scales: { x: { type: "linear", ...shares("stated") }, y: shares("right") },
      plugins: { tooltip: { filter: ({ dataset }) => dataset.dots !== undefined, callbacks: { label: said } } } },
  };
}

function timeline({ spans, since, now }) {
  const names = [...new Set(spans.map((span) => span.name))];
  const least = (Date.parse(now) - Date.parse(since)) / 250; // a wave of an hour is seen, too
  const across = ({ begins, ends }) => {
    const [from, to] = [Date.parse(begins), Date.parse(ends ?? now)];
    return [Math.min(from, to - least), to];
  };
  const cut = (name) => (name.length > 28 ? `${name.slice(0, 27).trimEnd()}…` : name);
  return {
    type: "bar",
    data: { labels: names, datasets: [{
      data: spans.map((span) => ({ x: across(span), y: span.name })),
      backgroundColor: spans.map((span) => token(span.ends === null ? "series-2" : "series-1")),
      barThickness: 14, grouped: false, borderSkipped: false, borderRadius: 2,
    }] },
    options: { indexAxis: "y", scales: {
      x: { type: "time", min: since, max: now, time: { minUnit: "day" } },
      y: { ticks: { callback: (place) => cut(names[place]), autoSkip: false } },
    }, plugins: { tooltip: { callbacks: { title: () => "", label: ({ dataIndex }) => spans[dataIndex].words } } } },
  };
}

function bars(values) {
  return {
    type: "bar",
    data: { labels: values.map(([label]) => label), datasets: [{
      data: values.map(([, value]) => value), backgroundColor: token("series-1"), maxBarThickness: 26 }] },
    options: { scales: { y: { beginAtZero: true, ticks: { callback: (value) => percent(value) } } },
      plugins: { tooltip: { callbacks: { title: () => "", label: ({ dataIndex }) => values[dataIndex][2] } } } },
  };
}

function growth({ since, until, counts }) {
  const [from, to] = [Date.parse(since), Date.parse(until)];
  const at = counts.map((_, place) => from + ((to - from) * place) / counts.length);
  const colour = token("series-1");
  const words = to - from < DAYS ? HOUR : DAY;
  const said = (place) => `${words.format(at[place])}: ${counts[place]}`;
  return {
    type: "bar",
    data: { labels: at, datasets: [{ data: counts, backgroundColor: colour, barPercentage: 1, categoryPercentage: 0.9 }] },
    options: { scales: { x: { ticks: { callback: (place) => words.format(at[place]), maxTicksLimit: 6, maxRotation: 0 } },
      y: { beginAtZero: true, ticks: { precision: 0 } } },
    plugins: { tooltip: { callbacks: { title: () => "", label: ({ dataIndex }) => said(dataIndex) } } } },
  };
}

const KINDS = { lines, reliability, timeline, bars, growth };

function draw(figure) {
  const canvas = figure.querySelector("canvas");
  drawn.get(canvas)?.destroy();
  const config = KINDS[figure.dataset.plot](JSON.parse(figure.querySelector("pre").textContent));
  for (const [axis, scale] of Object.entries({ x: {}, ...config.options.scales })) {
    const isOfNames = axis === "x" && scale.type === undefined;
    scale.grid = { color: token("line"), display: !isOfNames };
    scale.ticks = { maxRotation: 0, autoSkipPadding: 16, ...scale.ticks };
    config.options.scales[axis] = scale;
  }
  config.options = { ...config.options, animation: false, maintainAspectRatio: false, clip: false };
  config.options.plugins.legend = { display: false };
  drawn.set(canvas, new Chart(canvas, config));
  figure.dataset.drawn = token("ground");
}

function drawAll() {
  Chart.defaults.color = token("quiet");
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  for (const canvas of drawn.keys()) if (!canvas.isConnected) { drawn.get(canvas).destroy(); drawn.delete(canvas); }
  for (const figure of document.querySelectorAll("[data-plot]")) draw(figure);
}

drawAll();
document.addEventListener("htmx:afterSettle", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
