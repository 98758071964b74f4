// A tab of a browser under WebDriver, and what a person does in it. Elements are found by what a
// person reads; Playwright's `expect` does the waiting.
import { expect } from '@playwright/test';
import { By, Key, Origin, type WebDriver, type WebElement } from 'selenium-webdriver';
import type { Person } from '../pages/sign-up.ts';

/** The middle of an element, in the window of its document. */
interface Point {
  x: number;
  y: number;
}

const WINDOW = 'iframe.persona-widget__iframe';

export class Tab {
  readonly driver: WebDriver;
  readonly #baseURL: string;

  constructor(driver: WebDriver, baseURL: string) {
    this.driver = driver;
    this.#baseURL = baseURL;
  }

  async goto(path: string): Promise<void> {
    await this.driver.get(this.#baseURL + path);
  }

  async path(): Promise<string> {
    return new URL(await this.driver.getCurrentUrl()).pathname;
  }

  async heading(): Promise<string> {
    return this.text('h1');
  }

  /** What the status card says. */
  async status(): Promise<string> {
    return this.text('[role="status"]');
  }

  /** What can be read there, in one step: an element may go between finding and reading it. */
  async text(selector: string): Promise<string> {
    return this.driver.executeScript(
      "return document.querySelector(arguments[0])?.innerText.trim() ?? ''",
      selector,
    );
  }

  async field(label: string): Promise<WebElement> {
    const text = By.xpath(`//label[normalize-space()='${label}']`);
    const id = await this.driver.findElement(text).getAttribute('for');
    return this.driver.findElement(By.id(id ?? ''));
  }

  async fill(label: string, value: string): Promise<void> {
    const input = await this.field(label);
    await input.clear();
    await input.sendKeys(value);
  }

  /** Firefox's driver sets `1990-05-17`; WebKit's types what a person would, in the order shown. */
  async fillDate(label: string, date: string): Promise<void> {
    const [year, month, day] = date.split('-');
    const input = await this.field(label);
    for (const keys of [date, `${month}/${day}/${year}`]) {
      await this.fill(label, keys);
      if ((await input.getAttribute('value')) === date) return;
    }
    throw new Error(`${label} cannot be set to ${date}`);
  }

  async press(button: string): Promise<void> {
    await (await this.#shown(byButton(button))).click();
  }

  async follow(link: string): Promise<void> {
    await (await this.#shown(By.xpath(`//a[normalize-space()='${link}']`))).click();
  }

  /** The one element that can be seen. */
  async #shown(by: By): Promise<WebElement> {
    let shown: WebElement | undefined;
    await expect(async () => {
      const elements = await this.driver.findElements(by);
      const visible = await Promise.all(elements.map((element) => element.isDisplayed()));
      shown = elements.find((_, index) => visible[index]);
      expect(shown, String(by)).toBeDefined();
    }).toPass({ timeout: 20_000 });
    return shown as WebElement;
  }

  async asAlexander(): Promise<void> {
    await this.goto('/sign-in');
    await this.press('Continue as Alexander Sample');
    await expect.poll(() => this.path()).toBe('/onboarding');
  }

  async signUp(person: Person): Promise<void> {
    await this.goto('/sign-up');
    await this.fill('First name', person.firstName);
    await this.fill('Last name', person.lastName);
    await this.fillDate('Birthdate', person.birthdate);
    await this.fill('E-mail', person.email);
    await this.fill('Password', person.password);
    await this.press('Create account');
  }

  async startVerifying(): Promise<void> {
    await (await this.#shown(By.id('verify-button'))).click();
  }

  /** The whole of the debug info, which is folded. */
  async debugInfo(): Promise<string> {
    return this.driver.executeScript("return document.getElementById('debug-info').textContent");
  }

  /** Whether Persona's window is over the page. */
  async hasWindow(): Promise<boolean> {
    return this.driver.executeScript(
      'return [...document.querySelectorAll(arguments[0])].some((frame) => frame.checkVisibility())',
      WINDOW,
    );
  }

  /** Waits for a step of Persona's window. */
  async expectStep(name: string): Promise<void> {
    // A screen may go while it is looked at.
    await expect(async () => {
      expect(await this.#inWindow(() => this.heading())).toBe(name);
    }).toPass({ timeout: 30_000 });
  }

  /**
   * Presses a button of Persona's window with the pointer, from the page around it: the element
   * click of geckodriver 0.37 does not arrive in the frame.
   */
  async pressInWindow(button: string): Promise<void> {
    let inside: Point | undefined;
    await expect(async () => {
      inside = await this.#inWindow(async () => this.#middle(await this.#shown(byButton(button))));
      expect(inside, button).toBeDefined();
    }).toPass({ timeout: 20_000 });
    const frame: Point = await this.driver.executeScript(
      `const { x, y } = document.querySelector(arguments[0]).getBoundingClientRect();
       return { x, y };`,
      WINDOW,
    );
    const at = inside as Point;
    await this.driver
      .actions()
      .move({ origin: Origin.VIEWPORT, x: Math.round(frame.x + at.x), y: Math.round(frame.y + at.y) })
      .click()
      .perform();
  }

  /** Presses a button of Persona's window with the Enter key. */
  async enterInWindow(button: string): Promise<void> {
    await expect(async () => {
      const pressed = await this.#inWindow(async () => {
        await (await this.#shown(byButton(button))).sendKeys(Key.ENTER);
        return true;
      });
      expect(pressed, button).toBe(true);
    }).toPass({ timeout: 20_000 });
  }

  /** Leaves the window before the end: the x, then the confirmation. */
  async leaveWindow(): Promise<void> {
    await this.pressInWindow('Close');
    await this.pressInWindow('Leave');
    await expect.poll(() => this.hasWindow()).toBe(false);
  }

  /** The middle of the element, once it no longer moves. */
  async #middle(element: WebElement): Promise<Point> {
    return this.driver.executeAsyncScript(
      `const [element, done] = arguments;
       element.scrollIntoView({ block: 'center' });
       const middle = () => {
         const { x, y, width, height } = element.getBoundingClientRect();
         return { x: x + width / 2, y: y + height / 2 };
       };
       const compare = (before) => setTimeout(() => {
         const now = middle();
         if (now.x === before.x && now.y === before.y) done(now); else compare(now);
       }, 100);
       compare(middle());`,
      element,
    );
  }

  /** Acts in the frame; nothing comes of it while there is no frame. */
  async #inWindow<T>(act: () => Promise<T>): Promise<T | undefined> {
    const [frame] = await this.driver.findElements(By.css(WINDOW));
    if (!frame) return undefined;
    try {
      await this.driver.switchTo().frame(frame);
      return await act();
    } finally {
      await this.driver.switchTo().defaultContent();
    }
  }
}

function byButton(name: string): By {
  return By.xpath(`//button[normalize-space()="${name}" or @aria-label="${name}"]`);
}
