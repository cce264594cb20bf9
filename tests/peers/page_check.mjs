// Looks at pages in headless Chromium, in light and dark and at several widths: axe, sideways scroll, console, headers, sizes.
//
// Reads {base, walks, widths, screenshots, pictures, scripts, timeout} as JSON from standard input and prints {seen, sources,
// faults}. A walk is a list of steps in a browser of its own, and the others begin when the first has ended;
// `tests/it/pages/walks.rs` says what each step does. `sources` are the pages as they came. With `pictures` pages are compared
// with the pictures that are kept of them, one walk after the other, and nothing else is looked at. Where `scripts` is false none
// run, and it is looked at whether all that pages offer works.

import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { Forms } from './forms.mjs';
import { pictured } from './pictures.mjs';

const work = JSON.parse(readFileSync(0, 'utf8'));
const { base, widths, screenshots, pictures, scripts = true, timeout = 30_000 } = work;
const forms = new Forms(base);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const POLICY = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'",
  "connect-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"];
// Our answer to a provider that signs somebody out goes through the browser, in a frame of its own page if need be.
const FRAMED = ['signed-out-answer'];
const HEADERS = { 'x-content-type-options': 'nosniff', 'cross-origin-opener-policy': 'same-origin' };
const BUDGETS = [[/\.css$/, 40_000], [/\.js$/, 60_000], [/./, 60_000]];

const seen = [];
const sources = {};
const kept = new Map();
const texts = new Map();
const faults = [];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync', '--hide-scrollbars',
  ],
});

/** A tab, with what came to it: the last page's answer, the assets it loaded, and what was written to its console. */
class Tab {
  constructor(page) {
    this.page = page;
    this.assets = new Map();
    this.messages = [];
    this.told = {};
    page.setDefaultTimeout(timeout);
    if (!scripts) forms.follow(page);
    page.on('response', (answer) => {
      const request = answer.request();
      if (request.isNavigationRequest() && request.frame() === page.mainFrame()) {
        if (answer.status() !== 204) this.answer = answer;
      } else if (answer.url().startsWith(base)) this.assets.set(answer.url(), answer);
    });
    page.on('console', (message) => {
      const { url } = message.location();
      // That a page has a status of a failure is told of the page itself.
      if (message.text().startsWith('Failed to load resource') && url === this.answer?.url()) return;
      if (page.url().startsWith(base)) this.messages.push(`${message.type()}: ${message.text()} (${url})`);
    });
    page.on('pageerror', (error) => this.messages.push(`pageerror: ${error.message}`));
  }

  /** Does something that leads to another page. */
  async onward(act) {
    await Promise.all([this.page.waitForNavigation({ waitUntil: 'commit' }), act()]);
    await this.settle();
  }

  /** From now on the browser has no authenticator of a person, or one that keeps passkeys and knows its owner. */
  async carries(one) {
    this.cdp ??= await this.page.context().newCDPSession(this.page);
    await this.cdp.send('WebAuthn.enable');
    if (this.authenticator) {
      await this.cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: this.authenticator });
      this.authenticator = undefined;
    }
    if (!one) return;
    const options = {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    };
    this.authenticator = (await this.cdp.send('WebAuthn.addVirtualAuthenticator', { options })).authenticatorId;
  }

  /** Presses the button of a page that cannot send itself onward. */
  async handOver() {
    const form = this.page.locator(HAND_OVER);
    while (await form.count()) {
      await Promise.all([this.page.waitForNavigation({ waitUntil: 'load' }), form.locator('button').first().click()]);
    }
  }

  /** Waits until a page that sends itself onward has done so. */
  async settle() {
    this.answers = false;
    // A page that is held waits for an answer that does not come, so it is never loaded.
    if (this.held) return this.page.locator('h1').waitFor();
    await this.page.waitForLoadState('load');
    const leaves = () => this.page.locator(scripts ? `form[data-autosubmit], ${REFRESH}` : REFRESH).count().catch(() => 1);
    while (await leaves()) await this.page.waitForTimeout(20);
    await this.page.waitForLoadState('load');
    if (!scripts) return this.handOver();
  }
}

// A page that opens another at once, which takes no script.
const REFRESH = 'meta[http-equiv=refresh][content^="0;"]';

// A page that hands a message over: a form of which nothing is seen but its button.
const HAND_OVER = 'form[data-autosubmit], form:has(input[name^=SAML]):not(:has(input:not([type=hidden]):not([type=submit])))';

/** The code that an app shows for a key in base 32 (RFC 6238), so many steps of thirty seconds from now. */
function totp(key, steps) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...key.replace(/\s/g, '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', bytes).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** What a page may move after it was loaded: less than anybody sees, of 1 for all of the window. */
const MOVES = 0.01;

/**
 * What is wrong with how a page was loaded: it moves afterwards, or waits for more than stylesheets before it is drawn.
 * One that `answers` what was typed may move by that, however late the answer comes.
 */
