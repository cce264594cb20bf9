// A sign-in in headless Chromium: the app, our page by email, the provider's form, the app; and a sign-out, at the
// app and the provider or in a frame of the provider's page.
//
// Reads {start, email, person, javascript, sign_out, frame, timeout, screenshots} as JSON from standard input and prints
// {app, pages, console, frame}. Ends with 1 and {failed, url, text, …} when a step is not there.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

const journey = JSON.parse(readFileSync(0, 'utf8'));
const { javascript = true, timeout = 30_000 } = journey;
const profile = mkdtempSync(path.join(tmpdir(), 'chromium-'));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  javaScriptEnabled: javascript,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});
const page = browser.pages()[0] ?? await browser.newPage();
page.setDefaultTimeout(timeout);

const pages = [];
const messages = [];
page.on('console', (message) => messages.push(`${message.type()}: ${message.text()} (${message.location().url})`));
page.on('pageerror', (error) => messages.push(`pageerror: ${error.message}`));
page.on('framenavigated', (frame) => { if (frame === page.mainFrame()) pages.push(frame.url()); });

let shots = 0;
/** Keeps a picture of the page, where the journey asks for pictures. */
async function shoot() {
  if (!journey.screenshots) return;
  shots += 1;
  await page.screenshot({ path: path.join(journey.screenshots, `${shots}.png`), fullPage: true });
}

/** Fills a field in and presses the form's button, as a person does. */
async function fill(selector, value) {
  await page.locator(selector).fill(value);
  await shoot();
  await page.locator(`form:has(${selector}) button[type=submit], form:has(${selector}) button:not([type])`).first().click();
}

// A page that only hands a SAML message over: a script sends it, or a person by its button.
const HAND_OVER = 'form:has(input[name^=SAML]):not(:has(input:not([type=hidden]):not([type=submit])))';
const button = page.locator(`${HAND_OVER} :is(button, input[type=submit])`).first();

/** Waits until something is there; without scripts presses the buttons of the pages between. */
async function arrive(there) {
  const deadline = Date.now() + timeout;
  while (!await there()) {
    if (Date.now() > deadline) throw new Error(`still at ${page.url()}`);
    if (!javascript && await button.isVisible()) await button.click();
    else await page.waitForTimeout(20);
  }
}

/** Whether the page has a field. */
const shows = (selector) => () => page.locator(selector).isVisible().catch(() => false);
/** Whether the browser is back at the app. */
const atTheApp = async () => page.url().startsWith(new URL('/callback', journey.start).href)
  && await page.evaluate(() => document.readyState).catch(() => '') === 'complete';

/** Signs out at the app, and on our page at the provider, too. */
async function signOut(app) {
  const back = new URL('/logged-out', journey.start).href;
  const wanted = { id_token_hint: app.tokens.id_token, post_logout_redirect_uri: back, state: 'after' };
  const answer = await fetch(new URL('/logout-url', journey.start), {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(wanted),
  });
  await page.goto((await answer.json()).url);
  await arrive(shows('form[action="/logout"] button'));
  await shoot();
  await page.locator('form[action="/logout"] button').click();
  await arrive(async () => page.url().startsWith(back));
}

/** Opens a page of the provider that signs out in a frame, and waits for what the provider says there at the end. */
async function signOutInFrame() {
  await page.goto(journey.frame);
  let said = '';
  await arrive(async () => {
    said = await page.frames().at(-1).locator('body').innerText({ timeout: 1000 }).catch(() => '');
    return said.includes('"codes"');
  });
  return said;
}

let code = 0;
try {
  await page.goto(journey.start);
  if (journey.email) {
    await arrive(shows('input[name=email]'));
    await fill('input[name=email]', journey.email);
  }
  await arrive(shows('input[name=user]'));
  await fill('input[name=user]', journey.person);
  await arrive(atTheApp);
  await shoot();
  const app = JSON.parse(await page.locator('body').innerText());
  if (journey.sign_out) await signOut(app);
  const frame = journey.frame ? await signOutInFrame() : null;
  console.log(JSON.stringify({ app, pages, console: messages, frame }));
  if (app.failed) code = 1;
} catch (error) {
  const text = await page.locator('body').innerText({ timeout: 1000 }).catch(() => '');
  await shoot().catch(() => undefined);
  console.log(JSON.stringify({ failed: error.message, url: page.url(), text, pages, console: messages }));
  code = 1;
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
process.exitCode = code;
