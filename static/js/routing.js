// The strategy's form: takes a change in by itself, presses the right button on Enter, loses no press and no letter, asks before unsaved work is lost.
(() => {
  const editor = () => document.getElementById('editor');
  // A click, not requestSubmit(): htmx sends the button that was clicked or has the focus, whichever submits.
  const press = selector => editor()?.querySelector(selector)?.click();
  let waiting, pressing = false, leaving = false;

  // A changed field is taken in at once, but not while a button is being pressed: the press sends the field anyway.
  const takeIn = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (pressing || running) return takeIn();
      press('[data-apply]');
    }, 150);
  };
  document.addEventListener('change', event => { if (event.target.matches('#editor [data-live]')) takeIn(); });
  // Of a button that is swapped between down and up the browser makes no click: the one in its place is pressed.
  let held = null;
  const under = event => event.target.closest?.('#editor [name=do]');
  document.addEventListener('pointerdown', event => { pressing = true; held = under(event); });
  document.addEventListener('pointerup', event => {
    const over = under(event);
    if (held && over && over !== held && over.value === held.value) over.click();
  });
  ['pointerup', 'pointercancel'].forEach(name => document.addEventListener(name, () => { pressing = false; held = null; }));

  document.addEventListener('keydown', event => {
    const wanted = event.key === 'Enter' && event.target.dataset?.enter;
    if (!wanted) return;
    event.preventDefault();
    press(`[data-does="${wanted}"]`);
  });

  // Each step begins with the answer to the one before: a press in between waits for it, since the form still says the old state.
  // Taking a field in may be cut short by a press, which sends the field too.
  let running = '';
  const pressed = [];
  document.addEventListener('submit', event => {
    if (event.target !== editor()) return;
    const step = event.submitter?.value || 'apply';
    clearTimeout(waiting);
    if (!running) {
      running = step === 'apply' ? '' : step;
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (step === 'apply') takeIn();
    else if (step !== running || /^(up|down|toggle):/.test(step)) pressed.push(step);
  }, true);
  const goOn = () => {
    running = '';
    while (pressed.length && !running) press(`[name=do][value="${CSS.escape(pressed.shift())}"]`);
  };
  ['htmx:responseError', 'htmx:sendError'].forEach(name => document.addEventListener(name, event => {
    if (event.target === editor()) { pressed.length = 0; goOn(); }
  }));

  // Who types on while an answer is on its way keeps what was typed, as long as it is the same rule.
  let sent = new Map(), typed = [];
  const state = field => field.type === 'checkbox' ? field.checked : field.value;
  const fields = () => new Map([...document.querySelectorAll('#editor :is(input:not([type=hidden]), select)[id]')].map(each => [each.id, state(each)]));
  const chosen = () => editor()?.elements.selected?.value;
  let rule = '';
  // Who has gone on to another field stays there, with the text that is chosen in it.
  let left = '', cursor = null;
  document.addEventListener('htmx:configRequest', event => {
    if (event.target !== editor()) return;
    sent = fields();
    left = document.activeElement.id;
    document.getElementById('told').textContent = '';
  });
  document.addEventListener('htmx:beforeSwap', () => {
    rule = chosen();
    const { id, selectionStart, selectionEnd } = document.activeElement;
    cursor = fields().has(id) ? { id, selectionStart, selectionEnd } : null;
    // The condition to be added next is no part of the rule: no answer knows which one was chosen.
    typed = [...fields()].filter(([id, value]) => id.startsWith('add-') || (sent.has(id) && value !== sent.get(id)));
  });

  const restore = () => {
    const form = editor();
    if (!form) return;
    if (form.dataset.told) document.getElementById('told').textContent = form.dataset.told;
    const active = document.activeElement;
    let writing = null;
    for (const [id, value] of chosen() === rule ? typed : []) {
      const field = document.getElementById(id);
      if (!field || (field.options && ![...field.options].some(each => each.value === value))) continue;
      field[field.type === 'checkbox' ? 'checked' : 'value'] = value;
      if (field === active) writing = field;
      else if (field.matches('[data-live]')) takeIn();
    }
    typed = [];
    if (cursor && active?.id === cursor.id && chosen() === rule) {
      if (active.id !== left) writing = active;
      if (cursor.selectionStart !== null && active.setSelectionRange) active.setSelectionRange(cursor.selectionStart, cursor.selectionEnd);
    }
    const next = writing || document.getElementById(form.dataset.focus) || (form.dataset.faulty && form.querySelector('[aria-invalid=true]'));
    if (!next) return;
    next.focus({ preventScroll: true });
    const box = next.getBoundingClientRect();
    if (box.top < 64 || box.top > innerHeight - 120) next.scrollIntoView({ block: 'start' });
  };
  document.addEventListener('htmx:afterSettle', event => { if (event.target === editor()) { restore(); goOn(); } });
  restore(); // a step without htmx answers with the whole page

  // What leads away on purpose is not asked about.
  document.addEventListener('click', event => { if (event.target.closest('[data-discard]')) leaving = true; });
  document.addEventListener('htmx:beforeOnLoad', event => { if (event.detail.xhr.getResponseHeader('HX-Redirect')) leaving = true; });
  addEventListener('beforeunload', event => { if (!leaving && editor()?.dataset.unsaved) event.preventDefault(); });
})();
