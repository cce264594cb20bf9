//! How something stands that was looked at, as portal and console say it.

/// How something is that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// As it should be.
    Good,
    /// Somebody has to know of it.
    Warn,
    /// It does not work.
    Bad,
    /// Nothing is known.
    Open,
}

impl Sign {
    /// The class of its line.
    pub(in crate::http) fn class(self) -> &'static str {
        match self {
            Self::Good => "p",
            Self::Warn => "w",
            Self::Bad => "f",
            Self::Open => "s",
        }
    }

    /// The key of its word, for whoever sees no shape.
    pub(in crate::http) fn word(self) -> &'static str {
        match self {
            Self::Good => "sign.good",
            Self::Warn => "sign.warn",
            Self::Bad => "sign.bad",
            Self::Open => "sign.open",
        }
    }

    /// Whether there is something to do.
    pub(in crate::http) fn is_trouble(self) -> bool {
        matches!(self, Self::Warn | Self::Bad)
    }
}
