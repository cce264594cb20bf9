// Walks through pages in headless Chromium as two kinds of people do: without scripts, and with the keyboard alone.
//
// Reads {base, how, steps, words, timeout} as JSON from standard input and prints {faults, told, stops}: what is wrong, what was
// taken from pages, and at how many places the keyboard stood. `tests/it/console.rs` says what each step does.

import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const work = JSON.parse(readFileSync(0, 'utf8'));
const { base, how, timeout = 30_000 } = work;
const byKeyboard = how === 'keyboard';
// Nobody presses Tab more often to come to something.
const MOST_STOPS = 200;

const faults = [];
const told = { ...work.words };
let stops = 0;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync', '--hide-scrollbars',
  ],
});
// Whoever takes part has a browser of their own.
const people = new Map();
let context;
let page;
await become('1');

/** From now on the steps are those of whoever has this browser. */
async function become(who) {
  if (!people.has(who)) {
    const theirs = await browser.newContext({
      viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', javaScriptEnabled: how !== 'no scripts',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    open(await theirs.newPage());
    people.set(who, theirs);
  }
  context = people.get(who);
  page = context.pages().at(-1);
  await page.bringToFront();
}

/** A tab whose messages count: a page of ours writes none. */
function open(page) {
  page.setDefaultTimeout(timeout);
  page.on('console', (message) => {
    // That a page has a status of a failure is told of the page itself.
    if (message.text().startsWith('Failed to load resource')) return;
    if (page.url().startsWith(base)) faults.push(`${page.url()}: the console says ${message.text()}`);
  });
  return page;
}

// A page that hands a message over: a form of which nothing is seen but its button.
const HAND_OVER = 'form[data-autosubmit], form:has(input[name^=SAML]):not(:has(input:not([type=hidden]):not([type=submit])))';

/** Is there once the page has been drawn. To be run in the page. */
const drawn = () => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); });

/** Waits until a page that sends itself onward has done so; where it cannot, presses the button that it has for that. */
async function settle() {
  await page.waitForLoadState('load');
  for (;;) {
    // A page that opens another at once, which takes no script.
    if (await page.locator('meta[http-equiv=refresh][content^="0;"]').count().catch(() => 1)) {
      await page.waitForTimeout(20);
      await page.waitForLoadState('load');
      continue;
    }
    const form = page.locator(HAND_OVER);
    // A page that leaves in this moment has none any more.
    if (!await form.count().catch(() => 1)) {
      // Where a page wants the keyboard to stand, it puts it when it is first drawn: nobody presses a key before.
      if (!byKeyboard || await page.evaluate(drawn).then(() => true, () => false)) return;
      await page.waitForLoadState('load');
      continue;
    }
    if (how === 'no scripts') {
      await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), form.locator('button').first().click()]);
    } else {
      await page.waitForTimeout(20);
      await page.waitForLoadState('load');
    }
  }
}

async function onward(act) {
  await Promise.all([page.waitForNavigation({ waitUntil: 'commit' }), act()]);
  await settle();
  const title = await page.locator('h1').count();
  if (page.url().startsWith(base) && title !== 1) faults.push(`${page.url()}: has ${title} h1`);
}

/** What is wrong with the place at which the keyboard stands: it is in sight, and has a ring. */
function stand() {
  const element = document.activeElement;
  if (!element || element === document.body) return [];
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const wrong = [];
  if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) wrong.push('has no ring');
  const isThere = box.width > 0 && box.height > 0 && style.visibility === 'visible';
  const isInSight = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  if (!isThere || !isInSight) wrong.push('is not in sight');
  return wrong.map((what) => `${element.outerHTML.slice(0, 120)} ${what}`);
}

/** Goes by Tab to what a selector means, and looks at each stop on the way. */
async function tabTo(locator) {
  const target = await locator.elementHandle();
  const isHere = () => target.evaluate((element) => {
    const at = document.activeElement;
    // A group of radio buttons is one stop: its arrows choose within it.
    const isOfGroup = element.type === 'radio' && at?.name === element.name && at?.form === element.form;
    return at === element || isOfGroup;
  });
  for (let n = 0; n < MOST_STOPS && !await isHere(); n += 1) {
    await page.keyboard.press('Tab');
    stops += 1;
    const at = new URL(page.url()).pathname;
    if (!page.url().startsWith(base)) continue;
    for (const what of await page.evaluate(stand)) if (!faults.includes(`${at}: ${what}`)) faults.push(`${at}: ${what}`);
  }
  if (!await isHere()) {
    const at = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 120));
    throw new Error(`Tab does not lead there, but to ${at}`);
  }
  return target;
}

async function fill(locator, text) {
  if (!byKeyboard) return locator.fill(text);
  await tabTo(locator);
  await page.keyboard.press('ControlOrMeta+A');
  if (text === '') await page.keyboard.press('Delete');
  return page.keyboard.insertText(text);
}

async function press(locator) {
  if (!byKeyboard) return locator.click();
  await tabTo(locator);
  return page.keyboard.press('Enter');
}

async function tick(locator, wanted) {
  if (!byKeyboard) return locator.setChecked(wanted);
  const target = await tabTo(locator);
  // A radio button that is reached by its group is chosen by the arrows.
  for (let n = 0; n < 20 && await target.isChecked() !== wanted; n += 1) {
    await page.keyboard.press(await target.evaluate((element) => element.type) === 'radio' ? 'ArrowDown' : 'Space');
  }
  if (await target.isChecked() !== wanted) throw new Error(`it is ${wanted ? 'not ' : ''}chosen`);
}

