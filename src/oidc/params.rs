//! Parameters of a query or a form, each at most once (RFC 6749 section 3.1 and 3.2).

use super::Error;

/// Longer than any value that we or an app make: a `state` may carry a token of the app's own.
const LONGEST: usize = 4096;

/// Parameters by name. Unknown ones are ignored, as the standard wants.
#[derive(Debug, Clone)]
pub(super) struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    /// Reads `application/x-www-form-urlencoded`. A parameter without a value counts as left out.
    pub(super) fn parse(text: &str) -> Self {
        let pairs = url::form_urlencoded::parse(text.as_bytes())
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Self { pairs }
    }

    /// The value of a parameter, which must not be repeated, very long, or contain control characters.
    pub(super) fn get(&self, name: &'static str) -> Result<Option<&str>, Error> {
        self.short(name, LONGEST)
    }

    /// [`Self::get`] with a limit of its own, in bytes.
    pub(super) fn short(&self, name: &'static str, most: usize) -> Result<Option<&str>, Error> {
        let mut values = self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let (first, second) = (values.next(), values.next());
        if second.is_some() {
            return Err(Error::InvalidRequest(format!("{name} is given more than once.").into()));
        }
        let Some(value) = first else { return Ok(None) };
        if value.len() > most {
            let why = format!("{name} is longer than {most} bytes.");
            return Err(Error::InvalidRequest(why.into()));
        }
        if value.chars().any(char::is_control) {
            let why = format!("{name} contains a control character.");
            return Err(Error::InvalidRequest(why.into()));
        }
        Ok(Some(value))
    }

    /// A parameter that must be there.
    pub(super) fn need(&self, name: &'static str) -> Result<&str, Error> {
        self.get(name)?.ok_or_else(|| Error::InvalidRequest(format!("{name} is missing.").into()))
    }

    /// Whether a parameter is there, even if repeated.
    pub(super) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, _)| key == name)
    }

    /// Refuses parameters that are given more than once.
    pub(super) fn once(&self, names: &[&'static str]) -> Result<(), Error> {
        names.iter().try_for_each(|name| self.get(name).map(drop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_be_given_once() {
        let params = Params::parse("a=1&b=2&a=1&c=&d&e=x+y%2B");
        assert!(params.get("a").is_err());
        assert_eq!(params.get("b").unwrap(), Some("2"));
        assert_eq!(params.get("e").unwrap(), Some("x y+"));
        assert!(params.has("a"));
    }

    #[test]
    fn a_parameter_without_value_counts_as_left_out() {
        let params = Params::parse("c=&d&f=&f=1");
        assert_eq!(params.get("c").unwrap(), None);
        assert_eq!(params.get("d").unwrap(), None);
        assert_eq!(params.get("f").unwrap(), Some("1"));
        assert!(!params.has("c"));
    }

    #[test]
    fn control_characters_and_very_long_values_are_refused() {
        assert!(Params::parse("a=x%0D%0AY").get("a").is_err());
        assert!(Params::parse("a=%00").get("a").is_err());
        let long = format!("a={}", "x".repeat(LONGEST + 1));
        assert!(Params::parse(&long).get("a").is_err());
    }
}
