//! The machine and the way to it: clock, disk, public address, TLS, mail.

use super::Finding;
use crate::cli::failure::Result;
use crate::cli::shell::Shell;
use crate::clock::Time;
use crate::config::{Config, DatabaseUrl};
use chrono::{DateTime, TimeDelta};
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::X509;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;
use url::Url;

const PATIENCE: Duration = Duration::from_secs(5);
/// From then on the end of our own certificate is announced.
const EXPIRING: TimeDelta = TimeDelta::days(21);
/// With less room than this nothing more can be written soon.
const NO_ROOM: u64 = 100_000_000;
/// With less it is time to make some.
const LITTLE_ROOM: u64 = 1_000_000_000;
/// So much is enough, however small a part of the disk it is.
const ENOUGH_ROOM: u64 = 20_000_000_000;
/// Providers allow a minute or more of difference; a machine that keeps time is within seconds.
const SKEW: TimeDelta = TimeDelta::seconds(30);

pub(super) fn look(shell: &Shell) -> Result<Vec<Finding>> {
    let config = shell.config()?;
    let mut findings = address(config, shell.now());
    if let Some(file) = &config.tls.cert {
        findings.push(own_certificate(file, shell.now()));
    }
    findings.push(data_folder(config));
    if let DatabaseUrl::Sqlite(_) = config.database.url {
        findings.push(room(&config.data_dir()));
    }
    Ok(findings)
}

/// Whether the public address leads here, how its certificate is, and whether its clock and ours agree.
fn address(config: &Config, now: Time) -> Vec<Finding> {
    const NAME: &str = "public address";
    let url = config.public_url.as_str();
    let answer = match ask(url) {
        Ok(answer) => answer,
        Err(error) if config.is_development() => {
            let detail = format!("{url} does not answer: {error}");
            return vec![Finding::warning(NAME, detail, "vestibule serve")];
        }
        Err(error) => {
            let detail = format!("{url} cannot be reached from here: {error}");
            let fix = "See that it runs, and that DNS, proxy and firewall lead to it";
            return vec![Finding::failed(NAME, detail, fix)];
        }
    };
    let mut findings = Vec::new();
    findings.push(if answer.status.contains(" 200") && answer.body.contains("vestibule") {
        Finding::ok(NAME, format!("{url} answers"))
    } else {
        let detail = format!("{url} answers with {}, which is not the gateway", answer.status);
        Finding::failed(NAME, detail, "Let the proxy pass every path of this host to the gateway")
    });
    findings.extend(answer.certificate.map(|end| ends("TLS certificate", url, end, now)));
    findings.extend(answer.date.map(|date| clock(date, now)));
    findings
}

fn clock(date: Time, now: Time) -> Finding {
    let skew = now.since(date);
    if skew.abs() > SKEW {
        let detail = format!("differs by {} seconds from the public address", skew.num_seconds());
        return Finding::failed(
            "clock",
            detail,
            "Keep the time by NTP (chrony, systemd-timesyncd)",
        );
    }
    Finding::ok("clock", format!("{now}, like the public address"))
}

fn ends(name: &'static str, what: &str, end: Time, now: Time) -> Finding {
    let detail = format!("{what}: until {end}");
    if end <= now {
        Finding::failed(name, detail, "Renew it")
    } else if end <= now.plus(EXPIRING) {
        Finding::warning(name, detail, "Renew it; then restart the gateway if it serves it itself")
    } else {
        Finding::ok(name, detail)
    }
}

fn own_certificate(file: &Path, now: Time) -> Finding {
    const NAME: &str = "tls.cert";
    let shown = file.display().to_string();
    let read = fs::read(file).map_err(|error| error.to_string());
    let parsed = read.and_then(|pem| X509::from_pem(&pem).map_err(|error| error.to_string()));
    match parsed.map(|certificate| end_of(&certificate)) {
        Ok(Some(end)) => ends(NAME, &shown, end, now),
        Ok(None) => Finding::failed(NAME, format!("{shown} has no end"), "Make another"),
        Err(why) => Finding::failed(NAME, format!("{shown}: {why}"), "Check the file"),
    }
}

/// Whether something can be written where the data is.
fn data_folder(config: &Config) -> Finding {
    const NAME: &str = "data folder";
    let folder = config.data_dir();
    let file = folder.join(format!(".doctor.{}", std::process::id()));
    let shown = folder.display().to_string();
    let tried =
        fs::write(&file, b"written to see whether it can be").and_then(|()| fs::remove_file(&file));
    match tried {
        Ok(()) => Finding::ok(NAME, format!("{shown} can be written")),
        Err(error) => Finding::failed(
            NAME,
            format!("{shown}: {error}"),
            "Make room, or let the user that runs the gateway write there",
        ),
    }
}

