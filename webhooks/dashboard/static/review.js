// The review queue by keyboard: j and k move, y and n answer, u takes the last answer back, Enter opens the issue.
"use strict";

const questions = () => [...document.querySelectorAll("[data-question]")];
let place = 0;

function show(next) {
  const all = questions();
  if (all.length === 0) return;
  place = Math.max(0, Math.min(next, all.length - 1));
  all[place].focus();
  all[place].scrollIntoView({ block: "nearest" });
}

function press(button) {
  if (button) button.form.requestSubmit(button);
}

const KEYS = {
  j: () => show(document.activeElement.closest("[data-question]") ? place + 1 : place),
  k: () => show(place - 1),
  y: () => press(questions()[place]?.querySelector('[data-answer="confirm"]')),
  n: () => press(questions()[place]?.querySelector('[data-answer="dismiss"]')),
  u: () => press(document.querySelector("[data-undo]")),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && event.target.matches("[data-question]")) {
    event.target.querySelector("a.number").click();
    return;
  }
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("focusin", (event) => {
  const question = event.target.closest("[data-question]");
  if (question) place = questions().indexOf(question);
});

document.addEventListener("htmx:afterSettle", () => show(place));
