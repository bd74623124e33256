// The review queue by keyboard: j and k move, y and n answer, u takes one's own last answer back, Enter opens the issue.
// Answers, and what takes them back, are sent one after the other, so that nobody has to wait for one before the next;
// who follows a link meanwhile goes there when all are kept. What is said aloud goes through say() of page.js.
"use strict";

const questions = () => [...document.querySelectorAll("[data-question]")];
const question = (name) => questions().find((one) => one.dataset.question === name);
const current = () => document.activeElement?.closest("[data-question]");
const UNDO = "undo";

const waiting = []; // {question, answer, act}: what is still to be sent, in order; the first one may be under way
let sent = null; // the one that is under way
let unseen = false; // whether news came while one was
let order = []; // the names of the questions as they were last shown
let onward = null; // the link that was followed meanwhile
let last = null; // the name of the question where the reader was last

// `isAsked`: the reader did something for it; news move nothing under their eyes.
function show(name, isAsked = true) {
  const found = question(name);
  if (!found) return;
  last = name;
  found.focus({ preventScroll: !isAsked });
  if (isAsked) found.scrollIntoView({ block: "nearest" });
}

// Where the reader goes on: the same question, or the next one that is still there, or the last.
function goOn(isAsked = true) {
  const names = questions().map((one) => one.dataset.question);
  const after = order.slice(Math.max(0, order.indexOf(last)));
  order = names;
  const free = (name) => names.includes(name) && !waiting.some((one) => one.question === name);
  const next = after.find(free) ?? names.filter(free).at(-1) ?? names.at(-1);
  if (next) show(next, isAsked);
  else document.querySelector("main").focus({ preventScroll: !isAsked });
}

function move(by) {
  const all = questions();
  if (all.length === 0) { say("No question waits here."); return; }
  const at = all.indexOf(current());
  if (at < 0) { show(question(last) ? last : all[0].dataset.question); return; }
  const next = all[at + by];
  if (next) show(next.dataset.question);
  else say(by > 0 ? "This is the last question on this page." : "This is the first question on this page.");
}

function answer(kind, asked = current()) {
  if (!asked) { move(0); return; } // an answer is for the question that one sees marked
  if (!asked.querySelector(`[data-answer="${kind}"]`)) { say("That answer is not offered here."); return; }
  if (waiting.some((one) => one.question === asked.dataset.question)) { say("This is being answered."); return; }
  waiting.push({ question: asked.dataset.question, answer: kind });
  mark();
  goOn();
  send();
}

function takeBack() {
  const unsent = waiting.findLastIndex((one) => one !== sent);
  if (unsent >= 0) {
    const [one] = waiting.splice(unsent, 1);
    mark();
    show(one.question);
    say("The answer was not sent.");
    return;
  }
  waiting.push({ question: UNDO, answer: UNDO });
  send();
}

const button = ({ question: name, answer: kind, act }) => {
  if (kind !== UNDO) return question(name)?.querySelector(`[data-answer="${kind}"]`);
  return document.querySelector(act ? `[data-undo][data-act="${act}"]` : "[data-undo][data-mine]");
};

function send() {
  if (sent || waiting.length === 0) return;
  const found = button(waiting[0]);
  if (found) {
    [sent] = waiting;
    if (sent.answer === UNDO) last = found.dataset.undo;
    found.form.requestSubmit(found);
  } else {
    const [one] = waiting.splice(0, 1);
    say(one.answer === UNDO ? "There is nothing of yours to undo." : "This question was answered meanwhile.");
    mark();
    send();
  }
}

function ended() {
  waiting.splice(waiting.indexOf(sent), sent ? 1 : 0);
  sent = null;
  mark();
  send();
  if (!sent && onward) {
    const link = onward.isConnected ? onward : [...document.links].find(({ href }) => href === onward.href) ?? onward;
    onward = null;
    link.click();
    return;
  }
  if (sent || !unseen) return;
  unseen = false;
  htmx.trigger("#live", "sse:news");
}

function mark() {
  for (const one of questions()) {
    const busy = waiting.some((other) => other.question === one.dataset.question);
    one.classList.toggle("busy", busy);
    one.setAttribute("aria-busy", String(busy));
  }
}

const KEYS = {
  j: () => move(1), k: () => move(-1), y: () => answer("confirm"), n: () => answer("dismiss"), u: takeBack,
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && event.target.matches("[data-question]")) {
    event.target.querySelector("a.number").click();
    return;
  }
  const act = KEYS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  if (!event.repeat || "jk".includes(event.key)) act();
});

// Who presses a button waits in the same line.
document.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-answer], [data-undo]");
  if (!pressed) return;
  event.preventDefault();
  const { undo, act } = pressed.dataset;
  if (act) {
    if (waiting.some((one) => one.act === act)) { say("This is being taken back."); return; }
    waiting.push({ question: undo, answer: UNDO, act });
    send();
    return;
  }
  const asked = pressed.closest("[data-question]");
  last = asked.dataset.question;
  answer(pressed.dataset.answer, asked);
});

// Who follows a link, before anything else hears of it; a refused answer keeps them here.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!sent || !link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  onward = link;
  say("You go on when your answers are kept.");
}, true);
addEventListener("beforeunload", (event) => { if (waiting.length > 0) event.preventDefault(); });

document.addEventListener("focusin", () => { last = current()?.dataset.question ?? last; });

// Whether something else than the queue has the reader's attention: the head of the page, or a field in it.
const isElsewhere = () => document.activeElement !== document.body && !document.activeElement.closest("main");

// While an answer is under way, news are neither asked for nor shown: what comes back for the answer is as new. Where it
// is refused, they are asked for then.
for (const name of ["htmx:beforeRequest", "htmx:beforeSwap"]) {
  document.addEventListener(name, (event) => {
    if (event.detail.requestConfig.elt.id !== "live" || !sent) return;
    event.preventDefault();
    unseen = true;
  });
}
document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.target.closest("main")) return; // what comes along with an answer settles too: it ends one answer, not three
  mark();
  if (last && !isElsewhere()) goOn(event.detail.requestConfig?.verb === "post");
  order = questions().map((one) => one.dataset.question);
  if (event.detail.requestConfig?.verb !== "post") return;
  unseen = false;
  ended();
});
document.addEventListener("triage:refused", () => {
  onward = null;
  if (sent && sent.answer !== UNDO) show(sent.question);
  ended();
});

order = questions().map((one) => one.dataset.question);
