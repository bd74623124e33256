// What every page gains where scripts run: times in the reader's zone, colours that change at once.
"use strict";

const MOMENT = new Intl.DateTimeFormat(undefined, {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});

function localise(root) {
  for (const time of root.querySelectorAll("time[data-form]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    if (time.dataset.form === "moment") time.textContent = MOMENT.format(at);
    else time.title = MOMENT.format(at);
  }
}

localise(document);
document.addEventListener("htmx:afterSettle", (event) => localise(event.detail.elt.parentElement || document));

document.addEventListener("change", (event) => {
  if (event.target.id === "theme") event.target.form.requestSubmit();
});

// A refusal is a page too: show it in place of the content.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400 && event.detail.target.matches("main")) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
