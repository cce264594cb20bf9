// Compares a page with the picture that is kept of it.
//
// What differs from run to run is made alike first: IDs, addresses, times, secrets, and the fonts of the machine. A picture is
// half as large as the page, so that how a browser smooths a letter counts little.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

/** The share of a picture's points that may differ. */
const TOLERANCE = 0.01;
/** How far the colours of a point may be apart, of 1. */
const NEAR = 0.15;

/** Makes what is shown the same in every run. Runs in the page. */
function still() {
  const months = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
  const alike = [
    [/\b[a-z]{2,5}_[0-9a-z]{5,}…?/g, 'id'],
    [/…[0-9a-z]{4,}/g, '…id'],
    [/:\d{4,5}\b/g, ':1'],
    [new RegExp(`\\d{1,2} (${months})[a-z]*( \\d{4})?`, 'g'), 'day'],
    [/\d{4}-\d\d-\d\d/g, 'day'],
    [/\d\d:\d\d(:\d\d)?/g, 'time'],
    [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\b/g, 'Day'],
    [/\d+(\.\d+)? ?(ms|s|min|h|d|hours?|days?|minutes?|seconds?)\b( ago)?/g, 'while'],
    [/([0-9A-Fa-f]{2}:){3,}[0-9A-Fa-f]{2}/g, 'print'],
    [/[A-Za-z0-9+/_-]{20,}=*/g, 'value'],
  ];
  const said = (text) => alike.reduce((text, [pattern, word]) => text.replace(pattern, word), text);
  document.documentElement.style.setProperty('--mono', 'Inter');
  for (const time of document.querySelectorAll('time')) time.textContent = 'then';
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = said(walk.currentNode.data);
    if (text !== walk.currentNode.data) walk.currentNode.data = text;
  }
  for (const field of document.querySelectorAll('input[readonly], textarea[readonly]')) field.value = said(field.value);
}

/** A picture half as wide and half as high: each point is the mean of four. */
function halved(picture) {
  const [width, height] = [picture.width >> 1, picture.height >> 1];
  const half = new PNG({ width, height });
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) for (let part = 0; part < 4; part += 1) {
    const at = (dx, dy) => picture.data[((2 * y + dy) * picture.width + 2 * x + dx) * 4 + part];
    half.data[(y * width + x) * 4 + part] = (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)) >> 2;
  }
  return half;
}

/**
 * What is wrong with how a page looks, in both themes; nothing: it looks as it is kept. With `renew` it is kept as it looks.
 * Where something is wrong, `found` has what was seen and where it differs.
 */
export async function pictured(page, name, { kept, found, renew }) {
  const wrong = [];
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(still);
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const seen = halved(PNG.sync.read(await page.screenshot({ animations: 'disabled', caret: 'hide' })));
    const file = `${name}-${theme}.png`;
    if (renew) {
      mkdirSync(kept, { recursive: true });
      writeFileSync(path.join(kept, file), PNG.sync.write(seen));
      continue;
    }
    if (!existsSync(path.join(kept, file))) {
      wrong.push(`there is no ${file}`);
      continue;
    }
    const was = PNG.sync.read(readFileSync(path.join(kept, file)));
    if (was.width !== seen.width || was.height !== seen.height) {
      wrong.push(`${file} is ${was.width}×${was.height}, the page ${seen.width}×${seen.height}`);
      continue;
    }
    const marked = new PNG({ width: seen.width, height: seen.height });
    const points = pixelmatch(was.data, seen.data, marked.data, seen.width, seen.height, { threshold: NEAR });
    const share = points / (seen.width * seen.height);
    if (share <= TOLERANCE) continue;
    mkdirSync(found, { recursive: true });
    writeFileSync(path.join(found, file), PNG.sync.write(seen));
    writeFileSync(path.join(found, `${name}-${theme}-where.png`), PNG.sync.write(marked));
    wrong.push(`${(share * 100).toFixed(1)} % of ${file} differ: see ${found}`);
  }
  return wrong;
}