async function loaded({ page, answers }) {
  const { moved, blocking } = await page.evaluate(() => new Promise((tell) => {
    const [whole] = performance.getEntriesByType('navigation');
    const blocking = performance.getEntriesByType('resource')
      .filter((one) => one.renderBlockingStatus === 'blocking').map((one) => one.name);
    let moved = 0;
    const count = (shifts) => {
      for (const shift of shifts) if (shift.startTime > whole.loadEventEnd && !shift.hadRecentInput) moved += shift.value;
    };
    const observer = new PerformanceObserver((list) => count(list.getEntries()));
    observer.observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => setTimeout(() => {
      count(observer.takeRecords());
      tell({ moved, blocking });
    }));
  }));
  const wrong = !answers && moved > MOVES ? [`moves by ${moved} after it was loaded`] : [];
  const others = blocking.filter((url) => !new URL(url).pathname.endsWith('.css'));
  return wrong.concat(others.map((url) => `waits for ${url} before it is drawn`));
}

/** What is wrong with the answer that a page came in, and with what it loaded. */
async function looked(name, { page, answer, assets }) {
  const wrong = [];
  if (answer.status() >= 500) wrong.push(`the status is ${answer.status()}`);
  const headers = answer.headers();
  const policy = (headers['content-security-policy'] ?? '').split('; ');
  const rules = FRAMED.includes(name) ? POLICY.slice(0, -1) : POLICY;
  if (FRAMED.includes(name) && !policy.some((rule) => /^frame-ancestors http\S+$/.test(rule))) {
    wrong.push(`who may frame it: ${policy.join('; ')}`);
  }
  for (const rule of rules) if (!policy.includes(rule)) wrong.push(`the policy lacks ${rule}: ${policy.join('; ')}`);
  if (!policy.some((rule) => rule.startsWith('form-action '))) wrong.push('the policy has no form-action');
  for (const [name, value] of Object.entries(HEADERS)) if (headers[name] !== value) wrong.push(`${name}: ${headers[name]}`);
  // The browser forgets what it read of a page that has begun to leave.
  const html = await answer.body().catch(async () => Buffer.from(await page.content()));
  sources[name] = html.toString();
  const sizes = [[answer.url(), html.length]];
  for (const [url, asset] of assets) if (/\.(css|js)$/.test(url)) {
    // What the page left behind before its body was read is asked for once more.
    const body = await asset.body().catch(async () => (await page.request.get(url)).body());
    sizes.push([url, body.length]);
  }
  for (const [url, size] of sizes) {
    const [, most] = BUDGETS.find(([kind]) => kind.test(new URL(url).pathname));
    if (size > most) wrong.push(`${url} has ${size} bytes`);
  }
  return wrong;
}

/** What is wrong with a page as it is shown now. */
async function shown(page) {
  const wrong = [];
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) wrong.push(`scrolls sideways by ${wide} px`);
  const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, {
    runOnly: tags, resultTypes: ['violations'], preload: false, iframes: false,
  }), TAGS);
  for (const { id, help, nodes } of violations) {
    for (const node of nodes) wrong.push(`${id}: ${help}: ${node.target} ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`);
  }
  return wrong;
}

/** What a page says in passing: from now on it stays, to be looked at as well. To be run in the page. */
function passing() {
  const toast = document.querySelector('.toast');
  for (const one of toast?.getAnimations() ?? []) {
    one.currentTime = 0;
    one.pause();
  }
  return toast?.textContent ?? '';
}

/** Looks at the page that a tab shows, in both themes and at every width. */
async function see(tab, name) {
  const { page } = tab;
  if (!page.url().startsWith(base)) throw new Error(`${name}: the browser is at ${page.url()}`);
  seen.push(name);
  if (!scripts) {
    faults.push(...(await forms.look(page)).map((wrong) => `${name}: ${wrong}`));
    return;
  }
  if (pictures) {
    faults.push(...(await pictured(page, name, pictures)).map((wrong) => `${name}: ${wrong}`));
    await page.setViewportSize({ width: 1440, height: 900 });
    return;
  }
  // Whoever is sent elsewhere sees a page, but not this one. Where it may lead, and what it says in passing, make a page another.
  const toast = await page.evaluate(passing);
  const text = await page.locator('main').innerText() + toast + tab.answer.headers()['content-security-policy'];
  if (texts.has(text)) faults.push(`${name}: says the same as ${texts.get(text)}`);
  texts.set(text, name);
  faults.push(...(await looked(name, tab)).concat(await loaded(tab)).map((wrong) => `${name}: ${wrong}`));
  await page.evaluate(axe);
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      faults.push(...(await shown(page)).map((wrong) => `${name}, ${theme}, ${width} px: ${wrong}`));
    }
    if (screenshots) {
      await page.setViewportSize({ width: 1100, height: 760 });
      await page.screenshot({ path: path.join(screenshots, `${name}-${theme}.png`), animations: toast ? 'allow' : 'disabled', caret: 'hide' });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  faults.push(...tab.messages.splice(0).map((message) => `${name}: the console says ${message}`));
}

