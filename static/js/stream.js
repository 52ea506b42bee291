// News as a stream: one connection for each page that is seen. A browser keeps six to a host, so pages in hidden tabs, or
// kept for the way back, would hold them all and the next page would wait for ever.
(() => {
  const streams = new Set();
  const seen = () => document.visibilityState === 'visible';

  // A stream ends with its token. Every polled part brings a new address, which the next connection takes.
  let address = '';
  document.addEventListener('htmx:afterSwap', () => {
    address = document.querySelector('[data-live-url]')?.dataset.liveUrl || address;
  });

  // What htmx takes for an EventSource; it sleeps while nobody sees the page, and tells once of what it may have missed.
  class Stream extends EventTarget {
    constructor(url) {
      super();
      Object.assign(this, { url, types: new Set(), readyState: EventSource.CONNECTING, source: null, slept: false });
      streams.add(this);
      if (seen()) this.wake();
    }

    addEventListener(type, ...how) {
      super.addEventListener(type, ...how);
      if (this.types.has(type)) return;
      this.types.add(type);
      this.hear(type);
    }

    hear(type) {
      this.source?.addEventListener(type, event => this.tell(type, event.data));
    }

    tell(type, data = '') {
      this.dispatchEvent(new MessageEvent(type, { data }));
    }

    wake() {
      if (this.source) return;
      this.source = new EventSource(address || this.url);
      this.source.onopen = event => {
        this.readyState = EventSource.OPEN;
        this.onopen?.(event);
        if (this.slept) this.types.forEach(type => this.tell(type));
        this.slept = false;
      };
      this.source.onerror = event => {
        this.readyState = event.target.readyState;
        if (this.readyState === EventSource.CLOSED) streams.delete(this);
        this.onerror?.(event);
      };
      this.types.forEach(type => this.hear(type));
    }

    sleep() {
      this.source?.close();
      this.source = null;
      this.slept = true;
    }

    close() {
      this.sleep();
      this.readyState = EventSource.CLOSED;
      streams.delete(this);
    }
  }

  htmx.createEventSource = url => new Stream(url);
  const all = what => streams.forEach(stream => stream[what]());
  document.addEventListener('visibilitychange', () => all(seen() ? 'wake' : 'sleep'));
  addEventListener('pagehide', () => all('sleep'));
  addEventListener('pageshow', event => { if (event.persisted) all('wake'); });
})();
