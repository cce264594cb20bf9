//! Sends a form to an address that somebody gave us, under the same rules as fetching, and asks where the answer is for
//! us alone.

use super::{Fault, Fetcher, fault};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{RequestBuilder, Response};
use url::Url;
use url::form_urlencoded::Serializer;

/// An answer, be it a refusal.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its HTTP status.
    pub status: u16,
    /// What it says.
    pub body: Vec<u8>,
}

impl Fetcher {
    /// Posts a form with what proves who we are, and reads the answer. No redirect is followed: the proof is for this
    /// address alone.
    pub async fn exchange(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        authorization: Option<&str>,
    ) -> Result<Reply, Fault> {
        let url = Url::parse(url).map_err(|_| Fault::Url("not an absolute address"))?;
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .client_for(&url)?
            .post(url.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        self.reply(&url, request, authorization).await
    }

    /// Asks with what proves who we are, and reads the answer. No redirect is followed.
    pub async fn ask(&self, url: &str, authorization: &str) -> Result<Reply, Fault> {
        let url = Url::parse(url).map_err(|_| Fault::Url("not an absolute address"))?;
        let request = self.client_for(&url)?.get(url.clone());
        self.reply(&url, request, Some(authorization)).await
    }

    async fn reply(
        &self,
        url: &Url,
        request: RequestBuilder,
        authorization: Option<&str>,
    ) -> Result<Reply, Fault> {
        let mut request = request.header(ACCEPT, "application/json");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let work = async {
            let response =
                request.send().await.map_err(|error| Fault::from_reqwest(url, &error))?;
            let status = response.status().as_u16();
            Ok(Reply { status, body: self.read(url, response).await?.body })
        };
        tokio::time::timeout(self.limits.time, work).await.unwrap_or_else(|_| {
            let seconds = self.limits.time.as_secs();
            Err(Fault::TimeOut { host: fault::host(url), seconds })
        })
    }

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

    /// Posts JSON with these headers, and gives the status of the answer and the beginning of what it says. No redirect is
    /// followed.
    pub async fn deliver(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Reply, Fault> {
        let url = Url::parse(url).map_err(|_| Fault::Url("not an absolute address"))?;
        let mut request = self.client_for(&url)?.post(url.clone());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let sent = request.header(CONTENT_TYPE, "application/json").body(body).send();
        let work = async {
            let response = sent.await.map_err(|error| Fault::from_reqwest(&url, &error))?;
            let status = response.status().as_u16();
            Ok(Reply { status, body: self.beginning(response).await })
        };
        tokio::time::timeout(self.limits.time, work).await.unwrap_or_else(|_| {
            let seconds = self.limits.time.as_secs();
            Err(Fault::TimeOut { host: fault::host(&url), seconds })
        })
    }

    /// As much of a body as there is room for. With the status all is said, so one that breaks off is no fault.
    async fn beginning(&self, mut response: Response) -> Vec<u8> {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() >= self.limits.size {
                break;
            }
        }
        body.truncate(self.limits.size);
        body
    }
}
