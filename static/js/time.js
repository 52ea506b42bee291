// Instants are written by the server with their zone. Where it knows the page's zone they stay, today's without the day;
// elsewhere they become the browser's own time. An age goes on.
(() => {
  const zone = document.documentElement.dataset.zone || undefined;
  const locale = document.documentElement.lang || 'en';
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const day = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short' });
  const dated = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
  const whole = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long', timeZone: zone });
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'narrow' });
  const steps = [[60, 'second'], [60, 'minute'], [48, 'hour'], [14, 'day'], [8, 'week'], [Infinity, 'month']];
  const sizes = [1, 60, 3600, 86400, 604800, 2629800];

  const age = at => {
    let rest = (at - Date.now()) / 1000;
    for (let i = 0; i < steps.length; i++) {
      if (Math.abs(rest) / sizes[i] < steps[i][0]) return words.format(Math.trunc(rest / sizes[i]), steps[i][1]);
    }
    return whole.format(at);
  };
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'short', timeZone: zone });
  const sameDay = at => date.format(at) === date.format(Date.now());
  const forms = zone ? {
    age,
    clock: (at, told) => told,
    dated: (at, told) => told,
    when: (at, told) => (sameDay(at) ? told.slice(told.indexOf(', ') + 2) : told),
  } : {
    age,
    clock: at => clock.format(at),
    dated: at => `${dated.format(at)}, ${clock.format(at)}`,
    when: at => (sameDay(at) ? clock.format(at) : `${day.format(at)}, ${clock.format(at)}`),
  };

  const tell = root => root.querySelectorAll('time[data-time]').forEach(time => {
    const at = Date.parse(time.dateTime);
    if (Number.isNaN(at)) return;
    const text = forms[time.dataset.time]?.(at, time.dataset.told ??= time.textContent);
    if (text && time.textContent !== text) time.textContent = text;
    time.title = whole.format(at);
  });

  document.addEventListener('DOMContentLoaded', () => tell(document));
  document.addEventListener('htmx:afterSwap', () => tell(document));
  document.addEventListener('htmx:oobAfterSwap', () => tell(document));
  setInterval(() => tell(document), 15000);
})();
