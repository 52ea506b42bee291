// Shared by every page: toasts, the question before a serious action, the live pill, failures of a request in words.
(() => {
  const words = JSON.parse(document.getElementById('shell-words').textContent);

  // ── toasts ──────────────────────────────────────────────────────────────────────────────────────────────────
  const region = document.getElementById('toasts');
  const pattern = document.getElementById('toast-pattern');

  const leaveLater = toast => {
    if (toast.dataset.level === 'error') return; // bad news stays until it is read
    let timer;
    const start = () => { timer = setTimeout(() => toast.remove(), 8000); };
    const stop = () => clearTimeout(timer);
    ['mouseenter', 'focusin'].forEach(name => toast.addEventListener(name, stop));
    ['mouseleave', 'focusout'].forEach(name => toast.addEventListener(name, start));
    start();
  };

  const say = ({ text, level = 'success', undo = '' }) => {
    const source = pattern.content.querySelector(`[data-level="${level}"]`) || pattern.content.querySelector('[data-level="info"]');
    const toast = source.cloneNode(true);
    toast.querySelector('[data-toast-text]').textContent = text;
    const button = toast.querySelector('[data-toast-undo]');
    if (undo) {
      button.hidden = false;
      button.addEventListener('click', () => {
        toast.remove();
        htmx.ajax('POST', undo, { source: document.body, swap: 'none' });
      });
    }
    region.append(toast);
    leaveLater(toast);
  };

  document.addEventListener('toast', event => say(event.detail));
  document.addEventListener('click', event => event.target.closest('[data-toast-close]')?.closest('.toast-card').remove());
  region.querySelectorAll('.toast-card').forEach(leaveLater);

  // ── failures ────────────────────────────────────────────────────────────────────────────────────────────────
  document.addEventListener('htmx:responseError', event => {
    const { xhr } = event.detail;
    if (event.detail.requestConfig.triggeringEvent?.type?.startsWith('sse:')) return;
    if (event.detail.elt.closest('[data-quiet]')) return; // a part that asks by itself: the live pill tells
    say({ text: words[xhr.status] || words.failed, level: 'error' });
  });
  document.addEventListener('htmx:sendError', event => {
    if (!event.detail.elt.closest('[data-quiet]')) say({ text: words.unreachable, level: 'error' });
  });

  // ── the question before a serious action: hx-confirm on any element, data-confirm on a plain form ───────────────
  const dialog = document.getElementById('confirm');
  const ask = (question, asker, button, go) => {
    const told = { ...asker.dataset, ...button?.dataset };
    const yes = dialog.querySelector('[data-confirm-yes]');
    dialog.querySelector('[data-confirm-question]').textContent = question;
    yes.textContent = told.confirmYes || (button || asker).textContent.trim() || words.yes;
    yes.classList.toggle('btn-danger', 'confirmDanger' in told);
    yes.classList.toggle('btn-primary', !('confirmDanger' in told));
    dialog.onclose = () => { if (dialog.returnValue === 'yes') go(); };
    dialog.returnValue = '';
    dialog.showModal();
  };
  document.addEventListener('htmx:confirm', event => {
    if (!event.detail.question) return;
    event.preventDefault();
    const { elt, question, triggeringEvent, issueRequest } = event.detail;
    ask(question, elt, triggeringEvent?.submitter, () => issueRequest(true));
  });
  document.addEventListener('submit', event => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    ask(form.dataset.confirm, form, event.submitter, () => {
      form.dataset.confirmed = 'yes';
      form.requestSubmit(event.submitter);
    });
  });

  // ── the live pill: says how this page hears news, only on pages that have live parts ──────────────────────────────
  const pill = document.getElementById('live');
  if (pill) {
    let state = '';
    const show = next => {
      if (next === state) return;
      state = next;
      pill.hidden = false;
      pill.querySelectorAll('[data-live]').forEach(part => { part.hidden = part.dataset.live !== next; });
      document.documentElement.dataset.live = next;
    };
    let streaming = false;
    const settle = () => show(!navigator.onLine ? 'offline' : streaming ? 'live' : 'polling');
    document.addEventListener('htmx:sseOpen', () => { streaming = true; settle(); });
    document.addEventListener('htmx:sseError', () => { streaming = false; settle(); });
    document.addEventListener('htmx:sseClose', event => {
      if (event.detail.type !== 'nodeReplaced') { streaming = false; settle(); }
    });
    document.addEventListener('htmx:afterRequest', event => {
      if (!event.detail.elt.closest('[data-quiet]')) return;
      if (event.detail.failed && !event.detail.xhr?.status) show('offline');
      else settle();
    });
    addEventListener('online', settle);
    addEventListener('offline', settle);
    if (document.querySelector('[sse-connect], [data-quiet]')) settle();
  }

  // ── parts that ask by themselves leave people alone ───────────────────────────────────────────────────────────
  // While somebody types or chooses inside, the part waits; the focus on a link or button comes back after the swap.
  document.addEventListener('htmx:beforeRequest', event => {
    const { elt, target } = event.detail;
    if (elt.matches('[data-quiet]') && target?.contains(document.activeElement) && document.activeElement.matches('input, select, textarea')) event.preventDefault();
  });
  let focused = null;
  document.addEventListener('htmx:beforeSwap', event => {
    const at = document.activeElement;
    const name = event.detail.target.contains(at) && !at.id && at.closest('a[href]')?.getAttribute('href');
    focused = name ? { name, place: [...event.detail.target.querySelectorAll(`a[href="${CSS.escape(name)}"]`)].indexOf(at) } : null;
  });
  document.addEventListener('htmx:afterSwap', event => {
    if (!focused || document.activeElement !== document.body) return;
    event.detail.target.querySelectorAll(`a[href="${CSS.escape(focused.name)}"]`)[Math.max(focused.place, 0)]?.focus({ preventScroll: true });
    focused = null;
  });

  // ── the last news counts: htmx's throttle drops what comes while it waits, so it is told once more afterwards ──────
  const taken = new WeakSet(); // parts whose newest message has begun a request
  const untold = new WeakMap(); // parts that wait, with the type of the message
  document.addEventListener('htmx:trigger', event => taken.add(event.target));
  const tellAgain = part => setTimeout(() => {
    if (!part.isConnected || !untold.has(part)) return;
    if (busy()) { tellAgain(part); return; }
    htmx.trigger(part, `sse:${untold.get(part)}`);
    if (taken.delete(part)) untold.delete(part);
    else tellAgain(part);
  }, 250);
  document.addEventListener('htmx:sseMessage', event => {
    const part = event.target;
    if (taken.delete(part)) { untold.delete(part); return; }
    if (!untold.has(part)) tellAgain(part);
    untold.set(part, event.detail.type);
  });

  // News never takes away what is being pressed: not while a question is open, not between a press and its answer. A
  // part that asked before the press is older than that answer, too; it is told once more.
  const pressing = new Set();
  const PATIENCE = 30_000; // a press into a dead line holds the page no longer
  let presses = 0;
  const asked = new WeakMap(); // requests of parts that ask by themselves, with the presses before them
  const busy = () => dialog.open || pressing.size > 0;
  document.addEventListener('htmx:beforeSend', event => {
    const { xhr, elt, requestConfig } = event.detail;
    if (requestConfig.verb === 'get') {
      if (elt.matches('[data-quiet]')) asked.set(xhr, presses);
      return;
    }
    presses += 1;
    pressing.add(xhr);
    xhr.addEventListener('loadend', () => pressing.delete(xhr));
    setTimeout(() => pressing.delete(xhr), PATIENCE);
  });
  document.addEventListener('htmx:beforeOnLoad', event => {
    const { xhr, elt, requestConfig } = event.detail;
    if (!asked.has(xhr) || (!busy() && asked.get(xhr) === presses)) return;
    event.preventDefault();
    const news = requestConfig.triggeringEvent?.type;
    if (!news?.startsWith('sse:') || untold.has(elt)) return;
    untold.set(elt, news.slice(4));
    tellAgain(elt);
  });

  // A press that leads to another page is not led back by the news of what it did.
  let leaving = false;
  document.addEventListener('htmx:beforeOnLoad', event => {
    if (leaving && event.detail.elt.closest('[data-quiet]')) event.preventDefault();
    if (!event.detail.xhr.getResponseHeader('HX-Redirect')) return;
    leaving = true;
    setTimeout(() => { leaving = false; }, 10_000); // who is asked about unsaved work may stay
  });

  // ── small things ────────────────────────────────────────────────────────────────────────────────────────────
  // "/" goes to the search field, as in most lists of work.
  document.addEventListener('keydown', event => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input, textarea, select, [contenteditable]')) return;
    const field = document.getElementById('search');
    if (!field || !field.offsetParent) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
  // A filter form is sent when a choice changes; without JavaScript it keeps its button.
  document.addEventListener('change', event => event.target.closest('form[data-autosend]')?.requestSubmit());
  // Clicking anywhere in a row follows its main link.
  document.addEventListener('click', event => {
    const row = event.target.closest('tr[data-row-link]');
    if (!row || event.target.closest('a, button, input, label, select') || String(getSelection())) return;
    row.querySelector('a')?.click();
  });
})();
