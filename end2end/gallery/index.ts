// After the pictures: a page that shows all of them, one row for each state, English and the first brand
// before the others.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the pictures are, named `<state>.<width>-<scheme>.png`. */
export const folder = join(import.meta.dirname, '../test-results/gallery');

export default async function writeIndex(): Promise<void> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.png'));
  const states = new Map<string, string[]>();
  for (const file of files) {
    const state = file.split('.')[0] ?? '';
    states.set(state, [...(states.get(state) ?? []), file]);
  }
  const rows = [...states].sort().map(([state, pictures]) => {
    const images = pictures
      .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
      .map((file) => `<a href="${file}"><img src="${file}" alt="${file}" loading="lazy"></a>`);
    return `<h2>${state}</h2><p>${images.join('')}</p>`;
  });
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title>
<style>
  body { margin: 2rem; background: #8a8d90; font-family: system-ui; }
  p { display: flex; gap: 1rem; align-items: start; overflow-x: auto; }
  img { height: 26rem; }
</style>
<h1>${states.size} states, ${files.length} pictures</h1>
${rows.join('\n')}
`;
  await writeFile(join(folder, 'index.html'), page);
  console.log(`${files.length} pictures of ${states.size} states: ${join(folder, 'index.html')}`);
}
