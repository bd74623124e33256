// Who works with the keyboard stays where they were when a part of the page is replaced: on the same button, link or
// field, else on what the act came to, else at the content's beginning.
"use strict";

const OURS = ["form_token", "back"]; // the fields that every form has, and that change
let pressed = null; // what had the focus when the request began: htmx disables the button meanwhile, which loses it
let kept = null; // {key, place} of what had the focus when the part was replaced

const focused = () => (document.activeElement === document.body ? null : document.activeElement);

// The same on the old page and on the new one.
function keyOf(element) {
  if (element.id) return `#${element.id}`;
  const words = element.matches("button, a, summary") ? element.textContent.trim() : "";
  const form = element.closest("form");
  const hidden = [...(form?.querySelectorAll("input[type=hidden]") ?? [])].filter(({ name }) => !OURS.includes(name));
  const about = hidden.map(({ name, value }) => `${name}=${value}`);
  return [element.tagName, element.name, element.dataset.question, words, form?.getAttribute("action"), ...about].join("|");
}

function alike(key) {
  const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]");
  return [...all].filter((one) => keyOf(one) === key);
}

function keep(element) {
  if (!element) return null;
  const key = keyOf(element);
  return { key, place: Math.max(0, alike(key).indexOf(element)) };
}

document.addEventListener("htmx:beforeRequest", () => { pressed = focused(); });
document.addEventListener("htmx:beforeSwap", () => { kept = keep(focused() ?? pressed); });

// htmx itself keeps what has an id.
document.addEventListener("htmx:afterSwap", (event) => {
  if (!kept || focused() || !event.target.closest("main")) return;
  const isActs = event.detail.requestConfig?.verb === "post";
  const otherwise = (isActs && document.getElementById("notice")) || document.querySelector("main");
  (alike(kept.key)[kept.place] ?? otherwise).focus({ preventScroll: true });
  kept = null;
});

// An act that was refused left the page as it was.
document.addEventListener("htmx:afterRequest", () => {
  if (pressed?.isConnected && !focused()) pressed.focus({ preventScroll: true });
  pressed = null;
});
