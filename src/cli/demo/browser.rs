//! A person's browser, as far as the demo needs one: redirects, cookies and the form that sends itself.

use crate::cli::failure::{Exit, Failure, Result};
use crate::fetch;
use crate::store::TraceId;
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use url::{Url, form_urlencoded};

/// More redirects in a row than any sign-in has.
const MOST_REDIRECTS: usize = 20;
const TIME: Duration = Duration::from_secs(20);

/// One browser, which goes to one host only.
pub(super) struct Browser {
    client: Client,
    /// Values by path and name.
    cookies: BTreeMap<(String, String), String>,
    /// Where it was, and what was answered.
    pub(super) visited: Vec<String>,
}

/// What the browser shows.
pub(super) struct Page {
    pub(super) url: Url,
    pub(super) status: u16,
    body: String,
    location: Option<Url>,
}

/// A form of a page, with its hidden fields.
pub(super) struct Form {
    action: Url,
    fields: Vec<(String, String)>,
}

impl Form {
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Browser {
    pub(super) fn new() -> Result<Self> {
        let client = fetch::unguarded()?;
        Ok(Self { client, cookies: BTreeMap::new(), visited: Vec::new() })
    }

    /// Opens an address and follows where it leads.
    pub(super) async fn open(&mut self, address: &str) -> Result<Page> {
        let url = Url::parse(address).map_err(|error| unusable(address, &error.to_string()))?;
        self.follow(Method::GET, url, None).await
    }

    /// Posts a form and follows where that leads.
    pub(super) async fn submit(&mut self, form: &Form) -> Result<Page> {
        let mut body = form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(&form.fields).finish();
        self.follow(Method::POST, form.action.clone(), Some(body)).await
    }

    /// Asks for JSON where a person would see a page.
    pub(super) async fn open_json(&mut self, address: &str) -> Result<Value> {
        let url = Url::parse(address).map_err(|error| unusable(address, &error.to_string()))?;
        let page = self.send(Method::GET, url, None, "application/json").await?;
        serde_json::from_str(&page.body).map_err(|error| anyhow::Error::new(error).into())
    }

    async fn follow(&mut self, method: Method, url: Url, body: Option<String>) -> Result<Page> {
        let mut page = self.send(method, url, body, "text/html").await?;
        for _ in 0..MOST_REDIRECTS {
            let Some(next) = page.location.take() else { break };
            page = self.send(Method::GET, next, None, "text/html").await?;
        }
        Ok(page)
    }

    async fn send(
        &mut self,
        method: Method,
        url: Url,
        body: Option<String>,
        accept: &'static str,
    ) -> Result<Page> {
        let mut request = self
            .client
            .request(method.clone(), url.clone())
            .timeout(TIME)
            .header(ACCEPT, accept)
            .header(COOKIE, self.cookies_for(url.path()));
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        }
        let answer = request.send().await.map_err(|error| unreachable(&url, &error))?;
        let status = answer.status().as_u16();
        // The query has codes and messages in it that are nobody's business.
        self.visited.push(format!("{status} {method} {}", url.path()));
        for line in answer.headers().get_all(SET_COOKIE) {
            self.keep(line.to_str().unwrap_or_default());
        }
        let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location.and_then(|location| url.join(location).ok());
        let body = answer.text().await.map_err(|error| unreachable(&url, &error))?;
        Ok(Page { url, status, body, location })
    }

