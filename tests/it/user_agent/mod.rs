//! A person's browser, as far as a sign-in needs one: redirects, cookies and forms.

mod cookies;
mod html;

use cookies::Cookies;
pub(crate) use html::Form;
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, StatusCode, redirect};
use serde_json::Value;
use std::time::Duration;
use url::{Url, form_urlencoded};

/// More redirects in a row than any sign-in has.
const MOST_REDIRECTS: usize = 20;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// One browser with its cookies. It keeps no history and runs no script.
pub(crate) struct UserAgent {
    client: Client,
    cookies: Cookies,
    visited: Vec<Url>,
}

/// What the browser shows: the last answer after all redirects.
#[derive(Debug)]
pub(crate) struct Page {
    /// The address that answered.
    pub(crate) url: Url,
    /// The status of the answer.
    pub(crate) status: StatusCode,
    /// The headers of the answer.
    pub(crate) headers: HeaderMap,
    /// The text of the answer.
    pub(crate) body: String,
}

struct Request {
    method: Method,
    url: Url,
    body: Option<String>,
}

impl UserAgent {
    /// A browser that nobody has used.
    pub(crate) fn new() -> Self {
        Self::with(HeaderMap::new())
    }

    /// One whose requests come from that address, as a trusted proxy tells.
    pub(crate) fn from_address(address: &str) -> Self {
        Self::with(HeaderMap::from_iter([(FORWARDED_FOR, address.parse().unwrap())]))
    }

    #[expect(clippy::disallowed_methods, reason = "plays the person, not the gateway")]
    fn with(headers: HeaderMap) -> Self {
        let client = Client::builder()
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .no_proxy()
            // Peers are shared by tests, whose runtimes end with the connections that they began.
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        Self { client, cookies: Cookies::default(), visited: Vec::new() }
    }

    /// Opens an address and follows where it leads.
    pub(crate) async fn get(&mut self, url: impl AsRef<str>) -> Page {
        let url = Url::parse(url.as_ref()).unwrap();
        self.follow(Request { method: Method::GET, url, body: None }).await
    }

    /// Opens an address and stays at its answer, be it a redirect.
    pub(crate) async fn get_once(&mut self, url: impl AsRef<str>) -> Page {
        let url = Url::parse(url.as_ref()).unwrap();
        self.send(&Request { method: Method::GET, url, body: None }).await
    }

    /// Sends a form and follows where it leads.
    pub(crate) async fn submit(&mut self, form: &Form) -> Page {
        self.follow(Request::of(form)).await
    }

    /// Sends a form and stays at its answer, be it a redirect.
    pub(crate) async fn submit_once(&mut self, form: &Form) -> Page {
        self.send(&Request::of(form)).await
    }

    /// Sends a form to a server that may not live to answer: whether it did.
    pub(crate) async fn try_submit(&mut self, form: &Form) -> Option<StatusCode> {
        let request = Request::of(form);
        let mut sent = self.client.request(request.method, request.url.clone());
        if let Some(cookies) = self.cookies.header(&request.url) {
            sent = sent.header(COOKIE, cookies);
        }
        let body = request.body.unwrap_or_default();
        let sent = sent.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        sent.send().await.ok().map(|answer| answer.status())
    }

    /// Goes where a page leads at once and sends on the forms that it would send by script, until a person has to do something.
    pub(crate) async fn settle(&mut self, mut page: Page) -> Page {
        loop {
            page = if let Some(next) = page.opens() {
                self.get(next).await
            } else if let Some(form) = page.self_submitting_form() {
                self.submit(&form).await
            } else {
                return page;
            };
        }
    }

    /// Remembers a cookie for every path of the address's host, as if that host had set it.
    pub(crate) fn set_cookie(&mut self, url: &str, name: &str, value: &str) {
        self.cookies.store(&Url::parse(url).unwrap(), &format!("{name}={value}; Path=/"));
    }

    /// The cookies that it sends to an address.
    pub(crate) fn cookies_for(&self, url: &str) -> String {
        self.cookies.header(&Url::parse(url).unwrap()).unwrap_or_default()
    }

    /// The client beneath, for requests that are not a person's.
    pub(crate) fn into_client(self) -> Client {
        self.client
    }

    async fn follow(&mut self, mut request: Request) -> Page {
        for _ in 0..MOST_REDIRECTS {
            let page = self.send(&request).await;
            let Some(next) = page.location() else { return page };
            // Only 307 and 308 keep method and body; all others go on by GET (RFC 9110, 15.4).
            if matches!(page.status.as_u16(), 307 | 308) {
                request.url = next;
            } else {
                request = Request { method: Method::GET, url: next, body: None };
            }
        }
        panic!("more than {MOST_REDIRECTS} redirects: {:#?}", self.visited);
    }

    async fn send(&mut self, request: &Request) -> Page {
        self.visited.push(request.url.clone());
        let mut sent = self.client.request(request.method.clone(), request.url.clone());
        if let Some(cookies) = self.cookies.header(&request.url) {
            sent = sent.header(COOKIE, cookies);
        }
        if let Some(body) = &request.body {
            sent =
                sent.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.clone());
        }
        let answer = sent.send().await.unwrap_or_else(|error| panic!("{}: {error:?}", request.url));
        for line in answer.headers().get_all(SET_COOKIE) {
            self.cookies.store(&request.url, line.to_str().unwrap());
        }
        let (url, status, headers) =
            (answer.url().clone(), answer.status(), answer.headers().clone());
        Page { url, status, headers, body: answer.text().await.unwrap() }
    }
}

impl Request {
    fn of(form: &Form) -> Self {
        let fields =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        if form.method == "post" {
            return Self { method: Method::POST, url: form.action.clone(), body: Some(fields) };
        }
        let mut url = form.action.clone();
        url.set_query(Some(&fields));
        Self { method: Method::GET, url, body: None }
    }
}

impl Page {
    /// Where the answer redirects to.
    pub(crate) fn location(&self) -> Option<Url> {
        if !self.status.is_redirection() {
            return None;
        }
        let location = self.headers.get(LOCATION)?.to_str().ok()?;
        Some(self.url.join(location).unwrap())
    }

    /// The address that the page opens at once.
    fn opens(&self) -> Option<Url> {
        let next = html::refresh(&self.body)?;
        Some(self.url.join(&next).unwrap())
    }

    /// All forms of the page.
    pub(crate) fn forms(&self) -> Vec<Form> {
        html::forms(&self.url, &self.body)
    }

    /// The only form of the page.
    pub(crate) fn form(&self) -> Form {
        let mut forms = self.forms();
        assert_eq!(forms.len(), 1, "one form at {}: {}", self.url, self.body);
        forms.remove(0)
    }

    /// The answer as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|_| panic!("JSON at {} ({}): {}", self.url, self.status, self.body))
    }

    /// The page's only form if it carries a SAML message and leaves nothing to type.
    fn self_submitting_form(&self) -> Option<Form> {
        let forms = self.forms();
        let [form] = forms.as_slice() else { return None };
        let carries = form.fields.iter().any(|(name, _)| name.starts_with("SAML"));
        (carries && !form.asks).then(|| form.clone())
    }
}
