// The news of a live page. Its stream is closed while nobody looks at the page: a browser opens six connections to one
// server, and pages that are not seen would take those that others need. It goes on where it ended.
"use strict";

const AGAIN_AFTER = 10_000; // ms, where the server had no place for one more listener

// What htmx takes for an EventSource (its sse extension listens to it, and closes it with its element).
class News extends EventTarget {
  constructor(address) {
    super();
    this.address = new URL(address, location.href);
    this.source = null;
    this.look = () => (document.hidden ? this.rest() : this.listen());
    document.addEventListener("visibilitychange", this.look);
    this.look();
  }

  listen() {
    if (this.source) return;
    const source = new EventSource(this.address);
    source.addEventListener("news", ({ data }) => {
      this.address.searchParams.set("seen", data);
      this.dispatchEvent(new MessageEvent("news", { data }));
    });
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) this.isRefused(); };
    this.source = source;
  }

  // A browser tries again by itself where a connection broke, and not where it was refused.
  isRefused() {
    this.rest();
    this.timer = setTimeout(this.look, AGAIN_AFTER);
  }

  rest() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  close() {
    document.removeEventListener("visibilitychange", this.look);
    this.rest();
  }
}

htmx.createEventSource = (address) => new News(address);
