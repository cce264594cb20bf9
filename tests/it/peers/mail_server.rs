//! A mail server that others wrote, and Python's own reader of what comes.

use super::process::Process;
use crate::user_agent::UserAgent;
use serde_json::Value;

/// A running mail server.
#[derive(Debug)]
pub(crate) struct MailServer {
    process: Process,
    url: String,
}

impl MailServer {
    /// aiosmtpd.
    pub(crate) async fn start() -> Self {
        let process = Process::start("mail_server.py").await;
        let url = process.text("url");
        Self { process, url }
    }

    /// The settings of a gateway that sends by STARTTLS and with this password, percent-encoded.
    pub(crate) fn safe(&self, password: &str) -> Vec<(&'static str, String)> {
        let port = &self.process.ready["port"];
        self.settings(format!("smtp://robot:{password}@localhost:{port}?tls=required"))
    }

    /// Those of one that sends without TLS; `query` may want it all the same, which this server cannot.
    pub(crate) fn plain(&self, query: &str) -> Vec<(&'static str, String)> {
        let port = &self.process.ready["plain"];
        self.settings(format!("smtp://localhost:{port}{query}"))
    }

    fn settings(&self, url: String) -> Vec<(&'static str, String)> {
        vec![
            ("VESTIBULE_EMAIL__SMTP_URL", url),
            ("VESTIBULE_EMAIL__FROM", "Orbit Läbs <no-reply@orbit.example>".to_owned()),
            ("VESTIBULE_ADMIN__EMAIL", "operations@orbit.example".to_owned()),
            ("VESTIBULE_BRAND__NAME", "Orbit Läbs".to_owned()),
            ("SSL_CERT_FILE", self.process.text("ca")),
        ]
    }

    /// Waits until so many mails came; each as Python reads it.
    pub(crate) async fn mails(&self, count: usize) -> Vec<Value> {
        let url = format!("{}/mails?count={count}&wait=15000", self.url);
        let came = UserAgent::new().get(url).await.json().as_array().unwrap().clone();
        assert!(came.len() >= count, "came {came:?}: {}", self.process.said());
        came
    }

    /// To whom mail was to go, once for each time.
    pub(crate) async fn tried(&self) -> Vec<String> {
        let tried = UserAgent::new().get(format!("{}/tried", self.url)).await.json();
        serde_json::from_value(tried).unwrap()
    }
}
