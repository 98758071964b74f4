import { expect, type Frame, type Locator, type Page } from '@playwright/test';

/** The most stops of the Tab key on any page, the window included. */
const MAX_STOPS = 60;

/** The element that has the focus, as a person sees it. */
interface Focused {
  /** Tag, role or ID: for messages. */
  what: string;
  /** Whether an outline or a bar marks the element, or its label. */
  isMarked: boolean;
  /** Whether it is inside the visible part of its document. */
  isInView: boolean;
}

/** A person who uses the keyboard alone: no pointer, and no focus set by script. */
export class Keyboard {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Presses Tab (or the given key) until the target has the focus. Each stop on the way must be visible. */
  async tabTo(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    for (let stop = 1; stop <= MAX_STOPS; stop += 1) {
      await this.page.keyboard.press(key);
      // Beyond the last element the focus leaves the page, and comes back at its other end.
      if (await this.#isOnBody()) continue;
      await this.expectVisibleFocus();
      if (await hasFocus(target)) return;
    }
    throw new Error(`${MAX_STOPS} presses of ${key} did not reach ${target}`);
  }

  /** Goes to the target, and presses a key on it. */
  async press(target: Locator, key: 'Enter' | 'Space'): Promise<void> {
    await this.tabTo(target);
    await this.page.keyboard.press(key);
  }

  /** Goes to the field, and types in place of what is in it. */
  async type(field: Locator, text: string): Promise<void> {
    await this.tabTo(field);
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.type(text);
  }

  /** Fails if the focus is on nothing, is out of view, or cannot be told from its surroundings. */
  async expectVisibleFocus(): Promise<void> {
    const focused = await this.#focused();
    expect(focused, 'the element with the focus').toMatchObject({ isMarked: true, isInView: true });
  }

  /** Fails if the focus does not come to the target, visibly. */
  async expectFocus(target: Locator): Promise<void> {
    await expect(target).toBeFocused();
    await this.expectVisibleFocus();
  }

  async #isOnBody(): Promise<boolean> {
    const { what } = await this.#focused();
    return what === 'body';
  }

  async #focused(frame: Frame = this.page.mainFrame()): Promise<Focused> {
    const active = await frame.evaluateHandle(() => document.activeElement ?? document.body);
    const inner = await active.asElement()?.contentFrame();
    if (inner) return this.#focused(inner);
    return active.evaluate((element): Focused => {
      const hasMark = (candidate: Element) => {
        const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(candidate);
        const isOutlined = outlineStyle !== 'none' && outlineColor !== 'rgba(0, 0, 0, 0)';
        // A heading of the window has a bar instead; cards have a shadow at any time.
        const hasBar = candidate.localName === 'h1' && boxShadow !== 'none';
        return hasBar || (isOutlined && Number.parseFloat(outlineWidth) >= 2);
      };
      const label = element.closest('label');
      // The button of a date field is in its shadow tree, and has the browser's own ring.
      const isPart = element.matches('input:focus-within:not(:focus)');
      const box = element.getBoundingClientRect();
      return {
        what: element.id ? `${element.localName}#${element.id}` : element.localName,
        isMarked: isPart || hasMark(element) || (label !== null && hasMark(label)),
        isInView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
      };
    });
  }
}

function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluate(
    (element) => element.ownerDocument.activeElement === element && element.ownerDocument.hasFocus(),
  );
}
