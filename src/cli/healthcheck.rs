//! `vestibule healthcheck`: asks the running gateway whether it is alive, for containers.

use super::failure::{Exit, Failure, Result};
use super::shell::Shell;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than a healthy gateway takes, shorter than a container waits.
const PATIENCE: Duration = Duration::from_secs(3);

/// What to ask.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Also ask whether it can answer requests: the database and its migrations
    #[arg(long)]
    ready: bool,
}

pub(super) fn run(shell: &Shell, arguments: &Arguments) -> Result {
    let config = shell.config()?;
    let path = if arguments.ready { "/readyz" } else { "/healthz" };
    let address = reachable(config.listen);
    let status = ask(address, path, config.tls.cert.is_some());
    match status {
        Ok(line) if line.contains(" 200 ") => Ok(()),
        Ok(line) => Err(unhealthy(address, path, &format!("It answered: {}.", line.trim()))),
        Err(error) => Err(unhealthy(address, path, &format!("The system says: {error}."))),
    }
}

/// For containers the only exit codes are 0 and 1.
fn unhealthy(address: SocketAddr, path: &str, why: &str) -> Failure {
    let what = format!("The gateway at {address} is not well ({path}).");
    Failure::new(Exit::Unexpected, "unhealthy", what, why, "Look at its log.")
}

/// The address itself, or this machine where every interface is listened on.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// The status line. The certificate is for the public name, so it is not checked here, where the gateway is asked by
/// its address on this machine.
fn ask(address: SocketAddr, path: &str, tls: bool) -> io::Result<String> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    if !tls {
        return exchange(stream, path);
    }
    let mut connector = SslConnector::builder(SslMethod::tls_client()).map_err(io::Error::other)?;
    connector.set_verify(SslVerifyMode::NONE);
    let stream = connector
        .build()
        .configure()
        .map_err(io::Error::other)?
        .verify_hostname(false)
        .use_server_name_indication(false)
        .connect("localhost", stream)
        .map_err(io::Error::other)?;
    exchange(stream, path)
}

fn exchange(mut stream: impl Read + Write, path: &str) -> io::Result<String> {
    let head = "Host: localhost\r\nConnection: close";
    write!(stream, "GET {path} HTTP/1.1\r\n{head}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_all_interfaces_are_listened_on_this_machine_is_asked() {
        let asked = |listen: &str| reachable(listen.parse().unwrap()).to_string();
        assert_eq!(asked("0.0.0.0:8080"), "127.0.0.1:8080");
        assert_eq!(asked("[::]:8080"), "[::1]:8080");
        assert_eq!(asked("10.0.0.1:80"), "10.0.0.1:80");
    }
}
