// Prints what a browser downloads from a release's site folder: WASM, JavaScript glue and
// styles, raw and compressed. Ends with an error if WASM and glue together, or the styles, pass
// their budget. The budget of the pages is in tests/journeys/page_sizes.rs.
//
//   node script/sizes.mjs dist/site
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

// More than this for WASM and glue after brotli means that something heavy crept in.
const BUDGET_BYTES = 70_000;
const STYLES_BUDGET_BYTES = 10 * 1024;

const site = process.argv[2];
if (!site) {
  console.error('usage: node script/sizes.mjs SITE_FOLDER');
  process.exit(2);
}
const folder = join(site, 'pkg');
const kinds = ['wasm', 'js', 'css'];

const rows = readdirSync(folder)
  .filter((name) => kinds.includes(name.split('.').at(-1) ?? ''))
  .map((name) => {
    const raw = readFileSync(join(folder, name));
    return {
      name,
      kind: name.split('.').at(-1),
      raw: raw.length,
      brotli: brotliCompressSync(raw, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
          [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        },
      }).length,
      gzip: gzipSync(raw, { level: 9 }).length,
    };
  })
  .sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));

const bytes = (/** @type {number} */ count) => count.toLocaleString('en').padStart(11);
console.log(`${'bytes'.padEnd(48)}${'raw'.padStart(11)}${'brotli'.padStart(11)}${'gzip'.padStart(11)}`);
for (const row of rows) {
  console.log(`${row.name.padEnd(48)}${bytes(row.raw)}${bytes(row.brotli)}${bytes(row.gzip)}`);
}

const missing = kinds.filter((kind) => !rows.some((row) => row.kind === kind));
if (missing.length > 0) {
  console.error(`error: no ${missing.join(' and no ')} in ${folder}: is this a release build?`);
  process.exit(1);
}
for (const { name, of, budget } of [
  { name: 'WASM and glue', of: ['wasm', 'js'], budget: BUDGET_BYTES },
  { name: 'styles', of: ['css'], budget: STYLES_BUDGET_BYTES },
]) {
  const sizes = rows.filter((row) => of.includes(row.kind ?? '')).map((row) => row.brotli);
  const sum = sizes.reduce((sum, size) => sum + size, 0);
  const verdict = sum <= budget ? 'within' : 'OVER';
  console.log(`${name} after brotli: ${sum.toLocaleString('en')} bytes, ${verdict} the budget of ${budget.toLocaleString('en')}`);
  if (sum > budget) process.exitCode = 1;
}
