// The setup portal in a frame of another site's page, in headless Chromium.
//
// Reads {page, test, person, javascript, timeout} as JSON from standard input: the page with the frame, and the same with the step
// of the test in it. Starts the setup in the frame, chooses a provider there and opens the page once more; with `test`, takes the
// test in place of that. Prints {framed, started, chosen, again, cookies, tested, console}; where the frame shows nothing of ours,
// {framed: false}. Ends with 1 and {failed, url, text} when a step is not there.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

const { page: start, test, person, javascript = true, timeout = 20_000 } = JSON.parse(readFileSync(0, 'utf8'));
const profile = mkdtempSync(path.join(tmpdir(), 'chromium-'));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  javaScriptEnabled: javascript,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    // As browsers do that keep no cookies of other sites but those that are kept apart.
    '--test-third-party-cookie-phaseout',
  ],
});
const page = browser.pages()[0] ?? await browser.newPage();
page.setDefaultTimeout(timeout);
const messages = [];
page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));

const inside = page.frameLocator('iframe');
/** The frame's address, without its query. */
const at = () => { const frame = page.frames().at(-1); return frame ? new URL(frame.url()).pathname : ''; };
/** Waits until the frame is at an address that begins so. */
async function arrive(beginning) {
  const deadline = Date.now() + timeout;
  while (!at().startsWith(beginning)) {
    if (Date.now() > deadline) throw new Error(`the frame is still at ${at()}`);
    await page.waitForTimeout(20);
  }
}

/** Begins a test in the frame and takes it in the window that is opened: what the window, and then the frame, say of it. */
async function takeTest() {
  await page.goto(test);
  await inside.locator('button[name=begin]').click();
  const opening = page.context().waitForEvent('page');
  await inside.locator('#result a[target=_blank]').click();
  const opened = await opening;
  opened.setDefaultTimeout(timeout);
  const user = opened.locator('input[name=user]');
  await user.fill(person);
  await opened.locator('form:has(input[name=user]) :is(button, input[type=submit])').first().click();
  const heading = opened.locator('h1', { hasText: 'The test sign-in' });
  // Without scripts a person presses the button of the page that hands the message over.
  const handOver = opened.locator('form:has(input[name=SAMLResponse]) :is(button, input[type=submit])').first();
  if (!javascript) await handOver.click();
  await heading.waitFor();
  const said = await opened.locator('main').innerText();
  const links = await opened.locator('a').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  await opened.close();
  // Without scripts a person asks for the result.
  if (!javascript) await inside.locator('a[href="/portal/setup/test"]').first().click();
  await inside.locator('#result .badge.ok').waitFor();
  return { said, links, frame: await inside.locator('#result').innerText() };
}

/** Chooses a provider in the frame and opens the page once more. */
async function choose() {
  await inside.locator('button[name=provider][value=okta]').click();
  await arrive('/portal/setup/create');
  const chosen = at();
  // The same browser on the same page goes on where it was.
  await page.goto(start);
  await arrive('/portal/setup/');
  const cookies = (await browser.cookies()).filter((cookie) => cookie.name.includes('portal'));
  return { chosen, again: at(), cookies };
}

let code = 0;
try {
  await page.goto(start);
  const button = inside.locator('form[action="/portal/start"] button');
  const framed = await button.waitFor({ timeout: 5000 }).then(() => true, () => false);
  let seen = { framed };
  if (framed) {
    await button.click();
    await arrive('/portal/setup/');
    seen = { framed, started: at(), ...(test ? { tested: await takeTest() } : await choose()) };
  }
  console.log(JSON.stringify({ ...seen, console: messages }));
} catch (error) {
  const text = await inside.locator('body').innerText({ timeout: 1000 }).catch(() => '');
  console.log(JSON.stringify({ failed: error.message, url: at(), text, console: messages }));
  code = 1;
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
process.exitCode = code;
