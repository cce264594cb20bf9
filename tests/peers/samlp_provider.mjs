// A SAML identity provider played by samlp: only configures and starts the library.
//
// Prints one line of JSON with its addresses when it is ready. What it does is set while it
// runs by POST /control/options, and whom it serves by POST /control/sp {"url": SP metadata}.

import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DOMParser } from '@xmldom/xmldom';
import express from 'express';
import samlp from 'samlp';
import SessionParticipants from 'samlp/lib/sessionParticipants/index.js';

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata';
const XMLDSIG = 'http://www.w3.org/2000/09/xmldsig#';
const EMAIL = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';
const AUTHN_FAILED = 'urn:oasis:names:tc:SAML:2.0:status:AuthnFailed';

const LOGOUT_BINDINGS = {
  redirect: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
  post: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
};

const ENCRYPTION = {
  'aes128-gcm': 'http://www.w3.org/2009/xmlenc11#aes128-gcm',
  'aes256-gcm': 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
  'aes256-cbc': 'http://www.w3.org/2001/04/xmlenc#aes256-cbc',
};

const PEOPLE = {
  ada: { givenName: 'Ada', familyName: 'Lovelace' },
  grace: { givenName: 'Grace', familyName: 'Hopper' },
  'zoë': { mail: 'zoe', givenName: 'Zoë', familyName: "O'Neill & <Söhne>" },
};

const { values: given } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'with-parent': { type: 'boolean', default: false },
    'entity-id': { type: 'string' },
    sp: { type: 'string', multiple: true, default: [] },
    options: { type: 'string', default: '{}' },
  },
});
// Ends when whoever started it does, however that one ended.
if (given['with-parent']) process.stdin.on('end', () => process.exit(0)).resume();

