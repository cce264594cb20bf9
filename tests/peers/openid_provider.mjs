// An OpenID provider played by oidc-provider: only configures and starts the library.
//
// Prints one line of JSON with its addresses when it is ready. POST /control/client says whom it
// serves, as the metadata of a client, and POST /control/options how it answers.

import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { parseArgs } from 'node:util';
import express from 'express';
import Provider from 'oidc-provider';

const PEOPLE = {
  ada: { given_name: 'Ada', family_name: 'Lovelace' },
  grace: { given_name: 'Grace', family_name: 'Hopper' },
};

const { values: given } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'with-parent': { type: 'boolean', default: false },
  },
});
// Ends when whoever started it does, however that one ended.
if (given['with-parent']) process.stdin.on('end', () => process.exit(0)).resume();

const USUAL = { domain: 'umbrella.example', keys: [1], in_id_token: false, email_verified: true };
let options = { ...USUAL };
let clients = [];
let base;
let provider;
/** What came to the token endpoint: how each client proved who it is. */
let proofs = [];

/** Keys by number, made when first wanted. Odd ones are RSA, even ones EC. */
const keys = new Map();
function key(number) {
  if (!keys.has(number)) {
    const { privateKey } = number % 2
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })).export({ format: 'jwk' });
    keys.set(number, { ...jwk, kid: `key-${number}`, use: 'sig', alg: number % 2 ? 'RS256' : 'ES256' });
  }
  return keys.get(number);
}

function account(_context, id) {
  const person = PEOPLE[id];
  return person && {
    accountId: id,
    claims: () => ({
      sub: id,
      email: `${id}@${options.domain}`,
      email_verified: options.email_verified,
      name: `${person.given_name} ${person.family_name}`,
      ...person,
    }),
  };
}

/** Nobody is asked for consent: the company has bought the app. */
async function granted({ oidc }) {
  const known = oidc.session.grantIdFor(oidc.client.clientId);
  if (known) return oidc.provider.Grant.find(known);
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope('openid email profile');
  await grant.save();
  return grant;
}

/** The library with the clients and options of now. Sessions live in its memory and go on. */
function renew() {
  provider = new Provider(base, {
    clients,
    jwks: { keys: options.keys.map(key) },
    findAccount: account,
    loadExistingGrant: granted,
    conformIdTokenClaims: !options.in_id_token,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'given_name', 'family_name'] },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    cookies: { keys: ['not a secret'] },
    // The library's own refuses addresses of this machine, and everything here is on it.
    fetch: (address, { dispatcher, ...settings }) => fetch(address, settings),
  });
  provider.on('server_error', (_context, error) => console.error(error));
  provider.on('grant.error', (_context, error) => console.error(error));
  provider.on('grant.success', ({ oidc }) => proofs.push(oidc.client.clientAuthMethod));
}

const app = express();
const form = express.urlencoded({ extended: false });

app.get('/favicon.ico', (_request, http) => http.status(204).end());
app.post('/control/client', express.json(), (request, http) => {
  clients = [request.body];
  renew();
  http.json({ clients: clients.length });
});
app.post('/control/options', express.json(), (request, http) => {
  options = { ...options, ...request.body };
  renew();
  http.json(options);
});
app.post('/control/forget', express.json(), (_request, http) => {
  [options, clients, proofs] = [{ ...USUAL }, [], []];
  renew();
  http.json(options);
});
app.get('/control/proofs', (_request, http) => http.json(proofs));
app.get('/interaction/:uid', async (request, http) => {
  const { params } = await provider.interactionDetails(request, http);
  const hint = String(params.login_hint ?? '').replace(/[^\w@.-]/g, '');
  http.type('html').send(`<!doctype html><html lang="en"><title>Sign in</title>
<p id="hint">${hint}</p><form method="post"><input name="user"><button>Sign in</button></form>`);
});
app.post('/interaction/:uid', form, async (request, http) => {
  const { user } = request.body;
  const result = user in PEOPLE
    ? { login: { accountId: user } }
    : { error: 'access_denied', error_description: `${user} is not assigned` };
  await provider.interactionFinished(request, http, result, { mergeWithLastSubmission: false });
});
app.use((request, http) => provider.callback()(request, http));

const server = app.listen(Number(given.port), '127.0.0.1', () => {
  base = `http://127.0.0.1:${server.address().port}`;
  renew();
  console.log(JSON.stringify({ url: base }));
});
