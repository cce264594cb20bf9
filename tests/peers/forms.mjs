// What of pages works without scripts: nothing on them is dead, and each form that walks meet is sent.

/** Where a form leads, whatever the IDs in it are. */
export const leads = (method, url) => {
  const path = new URL(url).pathname.split('/').map((part) =>
    (/^[a-z]+_[0-9a-z]{26}$/.test(part) || /^[0-9a-f]{64}$/.test(part) ? '{id}' : part));
  return `${method.toUpperCase()} ${path.join('/')}`;
};

/** What is last of what changes something, the very last first: not much is left after it. */
const LAST = [/\/logout$/, /\/settings\/members\/|\/account\//, /\/organizations\/\{id\}\/(delete|purge)$/, /\/hand-over$/, /\/(delete|erase|remove|revoke)$/];
const lateness = (key) => {
  const at = key.startsWith('GET ') ? -1 : LAST.findIndex((one) => one.test(key));
  return at < 0 ? 0 : LAST.length - at;
};

/** Answers that say that a form cannot be used as it is, whatever is typed. */
const REFUSALS = [400, 401, 403, 404, 405, 413, 415];

/** The forms of a page as it is shown, and what is dead on it. To be run in the page. */
function looked() {
  const folds = [...document.querySelectorAll('details:not([open])')];
  for (const fold of folds) fold.open = true;
  const dead = [...document.querySelectorAll('button[type=button], a:not([href])')].filter((one) => one.checkVisibility());
  const wrong = dead.map((one) => `does nothing: ${one.outerHTML.slice(0, 160)}`);
  const forms = [...document.forms].map((form, at) => {
    const buttons = [...form.elements].filter((one) => one.type === 'submit' && one.checkVisibility());
    const typed = [...form.elements].filter((one) => /^(text|search|email|url|password)$/.test(one.type));
    // The Enter key sends a form of one field, and one of none is not shown.
    if (!buttons.length && typed.length > 1) wrong.push(`nothing sends ${form.outerHTML.slice(0, 160)}`);
    return { at, method: form.method, action: form.action, hasButton: buttons.length > 0, isShown: buttons.length + typed.length > 0 };
  });
  for (const fold of folds) fold.open = false;
  return { wrong, forms };
}

/** Marks what sends a form, in the same tab; what has to be filled in is for the server to say. To be run in the page. */
function marked(at) {
  for (const fold of document.querySelectorAll('details')) fold.open = true;
  const form = document.forms[at];
  form.noValidate = true;
  form.removeAttribute('target');
  const all = [...form.elements].filter((one) => one.checkVisibility());
  all.find((one) => one.type === 'submit')?.setAttribute('data-sends', '');
  all.find((one) => one.type !== 'submit' && one.type !== 'hidden')?.setAttribute('data-typed', '');
}

/** The forms that were met, and those that were sent. */
export class Forms {
  constructor(base) {
    this.base = base;
    this.met = new Map();
    this.sent = new Set();
    /** Of each tab whether its page can be opened once more. */
    this.isOpened = new WeakMap();
  }

  /** Notes each form that a tab sends. */
  follow(page) {
    page.on('request', (request) => {
      if (!request.isNavigationRequest()) return;
      this.isOpened.set(page, request.method() === 'GET');
      if (request.method() === 'POST') this.sent.add(leads('POST', request.url()));
    });
  }

  /** What is wrong with a page, whose forms are remembered with who may send them. */
  async look(page) {
    const { wrong, forms } = await page.evaluate(looked);
    const cookies = await page.context().cookies();
    for (const form of forms) {
      const key = leads(form.method, form.action);
      if (!form.isShown || !form.action.startsWith(this.base) || this.met.get(key)?.isOpened) continue;
      this.met.set(key, { page: page.url(), cookies, isOpened: this.isOpened.get(page) });
    }
    return wrong;
  }

  /** Sends what nobody has sent as it stands on its page; what comes of that says what is missing, or that it is done. */
  async finish(open) {
    const wrong = [];
    const left = [...this.met].filter(([key]) => !this.sent.has(key));
    left.sort(([one], [other]) => lateness(one) - lateness(other));
    for (const [key, form] of left) {
      const page = await open(form.cookies);
      try {
        wrong.push(...(await this.send(page, key, form)).map((what) => `${key} of ${form.page} ${what}`));
      } catch (error) {
        wrong.push(`${key} of ${form.page}: ${error.message}`);
      }
      await page.context().close();
    }
    return wrong;
  }

  async send(page, key, { page: at }) {
    await page.goto(at);
    const { forms } = await page.evaluate(looked);
    const form = forms.find((one) => one.isShown && leads(one.method, one.action) === key);
    if (!form) return [`is not on its page any more, which is ${page.url()}: ${await page.locator('h1').first().innerText()}`];
    await page.evaluate(marked, form.at);
    const act = () => (form.hasButton ? page.locator('[data-sends]').click() : page.locator('[data-typed]').press('Enter'));
    const [answer] = await Promise.all([page.waitForNavigation({ waitUntil: 'commit' }), act()]);
    const status = answer?.status() ?? 0;
    return REFUSALS.includes(status) || status >= 500 || !status ? [`is answered ${status}`] : [];
  }
}
