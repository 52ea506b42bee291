// The scan field of the floor. A scanner types faster than a bad network answers: every scan waits its turn with a key
// of its own, so a repeat after a lost answer counts nothing twice. The field is empty by then: with `required` checked
// (no `novalidate`), htmx would not send it at all. Without JavaScript the form is sent as it is.
(() => {
  const form = document.querySelector('form[data-scan]');
  if (!form) return;
  const { code } = form.elements;
  const told = form.querySelector('[data-scan-waiting]');
  const waiting = [];
  let busy = false;
  let failed = false;

  const show = () => {
    told.hidden = !(failed && waiting.length);
    told.querySelector('b').textContent = waiting.length;
  };
  const send = async () => {
    if (busy || !waiting.length) return;
    busy = true;
    failed = true; // until it is answered
    try {
      await htmx.ajax('POST', form.action, { source: form, target: form.dataset.target, values: waiting[0] });
    } catch { failed = true; }
    busy = false;
    if (!failed) waiting.shift();
    else setTimeout(send, 3000);
    show();
    if (!failed) send();
  };

  form.addEventListener('htmx:afterRequest', event => { // busy or away: the scan is kept; refused: it is told
    if (event.detail.elt === form) failed = !event.detail.xhr || event.detail.xhr.status === 0 || event.detail.xhr.status >= 500;
  });
  form.addEventListener('submit', event => {
    event.preventDefault();
    const scanned = code.value.trim();
    code.value = '';
    if (!scanned) return;
    waiting.push({ code: scanned, key: Array.from(crypto.getRandomValues(new Uint32Array(4)), n => n.toString(36)).join('') });
    show();
    send();
  });
  addEventListener('online', send);
  addEventListener('beforeunload', event => { if (waiting.length) event.preventDefault(); });
  // A scanner types wherever the cursor is: after a press on a button it comes back to the field.
  document.addEventListener('htmx:afterSettle', () => {
    if (!document.activeElement || document.activeElement === document.body) code.focus({ preventScroll: true });
  });
})();
