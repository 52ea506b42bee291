// Loaded in <head>, before the first paint: the theme in the address, else the chosen one, else the system's.
(() => {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const asked = new URLSearchParams(location.search).get('theme');
  // A browser that blocks storage throws: the choice then lasts for the page.
  let chosen = 'auto';
  try { chosen = localStorage.getItem('theme') || 'auto'; } catch { /* nothing kept */ }
  if (asked === 'light' || asked === 'dark') chosen = asked;

  const apply = () => {
    root.dataset.bsTheme = chosen === 'auto' ? (system.matches ? 'dark' : 'light') : chosen;
    document.querySelectorAll('[data-theme-choice]').forEach(button => {
      button.setAttribute('aria-pressed', String(button.dataset.themeChoice === chosen));
    });
    document.dispatchEvent(new CustomEvent('theme'));
  };

  document.addEventListener('click', event => {
    const button = event.target.closest('[data-theme-choice]');
    if (!button) return;
    chosen = button.dataset.themeChoice;
    try { localStorage.setItem('theme', chosen); } catch { /* nothing kept */ }
    apply();
  });
  system.addEventListener('change', apply);
  document.addEventListener('DOMContentLoaded', apply);
  apply();
})();
