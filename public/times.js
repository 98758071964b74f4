// Writes the times of a page in the browser's zone: "Today, 10:17 PM". The exact time stays in
// `datetime`. Parts of a page that are replaced later are covered, too.
(() => {
  const sameDay = (a, b) => a.toDateString() === b.toDateString();
  const words = (at, style) => {
    const now = new Date();
    const yesterday = new Date(now);
    yesterday.setDate(now.getDate() - 1);
    const day = sameDay(at, now)
      ? 'Today'
      : sameDay(at, yesterday)
        ? 'Yesterday'
        : at.toLocaleDateString('en-US', { dateStyle: 'long' });
    return style === 'day' ? day : `${day}, ${at.toLocaleTimeString('en-US', { timeStyle: 'short' })}`;
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
