// The news of a live page. Its stream is closed while nobody looks at the page: a browser opens six connections to one
// server, and pages that are not seen would take those that others need. It goes on where it ended. A page that hears
// nothing any more says so. Uses say() and MOMENT of page.js.
"use strict";

const LOOK_EVERY = 10_000; // ms
const READ_ANEW_AFTER = 300_000; // ms without news: what only grows old, as a task that is overdue, is seen then
const ENDS = {
  401: ["Your sign-in is over", "Sign in again", () => `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`],
  404: ["This repository is no longer here, or not yours to see", "All repositories", () => "/"],
};

// What htmx takes for an EventSource (its sse extension listens to it, and closes it with its element).
class News extends EventTarget {
  constructor(address) {
    super();
    this.address = new URL(address, location.href);
    this.source = null;
    this.hasEnded = false;
    this.heardAt = this.readAt = Date.now();
    this.look = () => (document.hidden ? this.rest() : this.listen());
    this.timer = setInterval(() => { if (!this.hasEnded) this.look(); }, LOOK_EVERY);
    document.addEventListener("visibilitychange", this.look);
    this.look();
  }

  listen() {
    if (!this.source) this.open();
    if (!this.hasEnded && Date.now() - this.readAt > READ_ANEW_AFTER) this.tell();
  }

  open() {
    const source = new EventSource(this.address);
    source.addEventListener("news", ({ data }) => {
      this.address.searchParams.set("seen", data);
      this.tell();
    });
    source.onopen = () => {
      this.heardAt = Date.now();
      this.hasEnded = false;
      document.getElementById("ended")?.remove();
    };
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) this.isRefused(); };
    this.source = source;
  }

  tell() {
    this.readAt = Date.now();
    this.dispatchEvent(new MessageEvent("news"));
  }

  // A browser tries again by itself where a connection broke, and not where it was refused; it does not say why.
  async isRefused() {
    this.rest();
    const end = ENDS[await statusOf(this.address)];
    if (!end || this.hasEnded) return;
    this.hasEnded = true;
    sayEnd(end, this.heardAt);
  }

  rest() {
    if (this.source?.readyState === EventSource.OPEN) this.heardAt = Date.now();
    this.source?.close();
    this.source = null;
  }

  close() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.look);
    this.rest();
  }
}

async function statusOf(address) {
  const asking = new AbortController();
  try {
    return (await fetch(address, { headers: { Accept: "text/event-stream" }, signal: asking.signal })).status;
  } catch {
    return 0; // the server is away
  } finally {
    asking.abort();
  }
}

function sayEnd([why, onward, href], heardAt) {
  const notice = document.createElement("div");
  const words = document.createElement("p");
  const link = document.createElement("a");
  notice.id = "ended";
  notice.className = "notice failed";
  words.textContent = `${why}: what stands here is as it was on ${MOMENT.format(heardAt)}.`;
  link.textContent = onward;
  link.href = href();
  notice.append(words, link);
  document.getElementById("ended")?.remove();
  document.querySelector("main").prepend(notice);
  say(words.textContent);
}

htmx.createEventSource = (address) => new News(address);
