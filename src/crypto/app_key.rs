//! The key of an authenticator app, and its codes: TOTP (RFC 6238) with what every app can do, which is SHA-1, six
//! digits and thirty seconds.

use super::secret::{Secret, SecretBytes};
use crate::error::{Error, Result};
use totp_rs::{Algorithm, Builder, Totp};

/// As long as the output of SHA-1 (RFC 4226, 4).
const LENGTH: usize = 20;
const DIGITS: u8 = 6;
/// Seconds for which a code is shown.
const STEP: u64 = 30;
/// Steps before and after the present one whose code is taken, for clocks that differ (RFC 6238, 5.2).
const SKEW: u16 = 1;
/// Characters of a key that a person types in one go.
const GROUP: usize = 4;

/// A key that an authenticator app and we share.
#[derive(Debug, Clone)]
pub struct AppKey(SecretBytes);

impl AppKey {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        Self(SecretBytes::from(super::random::<LENGTH>().to_vec()))
    }

    /// The bytes, to be sealed.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        self.0.reveal()
    }

    /// In which step of time this code is shown, if it is one of about now: whoever takes a code remembers its step, and
    /// takes none of that step or an earlier one again.
    pub fn step_of(&self, typed: &str, now: i64) -> Result<Option<i64>> {
        let code: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        if code.len() != usize::from(DIGITS) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        let found = self.codes("", "")?.check(&code, u64::try_from(now).unwrap_or_default());
        Ok(found.and_then(|step| i64::try_from(step).ok()))
    }

    /// The key as a person types it into the app: base 32, in groups of four.
    pub fn text(&self) -> Result<Secret> {
        let whole = self.codes("", "")?.secret().to_base32();
        let mut text = String::with_capacity(whole.len() + whole.len() / GROUP);
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push(' ');
            }
            text.push(digit);
        }
        Ok(Secret::from(text))
    }

    /// The key as an app reads it from a picture: `otpauth://`, with what the app shows beside the code.
    pub fn address(&self, issuer: &str, account: &str) -> Result<Secret> {
        self.codes(issuer, account)?.to_url().map(Secret::from).map_err(|error| internal(&error))
    }

    /// The code that an app shows.
    #[cfg(test)]
    pub(crate) fn code(&self, now: i64) -> String {
        self.codes("", "").unwrap().generate(u64::try_from(now).unwrap()).to_string()
    }

    fn codes(&self, issuer: &str, account: &str) -> Result<Totp> {
        // A colon divides the two in the address.
        let name = |text: &str| text.replace(':', " ");
        let account = if account.is_empty() { "account".to_owned() } else { name(account) };
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_skew(SKEW)
            .with_step_duration(STEP)
            .with_secret(self.0.reveal().to_vec())
            .with_account_name(account)
            .with_issuer((!issuer.is_empty()).then(|| name(issuer)))
            .build()
            .map_err(|error| internal(&error))
    }
}

impl From<SecretBytes> for AppKey {
    /// One that was sealed.
    fn from(bytes: SecretBytes) -> Self {
        Self(bytes)
    }
}

fn internal(error: &totp_rs::TotpError) -> Error {
    Error::Internal(anyhow::anyhow!("codes of an app: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_the_rfc() -> AppKey {
        AppKey::from(SecretBytes::from(b"12345678901234567890".to_vec()))
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, of whose eight digits an app with six shows the last six.
        for (now, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(of_the_rfc().step_of(code, now).unwrap(), Some(now / 30), "{now}");
            assert_eq!(of_the_rfc().code(now), code);
        }
    }

    #[test]
    fn a_code_is_taken_one_step_before_and_after_its_own() {
        let key = AppKey::generate();
        let (now, code) = (1_800_000_000, key.code(1_800_000_000));
        for (later, is_taken) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let step = key.step_of(&code, now + later).unwrap();
            assert_eq!(step.is_some_and(|step| step == now / 30), is_taken, "{later}");
        }
        let spaced = format!(" {} {} ", &code[..3], &code[3..]);
        assert!(key.step_of(&spaced, now).unwrap().is_some());
        for no_code in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
            assert!(key.step_of(no_code, now).unwrap().is_none(), "{no_code}");
        }
    }

    #[test]
    fn a_key_is_read_by_apps_and_people() {
        let address = of_the_rfc().address("Orbit: Labs", "maya@orbit.example").unwrap();
        let address = address.reveal();
        assert!(address.starts_with("otpauth://totp/Orbit"), "{address}");
        assert!(address.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{address}");
        let text = of_the_rfc().text().unwrap();
        assert_eq!(text.reveal(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(format!("{:?}", of_the_rfc()), "AppKey([secret])");
    }
}
