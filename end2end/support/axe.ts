// What axe-core has to say about a page, in the looks that people see it in.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

export const LOOKS = [
  { name: 'desk, light', viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  { name: 'desk, dark', viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  { name: 'phone, light', viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  { name: 'phone, dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
] as const;

export type Look = (typeof LOOKS)[number];

/** Lets a page have another look, without loading it again. */
export async function wear(page: Page, look: Look): Promise<void> {
  await page.setViewportSize(look.viewport);
  await page.emulateMedia({ colorScheme: look.colorScheme, reducedMotion: 'reduce' });
}

/** Ids that more than one element has: a label would name the first of them, whichever it was meant for. */
function sharedIds(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const ids = Array.from(document.querySelectorAll('[id]'), ({ id }) => id);
    return ids.filter((id, place) => ids.indexOf(id) !== place).map((id) => `shared-id: ${id}`);
  });
}

/** Every violation of WCAG 2.2 A and AA and of good practice, or of these rules alone, each as a line that says where. */
export async function violations(page: Page, rules?: string[]): Promise<string[]> {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  // Legacy mode: pages have no frames of other origins, and need no second page to put results together in.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] });
  const { violations } = await (rules ? axe.withRules(rules) : axe.withTags(tags)).analyze();
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}, at ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
  return [...found, ...(await sharedIds(page))];
}
