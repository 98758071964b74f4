// Writes the times of a page in the browser's zone and the page's language: "Today, 10:17 PM". The exact
// time stays in `datetime`. Parts of a page that are replaced later are covered, too.
(() => {
  const tag = document.documentElement.lang;
  // As on the server, with the digits that documents for travel have.
  const locale = { en: 'en-US', ar: 'ar-u-nu-latn' }[tag] ?? tag;
  // Intl writes the first of a month with its number alone.
  const first = { fr: '1er', 'pt-BR': '1º' }[tag] ?? '1';
  const comma = tag === 'ar' ? '، ' : ', ';
  const near = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const relative = (days, style) => {
    const day = near.format(days, 'day');
    if (style === 'time-in-sentence') return day;
    const [initial, ...rest] = day;
    return initial.toLocaleUpperCase(locale) + rest.join('');
  };
  const isDay = (at, days) => {
    const day = new Date();
    day.setDate(day.getDate() + days);
    return at.toDateString() === day.toDateString();
  };
  const words = (at, style) => {
    const days = [0, -1, 1].find((days) => isDay(at, days));
    const day =
      days === undefined
        ? at.toLocaleDateString(locale, { dateStyle: 'long' }).replace(/^1(?= )/, first)
        : relative(days, style);
    if (style === 'day') return day;
    return `${day}${comma}${at.toLocaleTimeString(locale, { timeStyle: 'short' })}`;
  };
  const localize = () => {
    for (const element of document.querySelectorAll('time[data-local]')) {
      const at = new Date(element.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      element.textContent = words(at, element.dataset.local);
      element.removeAttribute('data-local');
    }
  };
  localize();
  new MutationObserver(localize).observe(document.body, { childList: true, subtree: true });
})();
