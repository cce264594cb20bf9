//! Sends a form to an address that somebody gave us, under the same rules as fetching.

use super::{Fault, Fetcher, fault};
use reqwest::header::CONTENT_TYPE;
use url::Url;
use url::form_urlencoded::Serializer;

impl Fetcher {
    /// Posts a form and gives the status of the answer, of which nothing else is read. No redirect is followed.
    pub async fn post_form(&self, url: &str, fields: &[(&str, &str)]) -> Result<u16, Fault> {
        let url = Url::parse(url).map_err(|_| Fault::Url("not an absolute address"))?;
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let sent = self
            .client_for(&url)?
            .post(url.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
            .send();
        match tokio::time::timeout(self.limits.time, sent).await {
            Ok(Ok(response)) => Ok(response.status().as_u16()),
            Ok(Err(error)) => Err(Fault::from_reqwest(&url, &error)),
            Err(_) => {
                let seconds = self.limits.time.as_secs();
                Err(Fault::TimeOut { host: fault::host(&url), seconds })
            }
        }
    }
}
