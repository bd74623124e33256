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

for (const select of document.querySelectorAll("[data-theme-form] select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

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
