// The strategy's form: takes a change in by itself, presses the right button on Enter, asks before unsaved work is lost.
(() => {
  const editor = () => document.getElementById('editor');
  let waiting, pressing = false, leaving = false, sent = null, typed = null;

  // A changed field is taken in at once, but not while a button is being pressed: the press sends the field anyway.
  const takeIn = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (pressing) return takeIn();
      const form = editor();
      form?.requestSubmit(form.querySelector('[data-apply]'));
    }, 150);
  };
  document.addEventListener('change', event => { if (event.target.matches('#editor [data-live]')) takeIn(); });
  document.addEventListener('pointerdown', () => { pressing = true; });
  ['pointerup', 'pointercancel'].forEach(name => document.addEventListener(name, () => { pressing = false; }));
  document.addEventListener('submit', () => clearTimeout(waiting), true);

  document.addEventListener('keydown', event => {
    const wanted = event.key === 'Enter' && event.target.dataset?.enter;
    if (!wanted) return;
    event.preventDefault();
    editor().requestSubmit(editor().querySelector(`[data-does="${wanted}"]`));
  });

  // Who types on while an answer is on its way keeps what was typed.
  const field = () => {
    const active = document.activeElement;
    return active?.matches('#editor input:not([type=hidden])') && active.id ? { id: active.id, value: active.value } : null;
  };
  document.addEventListener('htmx:configRequest', () => { sent = field(); });
  document.addEventListener('htmx:beforeSwap', () => {
    const now = field();
    typed = now && (now.id !== sent?.id || now.value !== sent.value) && now.value !== document.getElementById(now.id).defaultValue ? now : null;
  });

  document.addEventListener('htmx:afterSwap', () => {
    const form = editor();
    if (!form) return;
    if (form.dataset.told) document.getElementById('told').textContent = form.dataset.told;
    const again = typed && document.getElementById(typed.id);
    if (again) again.value = typed.value;
    const next = again || document.getElementById(form.dataset.focus) || (form.dataset.faulty && form.querySelector('[aria-invalid=true]'));
    if (!next) return;
    next.focus({ preventScroll: true });
    const box = next.getBoundingClientRect();
    if (box.top < 64 || box.top > innerHeight - 120) next.scrollIntoView({ block: 'start' });
  });

  // What leads away on purpose is not asked about.
  document.addEventListener('click', event => { if (event.target.closest('[data-discard]')) leaving = true; });
  document.addEventListener('htmx:beforeOnLoad', event => { if (event.detail.xhr.getResponseHeader('HX-Redirect')) leaving = true; });
  addEventListener('beforeunload', event => { if (!leaving && editor()?.dataset.unsaved) event.preventDefault(); });
})();
