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

// What is told of the time since a moment grows with it; the server's clock counts, not the reader's. Steps and words
// as in `lasting` of templating.py.
const STEPS = [[31_536_000, "y"], [86_400, "d"], [3_600, "h"], [60, "min"], [0, "s"]];
const AHEAD = Date.parse(document.documentElement.dataset.now) - Date.now();

function lasting(since) {
  const seconds = Math.max(0, Math.floor((Date.now() + AHEAD - since) / 1000));
  const [step, unit] = STEPS.find(([least]) => seconds >= least);
  return `${Math.floor(seconds / (step || 1))} ${unit}`;
}

function recount() {
  for (const time of document.querySelectorAll("time[data-form=ago], time[data-form=lasting]")) {
    const said = lasting(Date.parse(time.dateTime)) + (time.dataset.form === "ago" ? " ago" : "");
    if (time.textContent !== said) time.textContent = said;
  }
}

setInterval(recount, 30_000);
document.addEventListener("visibilitychange", recount);

// On a narrow screen the ways, and the tabs, are wider than it: the one where one is stands in the middle.
function centre() {
  for (const here of document.querySelectorAll(".ways [aria-current], .tabs [aria-current]")) {
    const row = here.closest(".ways, .tabs");
    row.scrollLeft += here.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.clientWidth - here.offsetWidth) / 2;
  }
}

centre();
document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.boosted) centre(); });

localise(document);
document.addEventListener("htmx:afterSwap", () => { localise(document); recount(); }); // before it is painted, so that nothing moves

// The page stays as it is, with what was written in it.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id !== "theme-form") return;
  event.preventDefault();
  const theme = form.elements.theme.value;
  const sent = { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" };
  const answer = await fetch(form.action, sent).catch(() => null);
  if (answer?.type !== "opaqueredirect") { form.submit(); return; } // it shows why not
  document.documentElement.dataset.theme = theme;
  say(`Colours: ${theme}`);
});

// Said aloud by a screen reader; the same words twice are said twice.
function say(words) {
  const said = document.getElementById("said");
  said.textContent = "";
  setTimeout(() => { said.textContent = words; }, 50);
}

// What an act came to stands at the top, and is said: what is put into a page with its words in it is not heard.
document.addEventListener("htmx:afterSettle", (event) => {
  const notice = event.target.closest("main")?.querySelector("#notice > p"); // not for what comes along with it
  if (notice && event.detail.requestConfig?.verb === "post") say(notice.textContent.trim());
});

// A page that is refused is a page too: show it in place of the content. An act that is refused leaves the page, and
// what was written in it, as it was, and says why nothing was done.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target, requestConfig } = event.detail;
  if (xhr.status < 400 || xhr.getResponseHeader("HX-Redirect")) return;
  event.detail.isError = false;
  event.detail.shouldSwap = requestConfig.verb === "get" && target.matches("main");
  if (requestConfig.verb !== "post") return;
  const said = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("main .empty");
  const words = said?.querySelector("p").textContent ?? `the server answered ${xhr.status}.`;
  refused(words, xhr.status === 401 ? said?.querySelector("a") : null);
});
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:sendAbort"]) {
  document.addEventListener(name, (event) => {
    const { verb, triggeringEvent } = event.detail.requestConfig;
    if (verb === "post") refused("the server did not answer. Look whether it was done before you try again.");
    else if (["click", "submit"].includes(triggeringEvent?.type)) refused("the server did not answer. Try again.");
  });
}

// `onward`: a link of the answer.
function refused(why, onward = null) {
  const notice = document.createElement("div");
  const words = document.createElement("p");
  notice.id = "notice";
  notice.className = "notice refused";
  words.textContent = `Not done: ${why}`;
  notice.append(words);
  if (onward) notice.append(document.importNode(onward, true));
  document.getElementById("notice")?.remove();
  document.querySelector("main").prepend(notice);
  notice.scrollIntoView({ block: "nearest" });
  say(words.textContent);
  document.dispatchEvent(new Event("triage:refused"));
}

// What is told is what was looked at: a text that was changed since is previewed first.
document.addEventListener("input", ({ target }) => {
  const previewed = document.getElementById("previewed");
  if (target.id !== "text" || !previewed) return;
  const isOther = target.value.trim() !== previewed.value.trim();
  previewed.form.querySelector("button").disabled = isOther;
  document.getElementById("look-first").hidden = !isOther;
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  // Who chooses reports has not said yet what to do with them; the Enter key would press the form's first button.
  if (event.key === "Enter" && event.target.matches("input[type=checkbox][name=numbers]")) event.preventDefault();
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
