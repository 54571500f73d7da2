// The page as people find their way in it: by role and name. The only place that knows the markup.

import { type Locator, type Page, expect } from '@playwright/test';

export type TabName = 'Open' | 'Answered' | 'All';

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

export class Room {
  constructor(readonly page: Page) {}

  /** Waits until the page is alive and its stream is open. */
  async live(timeout?: number): Promise<void> {
    await expect(this.badge).toHaveText(/^Live$/, { timeout });
  }

  /** The connection badge. */
  get badge(): Locator {
    return this.page.locator('header .badge').getByRole('status');
  }

  /** Every card of the list, as drawn. */
  get cards(): Locator {
    return this.page.locator('#list').getByRole('article');
  }

  /** The card of a question. */
  card(question: string): Card {
    return new Card(this.page.locator('#list').getByRole('article', { name: question, exact: true }));
  }

  /** The questions' words in the order of the list. */
  questions(): Promise<string[]> {
    return this.page.locator('#list').getByRole('article').getByRole('heading', { level: 3 }).allTextContents();
  }

  tab(name: TabName): Locator {
    return this.navigation('Status').getByRole('link', { name: new RegExp(`^${name}`) });
  }

  async count(name: TabName): Promise<number> {
    const text = await this.tab(name).innerText();
    return Number(text.replace(/\D/g, ''));
  }

  navigation(name: 'Status' | 'Teams' | 'Tags' | 'Views' | 'Admin pages'): Locator {
    return this.page.getByRole('navigation', { name, exact: true });
  }

  /** Chooses an order from the sort menu. */
  async sortBy(name: 'Most votes' | 'Trending' | 'Newest' | 'Oldest'): Promise<void> {
    await this.sortMenu.locator('summary').click();
    await this.sortMenu.getByRole('link', { name, exact: true }).click();
  }

  get sortMenu(): Locator {
    return this.page.locator('details.sort');
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Your question' });
  }

  get composerTeam(): Locator {
    return this.page.getByRole('combobox', { name: 'Team' });
  }

  get askButton(): Locator {
    return this.page.locator('.composer').getByRole('button', { name: 'Ask', exact: true });
  }

  /** Asks through the composer of a wide page. */
  async ask(question: string): Promise<void> {
    await this.composer.fill(question);
    await this.askButton.click();
  }

  /** The sheet in which one asks, and the button of the bar that opens it on a phone. */
  get askSheet(): Locator {
    return this.page.locator('#ask');
  }

  get askBar(): Locator {
    return this.page.locator('.bar').getByRole('button', { name: 'Ask a question' });
  }

  /** What waits to be sent. */
  get outbox(): Locator {
    return this.page.getByRole('region', { name: 'Waiting to be sent' });
  }

  /** What the page says happened. */
  get toasts(): Locator {
    return this.page.getByRole('region', { name: 'Notifications' });
  }

  /** The chip that tells what waits while the list is held still, and shows it. */
  get news(): Locator {
    return this.page.locator('.news').getByRole('link');
  }

  /** Takes pointer and keyboard out of the list, so that it may move. */
  async leaveList(): Promise<void> {
    await this.page.mouse.move(2, 2);
    await this.page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  }

  /** When these words are first on the page, in milliseconds since 1970; looked for at every change. */
  whenSeen(words: string): Promise<number> {
    return this.page.evaluate(
      (text) =>
        new Promise<number>((resolve) => {
          const list = document.querySelector('#list');
          const look = () => {
            if (!list?.textContent?.includes(text)) return;
            watcher.disconnect();
            resolve(Date.now());
          };
          const watcher = new MutationObserver(look);
          watcher.observe(document.body, { subtree: true, childList: true, characterData: true });
          look();
        }),
      words,
    );
  }

  /** When a form of this page is sent next, in milliseconds since 1970. */
  whenSent(): Promise<number> {
    return this.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          document.addEventListener('submit', () => resolve(Date.now()), { capture: true, once: true });
        }),
    );
  }

  /** Leaves a mark that a reload would wipe away. */
  async mark(): Promise<void> {
    await this.page.evaluate(() => Object.assign(window, { sameDocument: true }));
  }

  /** Whether the page is still the one that was marked. */
  isMarked(): Promise<boolean> {
    return this.page.evaluate(() => 'sameDocument' in window);
  }
}

/** One question in the list: a participant's card or a moderator's row. */
export class Card {
  constructor(readonly locator: Locator) {}

  /** The vote button, whatever its count. */
  get vote(): Locator {
    return this.locator.getByRole('button', { name: /^Upvote, [\d,]+ votes?$/ });
  }

  /** A moment's thought, after which another press is meant: one right after the first is taken for impatience. */
  async thought(): Promise<void> {
    await this.locator.evaluate(() => new Promise((resolve) => setTimeout(resolve, 350)));
  }

  /** The count on the vote button, or in a moderator's row. */
  get votes(): Locator {
    return this.locator.locator('.vote__count, .tally b');
  }

  get tags(): Locator {
    return this.locator.getByRole('list', { name: 'Tags' }).getByRole('listitem');
  }

  get answer(): Locator {
    return this.locator.getByRole('group', { name: 'Answer', exact: true });
  }

  /** A mark above the words, such as "Pinned". */
  mark(words: 'Pinned' | 'Closed to votes' | 'Answered'): Locator {
    return this.locator.locator('.q__marks').getByText(words, { exact: true });
  }

  /** One of a moderator's buttons. */
  act(name: string): Locator {
    return this.locator
      .getByRole('group', { name: 'Actions' })
      .getByRole('button', { name: new RegExp(`^${escape(name)}$`) });
  }

  /** Writes and saves an answer. */
  async writeAnswer(text: string): Promise<void> {
    await this.act('Answer').click();
    await this.locator.getByRole('textbox', { name: 'Answer' }).fill(text);
    await this.locator.getByRole('button', { name: 'Save answer' }).click();
  }

  /** A tag in the palette of a moderator's row. */
  paletteTag(name: string): Locator {
    return this.locator
      .getByRole('group', { name: 'Tags of this question' })
      .getByRole('button', { name, exact: true });
  }
}
