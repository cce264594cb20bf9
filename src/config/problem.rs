//! What is wrong with the settings, in three lines: what, why, what to do.

use std::fmt;

/// One thing that keeps the gateway from starting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, with the place: `vestibule.toml line 3: sign_in.sesion is not a setting.`
    pub what: String,
    /// Why it matters, or what was expected.
    pub why: String,
    /// What to do about it.
    pub fix: String,
    /// The name of the setting, if it is one alone.
    pub about: Option<String>,
}

impl Problem {
    /// A problem in three sentences.
    pub fn new(what: impl Into<String>, why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into(), fix: fix.into(), about: None }
    }

    /// The same of one setting.
    #[must_use]
    pub fn about(self, path: impl Into<String>) -> Self {
        Self { about: Some(path.into()), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}", self.what, self.why, self.fix)
    }
}

impl std::error::Error for Problem {}

/// Everything found wrong at once; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}
