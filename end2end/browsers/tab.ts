// A tab of a browser under WebDriver, and what a person does in it. Elements are found by what a
// person reads; Playwright's `expect` does the waiting.
import { expect } from '@playwright/test';
import { By, Key, Origin, type WebDriver, type WebElement } from 'selenium-webdriver';
import type { Person } from '../pages/sign-up.ts';

/** Where an element is in the window of its document. */
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
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
   * click of geckodriver 0.37 does not arrive in the frame. The frame slides in for 0.3 s.
   */
  async pressInWindow(button: string): Promise<void> {
    let inside: Box | undefined;
    await expect(async () => {
      inside = await this.#inWindow(async () => this.#box(await this.#shown(byButton(button))));
      expect(inside, button).toBeDefined();
    }).toPass({ timeout: 20_000 });
    const frame = await this.#box(await this.driver.findElement(By.css(WINDOW)));
    const { x, y, width, height } = inside as Box;
    const middle = {
      x: Math.round(frame.x + x + width / 2),
      y: Math.round(frame.y + y + height / 2),
    };
    await this.driver
      .actions()
      .move({ origin: Origin.VIEWPORT, ...middle })
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

  /** Where the element is once it no longer moves, as far as possible in view. */
  async #box(element: WebElement): Promise<Box> {
    return this.driver.executeAsyncScript(
      `const [element, done] = arguments;
       element.scrollIntoView({ block: 'center' });
       const box = () => {
         const { x, y, width, height } = element.getBoundingClientRect();
         return { x, y, width, height };
       };
       const compare = (before) => setTimeout(() => {
         const now = box();
         if (Object.keys(now).every((key) => now[key] === before[key])) done(now); else compare(now);
       }, 100);
       compare(box());`,
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