async function choose(locator, value) {
  if (!byKeyboard) return locator.selectOption(value);
  const target = await tabTo(locator);
  const away = await target.evaluate((element, wanted) =>
    [...element.options].findIndex((one) => one.value === wanted) - element.selectedIndex, value);
  for (let n = 0; n < Math.abs(away); n += 1) await page.keyboard.press(away > 0 ? 'ArrowDown' : 'ArrowUp');
  if (await target.inputValue() !== value) throw new Error(`${await target.inputValue()} is chosen`);
}

/** Words in braces are what was said at the start or taken from pages. */
const said = (text) => text.replace(/\{(\w+)\}/g, (_, word) => told[word] ?? `{${word}}`);

/** What the page says: of ours what is in its main part, and in passing. */
async function says() {
  const main = page.locator('main');
  if (!await main.count()) return (await page.locator('body').innerText()).replace(/\s+/g, ' ');
  const toast = await page.evaluate(() => document.querySelector('.toast')?.textContent ?? '');
  const text = `${await main.innerText()} ${toast}`;
  return text.replace(/\s+/g, ' ');
}

/** Presses a button that copies; what is in the clipboard then. */
async function copied(locator) {
  await press(locator);
  await page.locator('.toast.on:not(:empty)').waitFor();
  return page.evaluate(() => navigator.clipboard.readText());
}

/** The keyboard stands at what the selector means, with nobody having gone there. */
async function stands(selector) {
  const at = await page.evaluate((wanted) => {
    const element = document.activeElement;
    return element?.matches(wanted) ? '' : element?.outerHTML.slice(0, 120) ?? 'nothing';
  }, selector);
  if (at) throw new Error(`the keyboard stands at ${at}`);
}

/** From now on what a script asks of that path fails. Until then the list says that it is read. */
async function fails(path) {
  await page.route('**/*', async (route) => {
    const request = route.request();
    if (request.isNavigationRequest() || new URL(request.url()).pathname !== path) return route.continue();
    if (!await page.locator('#card[aria-busy=true]').count()) faults.push(`${path}: nothing says that it is read`);
    return route.fulfill({ status: 503, headers: { 'request-id': 'req_of_a_test' } });
  });
}

/** Tells a peer something by its door for that. */
async function tell(url, body) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
}

/** A request of somebody's server, such as a directory. */
async function send(method, url, body) {
  const headers = { 'content-type': 'application/scim+json', authorization: `Bearer ${told.token}` };
  const answer = await fetch(url, { method, headers, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  return JSON.parse(text || '{}');
}

async function step(verb, words) {
  const text = words.join(' ');
  const first = (selector) => page.locator(selector).first();
  switch (verb) {
    case 'go': await page.goto(new URL(text, base).href); return settle();
    case 'fill': return fill(first(words[0]), words.slice(1).join(' '));
    case 'tick': return tick(first(text), true);
    case 'untick': return tick(first(text), false);
    case 'choose': return choose(first(words[0]), words[1]);
    case 'unfold': return press(first(text));
    case 'press': return onward(() => press(first(text)));
    case 'popup': {
      const [other] = await Promise.all([context.waitForEvent('page'), press(first(text))]);
      page = open(other);
      return settle();
    }
    case 'enter':
      await fill(first(words[0]), words.slice(1).join(' '));
      return onward(() => page.keyboard.press('Enter'));
    case 'paste': return fill(first(words[0]), await (await fetch(words[1])).text());
    // What only a script does is nothing to whoever has none.
    case 'key': return byKeyboard ? page.keyboard.press(text) : undefined;
    case 'act': return byKeyboard ? press(first(text)) : undefined;
    case 'has': return byKeyboard ? first(text).waitFor() : undefined;
    case 'stands': return byKeyboard ? stands(text) : undefined;
    case 'fails': return fails(text);
    case 'mends': return page.unroute('**/*');
    case 'copy': told[words[0]] = await copied(first(words.slice(1).join(' '))); return undefined;
    case 'browser': return become(text);
    case 'reopen': {
      const before = page;
      page = open(await context.newPage());
      return before.close();
    }
    case 'close': await page.close(); page = context.pages().at(-1); return undefined;
    case 'reads': {
      const body = await says();
      if (!body.includes(text)) throw new Error(`the page does not say so, but: ${body}`);
      return undefined;
    }
    case 'lacks': {
      if (await page.locator(text).count()) throw new Error('it is there');
      return undefined;
    }
    case 'at': {
      const { pathname } = new URL(page.url());
      if (!new RegExp(`^${text}$`).test(pathname)) throw new Error(`it is at ${pathname}`);
      return undefined;
    }
    case 'take': told[words[0]] = (await first(words.slice(1).join(' ')).innerText()).trim(); return undefined;
    case 'path': told[words[0]] = new URL(page.url()).pathname.split('/')[Number(words[1])]; return undefined;
    case 'serve': return tell(`${told.provider}/control/sp`, JSON.stringify({ url: text }));
    case 'tell': return tell(words[0], words.slice(1).join(' '));
    case 'asks': {
      const answer = await fetch(words[1], { headers: { authorization: `Bearer ${told[words[0]]}` } });
      if (answer.status !== Number(words[2])) throw new Error(`${answer.status} ${await answer.text()}`);
      return undefined;
    }
    case 'scim': told[words[0]] = (await send(words[1], words[2], words.slice(3).join(' '))).id; return undefined;
    default: throw new Error(`no step: ${verb}`);
  }
}

try {
  for (const line of work.steps) {
    const [verb, ...words] = said(line).split(' ');
    try {
      await step(verb, words);
    } catch (error) {
      const text = await page.locator('body').innerText({ timeout: 1000 }).catch(() => '');
      faults.push(`${line}: ${error.message}\nat ${page.url()}\n${text}`);
      break;
    }
  }
  console.log(JSON.stringify({ faults, told, stops }));
} finally {
  await browser.close();
}