    /// Keeps a cookie, or forgets one that has ended (RFC 6265 5.3).
    fn keep(&mut self, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let (mut path, mut has_ended) = ("/", false);
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            match key.to_ascii_lowercase().as_str() {
                "path" => path = value,
                "max-age" => has_ended = value == "0",
                _ => {}
            }
        }
        let key = (path.to_owned(), name.to_owned());
        if has_ended {
            self.cookies.remove(&key);
        } else {
            self.cookies.insert(key, value.to_owned());
        }
    }

    /// The cookies for a path (RFC 6265 5.1.4).
    fn cookies_for(&self, path: &str) -> String {
        let covers = |cookie: &str| {
            let rest = path.strip_prefix(cookie);
            rest.is_some_and(|rest| {
                rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/')
            })
        };
        let fitting = self.cookies.iter().filter(|((path, _), _)| covers(path));
        let pairs: Vec<String> =
            fitting.map(|((_, name), value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }
}

impl Page {
    /// The first form that is posted.
    pub(super) fn form(&self) -> Option<Form> {
        let (_, rest) = self.body.split_once("<form ")?;
        let (inner, _) = rest.split_once("</form>")?;
        let (head, _) = inner.split_once('>')?;
        let action = self.url.join(&attribute(head, "action")?).ok()?;
        let inputs = inner.split("<input ").skip(1).filter_map(|rest| rest.split_once('>'));
        let fields = inputs
            .filter_map(|(tag, _)| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
            .collect();
        Some(Form { action, fields })
    }

    /// The reference that an error page gives.
    pub(super) fn trace(&self) -> Option<TraceId> {
        let at = self.body.find("trc_")?;
        let word = self.body.get(at..)?;
        let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        word.get(..end.unwrap_or(word.len()))?.parse().ok()
    }

    /// The heading.
    pub(super) fn title(&self) -> String {
        let heading = self.body.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>"));
        heading.map(|(title, _)| decode(title)).unwrap_or_default()
    }
}

/// The value of an attribute, as our own pages write it.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| decode(value))
}

/// Replaces the references that our templates write.
fn decode(text: &str) -> String {
    text.replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
}

fn unusable(address: &str, why: &str) -> Failure {
    Failure::new(
        Exit::Usage,
        "url_invalid",
        format!("{address} is no address."),
        format!("{why}."),
        "Give one such as http://localhost:8080.",
    )
}

pub(super) fn unreachable(url: &Url, error: &reqwest::Error) -> Failure {
    let mut why = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        why = inner.to_string();
        source = inner.source();
    }
    Failure::new(
        Exit::Unreachable,
        "gateway_unreachable",
        format!("There is no answer from {}.", url.origin().ascii_serialization()),
        format!("{why}."),
        "Start the gateway in another terminal: vestibule serve",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: &str) -> Page {
        let url = Url::parse("http://localhost:8080/demo/idp/sso?x=1").unwrap();
        Page { url, status: 200, body: body.to_owned(), location: None }
    }

    #[test]
    fn the_form_of_a_page_is_read() {
        let page = page(
            "<h1>A &#38; B</h1><form class=\"panel\" method=\"post\" action=\"/saml/x?a&#38;b\" data-autosubmit>\
             <input type=\"hidden\" name=\"SAMLResponse\" value=\"PH+/=\">\
             <input type=\"hidden\" name=\"RelayState\" value=\"&#34;&#60;\"></form>",
        );
        let form = page.form().unwrap();
        assert_eq!(form.action.as_str(), "http://localhost:8080/saml/x?a&b");
        assert_eq!(form.value("SAMLResponse"), Some("PH+/="));
        assert_eq!(form.value("RelayState"), Some("\"<"));
        assert_eq!(page.title(), "A & B");
    }

    #[test]
    fn a_reference_is_found_on_a_page() {
        let id = TraceId::new();
        assert_eq!(page(&format!("<span>{id}</span>")).trace(), Some(id));
        assert_eq!(page("nothing").trace(), None);
    }

    #[test]
    fn a_cookie_is_sent_to_its_path_until_it_ends() {
        let mut browser = Browser::new().unwrap();
        browser.keep("a=1; Path=/; HttpOnly");
        browser.keep("b=2; Path=/demo/app; Max-Age=60");
        assert_eq!(browser.cookies_for("/demo/app/callback"), "a=1; b=2");
        assert_eq!(browser.cookies_for("/demo/apple"), "a=1");
        browser.keep("b=; Path=/demo/app; Max-Age=0");
        assert_eq!(browser.cookies_for("/demo/app"), "a=1");
    }
}
