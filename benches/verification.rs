//! Measures verification alone: a typical response of 6 KB, per second and core, on one thread and on two.
//! `cargo bench --bench verification`.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and ends where something is not as it must be"
)]

use chrono::TimeDelta;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::X509Builder;
use std::thread;
use std::time::{Duration, Instant};
use vestibule::clock::Time;
use vestibule::saml::certificate::{Certificate, TrustedKeys};
use vestibule::saml::issue::{Issue, Signed};
use vestibule::saml::response::{self, Expected};
use vestibule::saml::sign::Signer;

const ACS: &str = "https://sso.orbit.example/saml/con_1/acs";
const ENTITY: &str = "https://sso.orbit.example/saml/con_1";
const IDP: &str = "https://idp.globex.example/";
const TIME: Duration = Duration::from_secs(4);

fn main() {
    let mut count = 0;
    let mut before = None;
    let rsa = PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key");
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
    let p256 = PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
    println!("| key | signed | bytes | threads | CPU µs each | per second and core |");
    println!("|---|---|---|---|---|---|");
    for (name, key) in [("RSA 2048", &rsa), ("P-256", &p256)] {
        let certificate = certificate(key).expect("a certificate");
        let keys = TrustedKeys::new(std::slice::from_ref(&certificate));
        let signer = Signer::new(key, Some(&certificate));
        for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
            let field = field(signer, signed);
            for threads in [1, 2] {
                let (each, more) = measure(&field, &keys, threads);
                count += more;
                // What a process keeps for its work is there after the first measurement.
                before = before.or_else(|| Some((resident(), count)));
                println!(
                    "| {name} | {signed:?} | {} | {threads} | {:.0} | {:.0} |",
                    field.len() * 3 / 4,
                    each.as_secs_f64() * 1e6,
                    1.0 / each.as_secs_f64(),
                );
            }
        }
    }
    if let Some((memory, first)) = before {
        let grown = resident().saturating_sub(memory);
        println!("\nMemory grew by {grown} KiB over the last {} verifications.", count - first);
    }
}

/// Memory of this process in KiB.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// As a company's provider sends it: some attributes, and a person in eight groups.
fn field(signer: Signer<'_>, which: Signed) -> String {
    let mut issue =
        Issue::new(IDP, ACS, ENTITY, "ann@globex.example", now(), signer).expect("a response");
    issue.signed = which;
    let groups: Vec<String> = (0..8).map(|n| format!("Department {n} of Globex")).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    issue
        .attribute("email", &["ann@globex.example"])
        .attribute("firstName", &["Ann"])
        .attribute("lastName", &["Müller & Söhne"])
        .attribute("groups", &groups)
        .base64()
        .expect("a response")
}

/// The CPU of one verification and how many there were.
fn measure(field: &str, keys: &TrustedKeys, threads: usize) -> (Duration, u32) {
    let one = || {
        let expected = Expected {
            acs: ACS,
            entity_id: ENTITY,
            idp_entity_id: IDP,
            keys,
            decryption_keys: &[],
            in_response_to: None,
            allow_sha1: false,
            allow_cbc: false,
            is_cbc_spent: false,
            skew: TimeDelta::seconds(60),
        };
        let (begin, cpu) = (Instant::now(), thread_cpu());
        let mut count = 0_u32;
        while begin.elapsed() < TIME {
            let outcome = response::verify(field, &expected, now());
            assert!(outcome.result.is_ok(), "{:?}", outcome.result);
            count += 1;
        }
        (thread_cpu().saturating_sub(cpu), count)
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        let (mut cpu, mut count) = (Duration::ZERO, 0);
        for thread in running {
            let (more_cpu, more) = thread.join().expect("a thread");
            cpu += more_cpu;
            count += more;
        }
        (cpu / count, count)
    })
}

/// CPU that this thread has had: whatever else runs on the machine does not count.
fn thread_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = text.split_whitespace().next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.expect("nanoseconds"))
}

fn now() -> Time {
    Time::from_unix(1_769_851_800)
}

fn certificate(key: &PKey<Private>) -> Result<Certificate, ErrorStack> {
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    let serial = BigNum::from_u32(1)?.to_asn1_integer()?;
    builder.set_serial_number(&serial)?;
    let (begin, end) = (Asn1Time::from_unix(1_735_689_600)?, Asn1Time::from_unix(2_398_377_600)?);
    builder.set_not_before(&begin)?;
    builder.set_not_after(&end)?;
    builder.set_pubkey(key)?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(Certificate::from_der(&builder.build().to_der()?).expect("a certificate"))
}