/** One step of a walk; answers with the tab that the next begins in. */
async function step(tab, [verb, ...words]) {
  const { page, told } = tab;
  const text = words.join(' ');
  switch (verb) {
    case 'go': 
      // A page that is held is never loaded.
      await page.goto(new URL(text, base).href, { waitUntil: tab.held ? 'commit' : 'load' });
      await tab.settle();
      return tab;
    case 'see': await see(tab, text); return tab;
    case 'scripts': case 'plain': return tab;
    case 'fill':
      tab.filled = words[0];
      await page.locator(words[0]).fill(words.slice(1).join(' '));
      return tab;
    case 'choose': await page.locator(words[0]).selectOption(words[1]); return tab;
    case 'tick': await page.locator(text).first().check(); return tab;
    case 'take': told[words[0]] = (await page.locator(words.slice(1).join(' ')).first().innerText()).trim(); return tab;
    case 'unfold': await page.locator(text).first().click(); return tab;
    case 'wait':
      // What a script sends while somebody types is sent by its button where there is none.
      if (!scripts) await tab.onward(() => page.locator(`form:has(${tab.filled}) button`).first().click());
      await page.locator(text).first().waitFor();
      tab.answers = scripts;
      return tab;
    case 'key': await page.keyboard.press(text); return tab;
    case 'press': await tab.onward(() => page.locator(text).first().click()); return tab;
    case 'save':
      await Promise.all([page.waitForEvent('download'), page.locator(text).first().click()]);
      return tab;
    case 'hold':
      tab.held = true;
      await page.route((url) => url.origin !== new URL(base).origin, (route) =>
        route.request().frame().url().startsWith(base) ? route.fulfill({ status: 204 }) : route.continue());
      return tab;
    case 'totp': {
      const key = await page.locator('.secret code').first().innerText({ timeout: 1000 }).catch(() => tab.key);
      tab.key = key;
      await page.locator(words[0]).fill(totp(key, Number(words[1])));
      return tab;
    }
    case 'authenticator': await tab.carries(text === 'one'); return tab;
    case 'arrive': await page.waitForURL((url) => url.pathname === text); await tab.settle(); return tab;
    case 'keep': kept.set(text, await page.context().cookies()); return tab;
    case 'as': await page.context().addCookies(kept.get(text)); return tab;
    case 'again': await page.reload(); await tab.settle(); return tab;
    case 'forget': await page.context().clearCookies(); return tab;
    case 'popup': {
      const [other] = await Promise.all([page.context().waitForEvent('page'), page.locator(text).first().click()]);
      await other.waitForLoadState('load');
      const next = new Tab(other);
      next.told = told;
      await next.settle();
      return next;
    }
    case 'here':
      await page.locator(text).first().evaluate((button) => button.form.removeAttribute('target'));
      await tab.onward(() => page.locator(text).first().click());
      return tab;
    case 'tab': {
      const next = new Tab(await page.context().newPage());
      Object.assign(next, { told, before: tab });
      return step(next, ['go', text]);
    }
    case 'close': await page.close(); return tab.before;
    default: throw new Error(`no step: ${verb}`);
  }
}

/** Fetches the font ahead: a page that is drawn before it has come goes without it, and no picture should. */
async function warm({ page }) {
  await page.goto(new URL('/login', base).href);
  await page.evaluate(() => document.fonts.load('14px Inter'));
}

async function walk(steps) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', javaScriptEnabled: scripts,
  });
  let tab = new Tab(await context.newPage());
  if (pictures || screenshots) await warm(tab);
  for (const line of steps) {
    try {
      const said = line.replace(/\{(\w+)\}/g, (whole, word) => tab.told[word] ?? whole);
      tab = await step(tab, said.split(' '));
    } catch (error) {
      const text = await tab.page.locator('body').innerText({ timeout: 1000 }).catch(() => '');
      faults.push(`${line}: ${error.message}\nat ${tab.page.url()}\n${text}`);
      break;
    }
  }
  await context.close();
}

try {
  const [first, ...left] = work.walks;
  await walk(first);
  const worker = async () => { for (let next = left.shift(); next; next = left.shift()) await walk(next); };
  await Promise.all(pictures ? [worker()] : [worker(), worker(), worker()]);
  if (!scripts) {
    faults.push(...await forms.finish(async (cookies) => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      await context.addCookies(cookies);
      const page = await context.newPage();
      page.setDefaultTimeout(timeout);
      return page;
    }));
  }
  console.log(JSON.stringify({ seen, sources, faults }));
} finally {
  await browser.close();
}
