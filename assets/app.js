// Progressive enhancement only: every page works without this file.
const root = document.documentElement;
// The server writes the theme of this cookie into each page, so that none is drawn in another first.
const theme = (value) => {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
};

const toast = document.querySelector(".toast");
// What an act has led here with is put in once more after the page is there: only then is it read out.
if (toast?.textContent) addEventListener("load", () => toast.replaceChildren(toast.textContent));
const copied = (what) => {
  if (!toast) return;
  toast.classList.remove("said");
  toast.textContent = toast.dataset.copied.replace("…", what);
  toast.classList.add("on");
  clearTimeout(copied.t);
  copied.t = setTimeout(() => toast.classList.remove("on"), 1600);
};

addEventListener("click", async (event) => {
  const el = event.target.closest("[data-copy],[data-theme-toggle]");
  if (!el) return;
  if (el.dataset.copy !== undefined) {
    await navigator.clipboard.writeText(el.dataset.copy);
    el.classList.add("done");
    copied(el.dataset.what);
    setTimeout(() => el.classList.remove("done"), 2500);
  } else {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    theme((root.dataset.theme = dark ? "light" : "dark"));
  }
});

// No single-key shortcuts: they break speech input (WCAG 2.1.4).
addEventListener("keydown", (event) => {
  if (event.key === "k" && (event.metaKey || event.ctrlKey)) {
    const box = document.querySelector("[data-search]");
    if (box) { event.preventDefault(); box.focus(); }
  }
});

// A form that takes the browser to another server: "Taking you to …". Its button stays for whoever has no script.
// Where the page opens frames first, they are waited for, but not for long.
const onward = document.querySelector("form[data-autosubmit]");
if (onward?.dataset.autosubmit === "loaded") {
  const send = () => onward.submit();
  const late = setTimeout(send, 3000);
  if (document.readyState === "complete") send();
  else addEventListener("load", () => { clearTimeout(late); send(); });
} else onward?.submit();

// A part of a page that shows what arrives is read again by htmx, while somebody looks. Where that fails, the page says so.
const polls = (ctx) => ctx?.sourceEvent?.type === "every";
const list = document.getElementById("card");
document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  if (polls(ctx)) {
    if (document.hidden || list?.ariaBusy === "true") event.preventDefault();
  } else if (list && ctx.target === list) list.ariaBusy = "true";
});
document.addEventListener("htmx:finally:request", (event) => {
  if (list && event.detail.ctx?.target === list) list.ariaBusy = null;
});
const live = (event) => {
  const word = document.querySelector(".live [data-on]");
  const { error, ctx } = event.detail;
  if (word) word.textContent = error || ctx?.response?.status >= 400 ? word.dataset.off : word.dataset.on;
};
for (const name of ["htmx:after:swap", "htmx:error", "htmx:response:error"]) document.addEventListener(name, live);

// A list that is filtered: an address has only the filters that are on, and rows stay where it cannot be read.
document.addEventListener("htmx:config:request", (event) => {
  const { body, form } = event.detail.ctx.request;
  if (form?.matches("form.bar")) for (const [name, value] of [...body]) if (!value) body.delete(name);
});
const failed = (event) => {
  const { ctx } = event.detail;
  const told = document.getElementById("failed")?.content.firstElementChild.cloneNode(true);
  if (!told || !list || ctx?.target !== list || list.querySelector(":scope > .alert")) return;
  const id = ctx.response?.headers?.get("request-id");
  if (id) {
    const copy = told.querySelector("[data-request] button");
    copy.textContent = copy.dataset.copy = id;
    told.querySelector("[data-request]").hidden = false;
  }
  list.prepend(told);
};
for (const name of ["htmx:error", "htmx:response:error"]) document.addEventListener(name, failed);
addEventListener("click", (event) => {
  if (!event.target.closest("[data-again]")) return;
  const form = list?.querySelector("form.bar");
  if (form) form.requestSubmit();
  else location.reload();
});

// Beside a list one of its lines is shown in a panel, where there is room; else, and in another tab, its own page.
const panel = document.getElementById("panel");
if (panel) {
  let opener;
  const mark = (row) => {
    for (const one of list.querySelectorAll("tr.sel")) one.classList.remove("sel");
    row?.classList.add("sel");
  };
  addEventListener("click", (event) => {
    const link = event.target.closest("a[hx-get]");
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || !matchMedia("(min-width: 1101px)").matches;
    if (link && elsewhere) event.stopPropagation();
  }, true);
  document.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    if (ctx?.target !== panel) return;
    opener = ctx.sourceElement;
    mark(opener.closest("tr"));
    panel.scrollTop = 0;
    panel.querySelector("[data-begins]")?.focus();
  });
  for (const name of ["htmx:error", "htmx:response:error"]) document.addEventListener(name, (event) => {
    const { ctx } = event.detail;
    if (ctx?.target === panel) location.assign(ctx.sourceElement.href);
  });
  const close = () => {
    panel.replaceChildren();
    mark();
    (opener?.isConnected ? opener : list.querySelector("a, input"))?.focus();
  };
  addEventListener("click", (event) => { if (event.target.closest("[data-close]")) close(); });
  addEventListener("keydown", (event) => { if (event.key === "Escape" && panel.firstElementChild) close(); });
}

// A passkey: what the page asks goes to the browser, and the browser's answer into the form. Bytes are base64url on the way.
const passkey = document.querySelector("form[data-passkey]");
if (passkey) {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const failed = passkey.querySelector("[data-passkey-failed]");
  const ask = async () => {
    failed.hidden = true;
    const publicKey = JSON.parse(passkey.dataset.options);
    publicKey.challenge = bytes(publicKey.challenge);
    if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
    for (const one of publicKey.excludeCredentials ?? []) one.id = bytes(one.id);
    try {
      const { id, rawId, type, response } = await navigator.credentials[passkey.dataset.passkey]({ publicKey });
      const parts = {};
      for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
        if (response[name]) parts[name] = text(response[name]);
      }
      passkey.elements.credential.value = JSON.stringify({ id, rawId: text(rawId), type, response: parts });
      passkey.submit();
    } catch { failed.hidden = false; }
  };
  passkey.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  if (passkey.dataset.passkeyNow !== undefined) ask();
}
