// The news of a live page. A browser opens six connections to one server, and streams would take those that other pages
// need: so the pages of one repository share one. They stand in line for a lock; who has it listens, and tells the others
// how things stand. Who is not seen leaves the line, asks when it is shown again, and goes on where it ended. Where there
// are no locks (plain HTTP from elsewhere), each page that is seen has a stream. A page that hears nothing any more says
// so. Uses say() and MOMENT of page.js.
"use strict";

const LOOK_EVERY = 10_000; // ms
const READ_ANEW_AFTER = 300_000; // ms without news: what only grows old, as a task that is overdue, is seen then
const AWAY_AFTER = 30_000; // ms that nothing was heard, though the pages say every few seconds that they hear
const AWAY = ["The server does not answer", "Try again", () => location.pathname + location.search];
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
    this.turn = null; // aborted: the line is left, or the lock given up
    this.hasEnded = false;
    this.isAway = false;
    this.seenSince = null;
    this.heardAt = this.readAt = Date.now();
    if (navigator.locks) {
      this.channel = new BroadcastChannel(this.address.pathname);
      this.channel.onmessage = ({ data }) => this.hear(data);
    }
    this.look = () => (document.hidden ? this.hide() : this.listen());
    this.timer = setInterval(() => { if (!this.hasEnded) this.look(); }, LOOK_EVERY);
    document.addEventListener("visibilitychange", this.look);
    this.look();
  }

  listen() {
    this.seenSince ??= Date.now();
    if (!this.turn) this.line();
    if (this.source?.readyState === EventSource.OPEN) this.hears();
    if (!this.isAway && !this.hasEnded && Date.now() - Math.max(this.heardAt, this.seenSince) > AWAY_AFTER) {
      this.isAway = true;
      sayEnd(AWAY, this.heardAt);
    }
    if (!this.hasEnded && Date.now() - this.readAt > READ_ANEW_AFTER) this.tell();
  }

  // The server is there; the others are told so.
  hears() {
    this.heardAt = Date.now();
    this.pass();
    this.isBack();
  }

  isBack() {
    if (this.isAway || this.hasEnded) document.getElementById("ended")?.remove();
    this.isAway = this.hasEnded = false;
  }

  line() {
    this.turn = new AbortController();
    if (!this.channel) { this.open(); return; }
    const { signal } = this.turn;
    const listening = () => new Promise((done) => {
      signal.addEventListener("abort", done);
      this.open();
    });
    navigator.locks.request(this.channel.name, { signal }, listening).catch(() => {}); // it left the line
    this.channel.postMessage({ asks: true });
  }

  // What another page says: how things stand, or that it wants to know.
  hear({ asks, mark }) {
    if (asks) {
      if (this.source?.readyState === EventSource.OPEN) this.pass();
    } else if (!document.hidden) {
      this.heardAt = Date.now();
      this.isBack();
      this.learn(mark);
    }
  }

  pass() {
    this.channel?.postMessage({ mark: this.address.searchParams.get("seen") });
  }

  learn(mark) {
    if (mark === this.address.searchParams.get("seen")) return;
    this.address.searchParams.set("seen", mark);
    this.tell();
  }

  open() {
    const source = new EventSource(this.address);
    source.addEventListener("news", ({ data }) => {
      this.learn(data);
      this.pass();
    });
    source.onopen = () => this.hears();
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

  hide() {
    this.seenSince = null;
    this.rest();
  }

  rest() {
    if (this.source?.readyState === EventSource.OPEN) this.heardAt = Date.now();
    this.source?.close();
    this.source = null;
    this.turn?.abort();
    this.turn = null;
  }

  close() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.look);
    this.rest();
    this.channel?.close();
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
