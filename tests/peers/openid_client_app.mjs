// An app played by openid-client: only configures and starts the library.
//
// Prints one line of JSON with its addresses when it is ready. POST /control/client says which
// client of which issuer it is: {issuer, client_id, client_secret or null, auth_method, …}.
// /login starts a sign-in, /callback ends it and answers with everything that came of it.

import { parseArgs } from 'node:util';
import express from 'express';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';

const { values: given } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'with-parent': { type: 'boolean', default: false },
    issuer: { type: 'string' },
    'client-id': { type: 'string' },
    'client-secret': { type: 'string' },
    'auth-method': { type: 'string', default: 'client_secret_basic' },
    'id-token-alg': { type: 'string', default: 'RS256' },
    scope: { type: 'string', default: 'openid email profile offline_access' },
  },
});
// Ends when whoever started it does, however that one ended.
if (given['with-parent']) process.stdin.on('end', () => process.exit(0)).resume();

const AUTHENTICATION = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
  none: client.None,
};

/** Sign-ins that began and have not come back, by the value of the browser's cookie. */
const begun = new Map();
let config;
let settings;
let last = null;
/** What it was told of sessions' ends, and how often it is still to say that it could not take that. */
let ended = [];
let failures = 0;
const waiting = new Set();

/** Remembers what it was told, and tells whoever waits for it. */
function told(what) {
  ended.push(what);
  for (const tell of waiting) tell();
}

/** Discovers the issuer and becomes this client of it. */
async function become(wanted) {
  settings = { auth_method: 'client_secret_basic', id_token_alg: 'RS256', scope: 'openid email profile offline_access', ...wanted };
  const secret = settings.client_secret ?? undefined;
  const authentication = AUTHENTICATION[secret ? settings.auth_method : 'none'](secret);
  const metadata = { id_token_signed_response_alg: settings.id_token_alg };
  config = await client.discovery(new URL(settings.issuer), settings.client_id, metadata, authentication, {
    execute: [client.allowInsecureRequests],
  });
  return config.serverMetadata();
}

/** What the library says went wrong, as JSON for the test. */
function explain(error) {
  const { name, code, message, error: oauth, error_description: description, status, cause } = error;
  return { failed: { name, code, message, error: oauth, error_description: description, status, cause: cause && String(cause.message ?? cause) } };
}

/** Runs a step and answers with its result or with what the library refused. */
const answer = (step) => async (request, http) => {
  try {
    http.json(await step(request, http));
  } catch (error) {
    console.error(error);
    last = explain(error);
    http.status(400).json(last);
  }
};

/** The tokens as the test sees them, with the verified claims beside them. */
function describe(tokens) {
  return { tokens: { ...tokens }, claims: tokens.claims() };
}

const app = express();
app.use(express.json(), express.urlencoded({ extended: false }));

app.get('/favicon.ico', (_request, http) => http.status(204).end());
app.get('/login', async (request, http) => {
  const id = client.randomState();
  const checks = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  begun.set(id, checks);
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${base}/callback`,
    scope: settings.scope,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    // login_hint, domain_hint, organization, connection, prompt: as the test wants.
    ...request.query,
  });
  http.cookie('openid_client_app', id, { httpOnly: true, sameSite: 'lax' }).redirect(url.href);
});

app.get('/callback', answer(async (request) => {
  const id = /(?:^|; )openid_client_app=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  const checks = begun.get(id);
  if (!checks) throw new Error('this browser did not begin a sign-in');
  begun.delete(id);
  const tokens = await client.authorizationCodeGrant(config, new URL(request.originalUrl, base), { ...checks, idTokenExpected: true });
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
  last = { ...describe(tokens), userinfo };
  return last;
}));

app.get('/last', (_request, http) => http.json(last));
app.post('/refresh', answer(async (request) => {
  const tokens = await client.refreshTokenGrant(config, request.body.refresh_token);
  return tokens.id_token ? describe(tokens) : { tokens: { ...tokens } };
}));
app.post('/userinfo', answer(({ body }) => client.fetchUserInfo(config, body.access_token, body.sub ?? client.skipSubjectCheck)));
app.post('/itself', answer(async ({ body }) => {
  const { access_token: token, ...rest } = await client.clientCredentialsGrant(config, { scope: settings.scope });
  const found = await client.fetchProtectedResource(config, token, new URL(body.resource), 'GET');
  return { tokens: { access_token: token, ...rest }, status: found.status, found: await found.json() };
}));
app.post('/introspect', answer(({ body }) => client.tokenIntrospection(config, body.token, body.hint && { token_type_hint: body.hint })));
app.post('/revoke', answer(async ({ body }) => {
  await client.tokenRevocation(config, body.token, body.hint && { token_type_hint: body.hint });
  return { revoked: true };
}));
app.post('/logout-url', answer(({ body }) => ({ url: client.buildEndSessionUrl(config, body).href })));
app.get('/logged-out', (request, http) => http.json({ logged_out: true, ...request.query }));
app.post('/backchannel-logout', answer(async ({ body }) => {
  const at = Date.now();
  if (failures > 0) {
    failures -= 1;
    throw new Error('not now');
  }
  const { jwks_uri: keys, issuer } = config.serverMetadata();
  const verified = await jwtVerify(body.logout_token, createRemoteJWKSet(new URL(keys)), {
    issuer,
    audience: settings.client_id,
    typ: 'logout+jwt',
    algorithms: [settings.id_token_alg],
    requiredClaims: ['iat', 'exp', 'jti', 'events', 'sub', 'sid'],
    maxTokenAge: '2 minutes',
    clockTolerance: '1 minute',
  });
  told({ at, claims: verified.payload });
  return {};
}));
app.get('/frontchannel-logout', (request, http) => {
  told({ frame: { ...request.query } });
  http.type('html').send('<!doctype html><title>Signed out</title>');
});
app.get('/ended', (request, http) => {
  const late = setTimeout(() => tell(true), Number(request.query.wait ?? 0));
  const tell = (now) => {
    if (!now && ended.length < Number(request.query.count ?? 0)) return;
    clearTimeout(late);
    waiting.delete(tell);
    http.json(ended);
  };
  waiting.add(tell);
  tell();
});
app.post('/control/ended', ({ body }, http) => {
  ended = [];
  failures = body.failures ?? 0;
  http.json({});
});
app.post('/control/client', answer(({ body }) => become(body)));

let base;
const server = app.listen(Number(given.port), '127.0.0.1', async () => {
  base = `http://127.0.0.1:${server.address().port}`;
  if (given.issuer) {
    await become({
      issuer: given.issuer, client_id: given['client-id'], client_secret: given['client-secret'],
      auth_method: given['auth-method'], id_token_alg: given['id-token-alg'], scope: given.scope,
    });
  }
  console.log(JSON.stringify({ url: base, redirect_uri: `${base}/callback`, post_logout_redirect_uri: `${base}/logged-out` }));
});