const folder = mkdtempSync(path.join(tmpdir(), 'samlp-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));

const options = {
  entity_id: given['entity-id'] ?? 'urn:samlp:provider',
  sign_assertion: true,
  sign_response: false,
  signature: 'sha256',
  encrypt: null,
  want_requests_signed: false,
  sign_with_key: 1,
  domain: 'initech.example',
  lifetime: 300,
  slo: [],
  logout: 'complete',
};

const serviceProviders = new Map();
const keys = new Map();
let lastResponse = '';
let participants = [];

/** What samlp remembers between the halves of a logout. */
const logouts = new Map();
const logoutStore = {
  save(_request, value, done) {
    const id = randomUUID();
    logouts.set(id, value);
    done(null, id);
  },
  load(_request, id, given, then) {
    const done = then ?? given;
    const value = logouts.get(id);
    if (given.destroy) logouts.delete(id);
    done(null, value);
  },
  update(_request, id, value, done) {
    logouts.set(id, value);
    done(null, id);
  },
};

/** A key and its self-signed certificate, made when first wanted. */
function key(number) {
  if (!keys.has(number)) {
    const [keyFile, certFile] = ['key', 'cert'].map((name) => path.join(folder, `${name}-${number}.pem`));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30',
      '-subj', `/CN=samlp key ${number}`, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
    keys.set(number, { key: readFileSync(keyFile), cert: readFileSync(certFile) });
  }
  return keys.get(number);
}

/** What samlp's profile mapper expects: a passport profile. */
function profile(name) {
  const person = PEOPLE[name];
  const email = `${person.mail ?? name}@${options.domain}`;
  return {
    id: email,
    emails: [{ value: email }],
    displayName: `${person.givenName} ${person.familyName}`,
    name: { givenName: person.givenName, familyName: person.familyName },
  };
}

/** samlp's options for an answer to one service provider. */
function settings(serviceProvider, answer) {
  return {
    ...key(options.sign_with_key),
    issuer: options.entity_id,
    destination: serviceProvider.acs,
    recipient: serviceProvider.acs,
    nameIdentifierFormat: EMAIL,
    lifetimeInSeconds: options.lifetime,
    signAssertion: options.sign_assertion,
    signResponse: options.sign_response,
    signatureAlgorithm: `rsa-${options.signature}`,
    digestAlgorithm: options.signature,
    ...(options.want_requests_signed && { signingCert: serviceProvider.signingCert }),
    ...(options.encrypt && {
      encryptionCert: serviceProvider.encryptionCert,
      encryptionPublicKey: serviceProvider.encryptionCert,
      encryptionAlgorithm: ENCRYPTION[options.encrypt],
      disallowEncryptionWithInsecureAlgorithm: options.encrypt.endsWith('-gcm'),
    }),
    getPostURL: (_audience, _request, _http, done) => done(null, serviceProvider.acs),
    responseHandler: (response, _options, _request, http) => answer(http, response.toString()),
  };
}

/** A new session of a person with a service provider, which a logout ends. */
function begin(serviceProvider, nameId) {
  const sessionIndex = `_${randomUUID()}`;
  participants.push({
    serviceProviderId: serviceProvider.entityId,
    nameId,
    nameIdFormat: EMAIL,
    sessionIndex,
    serviceProviderLogoutURL: serviceProvider.slo,
    cert: serviceProvider.signingCert,
    binding: LOGOUT_BINDINGS[options.slo[0] ?? 'redirect'],
  });
  return sessionIndex;
}

/** samlp's logout: a wish of a service provider, its answer, or, with neither, one that starts here. */
function logout(request, http, next) {
  request.body ??= {};
  return samlp.logout({
    ...key(options.sign_with_key),
    issuer: options.entity_id,
    deflate: true,
    signatureAlgorithm: `rsa-${options.signature}`,
    digestAlgorithm: options.signature,
    protocolBinding: LOGOUT_BINDINGS[options.slo[0] ?? 'redirect'],
    sessionParticipants: new SessionParticipants(participants),
    store: logoutStore,
    clearIdPSession: (done) => done(options.logout === 'partial' ? new Error('not everywhere') : null),
  })(request, http, next);
}

/** The page that carries the response to the service provider. */
function sendAnswer(acs, relayState) {
  return (http, response) => {
    lastResponse = response;
    const field = (name, value) => `<input type="hidden" name="${name}" value="${escape(value)}">`;
    http.type('html').send(`<!doctype html><html lang="en"><title>Going back</title>
<form method="post" action="${escape(acs)}">${field('SAMLResponse', Buffer.from(response).toString('base64'))}
${relayState ? field('RelayState', relayState) : ''}
<noscript><button type="submit">Continue</button></noscript></form>
<script>document.forms[0].submit()</script></html>`);
  };
}

/** Text made safe for an attribute of HTML. */
function escape(text) {
  const names = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return String(text).replace(/[&<>"]/g, (sign) => names[sign]);
}

/** What a service provider's metadata says of it. */
async function readServiceProvider(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  const root = new DOMParser().parseFromString(await answer.text(), 'text/xml').documentElement;
  const certificate = (use) => {
    const found = Array.from(root.getElementsByTagNameNS(METADATA, 'KeyDescriptor'))
      .find((descriptor) => [use, ''].includes(descriptor.getAttribute('use')));
    const text = found?.getElementsByTagNameNS(XMLDSIG, 'X509Certificate')[0].textContent.replace(/\s/g, '');
    return text && `-----BEGIN CERTIFICATE-----\n${text.match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`;
  };
  return {
    entityId: root.getAttribute('entityID'),
    acs: root.getElementsByTagNameNS(METADATA, 'AssertionConsumerService')[0].getAttribute('Location'),
    slo: root.getElementsByTagNameNS(METADATA, 'SingleLogoutService')[0]?.getAttribute('Location'),
    signingCert: certificate('signing'),
    encryptionCert: certificate('encryption'),
  };
}

/** The request as samlp reads it, with the service provider that sent it. */
function readRequest(request) {
  return new Promise((resolve, reject) => {
    samlp.parseRequest(request, {}, (error, parsed) => {
      const serviceProvider = parsed && serviceProviders.get(parsed.issuer);
      if (error || !serviceProvider) reject(error ?? new Error(`unknown service provider ${parsed?.issuer}`));
      else resolve({ ...parsed, serviceProvider });
    });
  });
}

/** Answers the request that is in the query or the body, for this person. */
async function answerRequest(request, http, next, user) {
  const parsed = await readRequest(request);
  const { serviceProvider } = parsed;
  const relayState = request.query.RelayState ?? request.body?.RelayState;
  if (!PEOPLE[user]) {
    const refusal = { code: AUTHN_FAILED, description: 'Not assigned to this application' };
    return samlp.sendError({
      ...settings(serviceProvider), inResponseTo: parsed.id, error: refusal, RelayState: relayState,
      getPostURL: (_request, done) => done(null, serviceProvider.acs),
    })(request, http, next);
  }
  request.user = profile(user);
  const send = sendAnswer(serviceProvider.acs, relayState);
  const sessionIndex = begin(serviceProvider, request.user.id);
  return samlp.auth({ ...settings(serviceProvider, send), sessionIndex, audience: serviceProvider.entityId })(request, http, next);
}

/** Answers at once for a person whose cookie is known, else asks who it is. */
async function signOn(request, http, next) {
  const user = /(?:^|; )provider_user=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  if (user) return answerRequest(request, http, next, decodeURIComponent(user));
  await readRequest(request);
  // A Redirect request keeps its query, since its signature covers those very octets.
  const query = new URL(request.originalUrl, 'http://provider').search;
  const fields = Object.entries(request.body ?? {})
    .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`);
  return http.type('html').send(`<!doctype html><html lang="en"><title>Sign in at the provider</title>
<h1>Sign in at the provider</h1><form method="post" action="/login${escape(query)}">${fields.join('')}
<label>Name <input name="user" autocomplete="username" required></label>
<button type="submit">Sign in</button></form></html>`);
}

const app = express();
app.use(express.urlencoded({ extended: false, limit: '1mb' }), express.json());

app.get('/favicon.ico', (_request, http) => http.status(204).end());
app.get('/metadata', (request, http, next) => samlp.metadata({
  issuer: options.entity_id,
  cert: key(options.sign_with_key).cert,
  redirectEndpointPath: '/sso/redirect',
  postEndpointPath: '/sso/post',
  logoutEndpointPaths: Object.fromEntries(options.slo.map((binding) => [binding, `/slo/${binding}`])),
})(request, http, next));
app.get('/sso/redirect', signOn);
app.post('/sso/post', signOn);
app.post('/login', (request, http, next) => {
  const { user, ...fields } = request.body;
  request.body = fields;
  // The form came by POST; a Redirect request in the address is still read as one.
  if (request.query.SAMLRequest) request.method = 'GET';
  return answerRequest(request, http, next, user);
});

app.get('/slo/redirect', logout);
app.post('/slo/post', logout);
app.get('/logout', logout);

app.get('/start', (request, http, next) => {
  const serviceProvider = serviceProviders.get(request.query.sp);
  const send = sendAnswer(serviceProvider.acs, request.query.relay_state);
  const started = { ...settings(serviceProvider, send), audience: serviceProvider.entityId };
  samlp.getSamlResponse(started, profile(request.query.user), (error, response) => {
    if (error) next(error);
    else send(http, response);
  });
});

app.post('/control/sp', async (request, http) => {
  const serviceProvider = await readServiceProvider(request.body.url);
  serviceProviders.set(serviceProvider.entityId, serviceProvider);
  http.json({ service_providers: [...serviceProviders.keys()] });
});
app.post('/control/forget', (_request, http) => {
  serviceProviders.clear();
  participants = [];
  http.json({});
});
app.post('/control/options', (request, http) => {
  const unknown = Object.keys(request.body).filter((name) => !(name in options));
  if (unknown.length > 0) return http.status(400).json({ error: `no such option: ${unknown}` });
  return http.json(Object.assign(options, request.body));
});
app.get('/control/last-response', (_request, http) => http.type('application/xml').send(lastResponse));

app.use((error, _request, http, _next) => {
  console.error(error);
  http.status(400).type('text').send(String(error));
});

Object.assign(options, JSON.parse(given.options));
for (const url of given.sp) {
  const serviceProvider = await readServiceProvider(url);
  serviceProviders.set(serviceProvider.entityId, serviceProvider);
}
key(options.sign_with_key);
const server = app.listen(Number(given.port), '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ url, metadata: `${url}/metadata`, entity_id: options.entity_id }));
});
