// Which Chromium the tests drive: CHROMIUM, one that is installed, or Playwright's own.
// `node browser.mjs` prints the path, or says what to do and ends with an error.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const commands = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
];

const macApplications = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @returns {Promise<string>} the browser's path */
export async function findBrowser() {
  const wanted = process.env.CHROMIUM;
  if (wanted) {
    if (isExecutable(wanted)) return wanted;
    throw new Error(`CHROMIUM is ${wanted}, which is not a program: set it to the browser's path`);
  }
  const folders = (process.env.PATH ?? '').split(delimiter);
  const installed = commands
    .flatMap((command) => folders.map((folder) => join(folder, command)))
    .concat(macApplications)
    .find(isExecutable);
  if (installed) return installed;

  const { chromium } = await import('@playwright/test');
  if (isExecutable(chromium.executablePath())) return chromium.executablePath();
  throw new Error('no Chromium found: run script/setup test, or set CHROMIUM to its path');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(await findBrowser());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
