// axe with the success criteria of WCAG 2.0 to 2.2, levels A and AA. Best practices are left out:
// the frame with a dialog's role that Persona's SDK makes breaks one of them.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Fails with the rules broken and where, frames included. */
export async function expectAccessible(page: Page): Promise<void> {
  const axe = new AxeBuilder({ page }).withTags(tags);
  // The way that knows no frames saves opening a second page for each analysis.
  if (page.frames().length === 1) axe.setLegacyMode();
  const { violations, passes } = await axe.analyze();
  expect(passes.length, 'rules that axe could apply').toBeGreaterThan(0);
  const found = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    where: nodes.map(({ target }) => target.join(' ')),
  }));
  expect(found).toEqual([]);
}