/// Whether a database that is a file can grow. Where it cannot, no change is made, and so nobody signs in.
fn room(folder: &Path) -> Finding {
    match rustix::fs::statvfs(folder) {
        Ok(told) => {
            let free = told.f_bavail.saturating_mul(told.f_frsize);
            left(folder, free, told.f_blocks.saturating_mul(told.f_frsize))
        }
        Err(error) => Finding::warning(
            "disk space",
            format!("{}: {error}", folder.display()),
            "Look yourself whether there is room",
        ),
    }
}

/// Of `free` bytes that are left of `all`.
fn left(folder: &Path, free: u64, all: u64) -> Finding {
    const NAME: &str = "disk space";
    const FIX: &str = "Make room or move the data to a larger disk; with shorter retention.* the database grows less";
    let percent = free.saturating_mul(100).checked_div(all).unwrap_or_default();
    let detail = format!(
        "{}.{} GB free ({percent} %) at {}",
        free / 1_000_000_000,
        free % 1_000_000_000 / 100_000_000,
        folder.display()
    );
    if free < NO_ROOM {
        Finding::failed(NAME, detail, FIX)
    } else if free < LITTLE_ROOM || (percent < 10 && free < ENOUGH_ROOM) {
        Finding::warning(NAME, detail, FIX)
    } else {
        Finding::ok(NAME, detail)
    }
}

/// What the public address answered.
struct Answer {
    status: String,
    body: String,
    date: Option<Time>,
    certificate: Option<Time>,
}

fn ask(url: &str) -> io::Result<Answer> {
    let url = Url::parse(url).map_err(io::Error::other)?;
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let mut last = io::Error::other("the name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return converse(&url, host, stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn converse(url: &Url, host: &str, stream: TcpStream) -> io::Result<Answer> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let name = &url[url::Position::BeforeHost..url::Position::AfterPort];
    if url.scheme() != "https" {
        return exchange(stream, name);
    }
    let mut connector = SslConnector::builder(SslMethod::tls_client()).map_err(io::Error::other)?;
    connector.set_verify(SslVerifyMode::PEER);
    let stream = connector.build().connect(host, stream).map_err(io::Error::other)?;
    let certificate = stream.ssl().peer_certificate().as_ref().and_then(end_of);
    Ok(Answer { certificate, ..exchange(stream, name)? })
}

fn exchange(mut stream: impl Read + Write, host: &str) -> io::Result<Answer> {
    write!(stream, "GET /version HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let date = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        if !name.eq_ignore_ascii_case("date") {
            return None;
        }
        DateTime::parse_from_rfc2822(value.trim()).ok()
    });
    Ok(Answer {
        status: head.lines().next().unwrap_or_default().to_owned(),
        body: body.to_owned(),
        date: date.map(|date| Time::from(date.to_utc())),
        certificate: None,
    })
}

fn end_of(certificate: &X509) -> Option<Time> {
    let epoch = openssl::asn1::Asn1Time::from_unix(0).ok()?;
    let since = epoch.diff(certificate.not_after()).ok()?;
    Some(Time::from_unix(i64::from(since.days) * 86_400 + i64::from(since.secs)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Verdict;

    #[test]
    fn the_end_of_a_certificate_is_announced_three_weeks_before() {
        let now = Time::from_unix(1_800_000_000);
        let verdict = |days| ends("x", "x", now.plus(TimeDelta::days(days)), now).verdict;
        assert_eq!(verdict(22), Verdict::Ok);
        assert_eq!(verdict(21), Verdict::Warning);
        assert_eq!(verdict(0), Verdict::Failed);
    }

    #[test]
    fn a_clock_that_is_off_is_a_failure() {
        let now = Time::from_unix(1_800_000_000);
        assert_eq!(clock(now.plus(TimeDelta::seconds(31)), now).verdict, Verdict::Failed);
        assert_eq!(clock(now.minus(TimeDelta::seconds(30)), now).verdict, Verdict::Ok);
    }

    #[test]
    fn a_disk_that_fills_up_is_told_before_nothing_can_be_written() {
        const GB: u64 = 1_000_000_000;
        let verdict = |free, all| left(Path::new("/data"), free, all).verdict;
        assert_eq!(verdict(50 * GB, 1000 * GB), Verdict::Ok);
        assert_eq!(verdict(2 * GB, 20 * GB), Verdict::Ok);
        assert_eq!(verdict(2 * GB, 21 * GB), Verdict::Warning);
        assert_eq!(verdict(GB - 1, 2 * GB), Verdict::Warning);
        assert_eq!(verdict(GB / 10 - 1, 20 * GB), Verdict::Failed);
        assert_eq!(verdict(0, 0), Verdict::Failed);
        let told = left(Path::new("/data"), 2_380_000_000, 21 * GB);
        assert_eq!(told.detail, "2.3 GB free (11 %) at /data");
        assert!(!room(&std::env::temp_dir()).detail.is_empty());
        assert_eq!(room(Path::new("/no/such/folder")).verdict, Verdict::Warning);
    }
}
