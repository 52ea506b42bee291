// The strategy's form: takes a change in by itself, presses the right button on Enter, asks before unsaved work is lost.
(() => {
  const editor = () => document.getElementById('editor');
  let waiting, down = false, leaving = false;

  // A changed field is taken in at once, but not while a button is being pressed: the press sends the field anyway.
  const takeIn = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (down) return takeIn();
      const form = editor();
      form?.requestSubmit(form.querySelector('[data-apply]'));
    }, 150);
  };
  document.addEventListener('change', event => { if (event.target.closest('#editor') && event.target.matches('[data-live]')) takeIn(); });
  document.addEventListener('pointerdown', () => { down = true; });
  ['pointerup', 'pointercancel'].forEach(name => document.addEventListener(name, () => { down = false; }));
  document.addEventListener('submit', () => clearTimeout(waiting), true);

  document.addEventListener('keydown', event => {
    const wanted = event.key === 'Enter' && event.target.dataset?.enter;
    if (!wanted) return;
    event.preventDefault();
    const form = editor();
    form.requestSubmit(form.querySelector(`[data-does="${wanted}"]`));
  });

  document.addEventListener('htmx:afterSwap', () => {
    const told = editor()?.dataset.told;
    if (told) document.getElementById('told').textContent = told;
    editor()?.querySelector('[aria-invalid=true]')?.focus({ preventScroll: true });
  });

  // A whole-page answer to a save leads away on purpose; so does Discard.
  document.addEventListener('click', event => { if (event.target.closest('[data-discard]')) leaving = true; });
  document.addEventListener('htmx:beforeOnLoad', event => { if (event.detail.xhr.getResponseHeader('HX-Redirect')) leaving = true; });
  addEventListener('beforeunload', event => { if (!leaving && editor()?.dataset.unsaved) event.preventDefault(); });
})();
