// Whether everything on a page can be read without scrolling sideways, in its frames as well.
import { expect, type Page } from '@playwright/test';

/** Fails if the page, or a frame in it, is wider than its viewport, or cuts a text off. */
export async function expectReflow(page: Page): Promise<void> {
  for (const frame of page.frames()) {
    // A frame that is going away has nothing to say.
    if (frame.isDetached()) continue;
    const found = await frame.evaluate(() => {
      const root = document.documentElement;
      const problems: string[] = [];
      if (root.scrollWidth > root.clientWidth) {
        problems.push(`scrolls sideways: ${root.scrollWidth} px in ${root.clientWidth} px`);
      }
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        const parent = node.parentElement;
        const text = node.textContent?.trim() ?? '';
        // What only a screen reader gets is cut off by intention.
        const isHidden = parent?.closest('.visually-hidden, .brand-name, .skip-link, legend, svg, noscript');
        if (!text || !parent || isHidden || !parent.checkVisibility()) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const box = range.getBoundingClientRect();
        if (box.width === 0) continue;
        if (box.left < -1 || box.right > root.clientWidth + 1) problems.push(`beside the page: ${text}`);
        for (let around: Element | null = parent; around; around = around.parentElement) {
          const { overflowX, overflowY } = getComputedStyle(around);
          if (!/hidden|clip/.test(overflowX + overflowY)) continue;
          const edge = around.getBoundingClientRect();
          const isCut = box.right > edge.right + 1 || box.left < edge.left - 1 || box.bottom > edge.bottom + 1;
          if (isCut) problems.push(`cut off: ${text}`);
        }
      }
      return problems;
    });
    expect(found, frame.url()).toEqual([]);
  }
}

/**
 * Spaces the text of the page and of its frames as WCAG 1.4.12 says that a person may. Constructed style
 * sheets pass the Content-Security-Policy, as those of browser extensions do.
 */
export async function spaceText(page: Page): Promise<void> {
  for (const frame of page.frames()) {
    await frame.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(`
        * {
          line-height: 1.5 !important;
          letter-spacing: 0.12em !important;
          word-spacing: 0.16em !important;
        }
        p { margin-block-end: 2em !important; }
      `);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    });
  }
}

/** Takes the spacing away again. */
export async function resetText(page: Page): Promise<void> {
  for (const frame of page.frames()) {
    await frame.evaluate(() => {
      document.adoptedStyleSheets = [];
    });
  }
}
