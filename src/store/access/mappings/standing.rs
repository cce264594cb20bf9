//! What the mappings of a group come to, as lists of groups tell it.

use super::{Mapping, MappingState};
use crate::store::types::word;

word!(
    /// What the mappings of a group come to.
    GroupMapping {
        /// There is none: what the group gives is its roles.
        Unmapped = "unmapped",
        /// One at least waits for a person.
        Pending = "pending",
        /// One at least places members.
        Mapped = "mapped",
        /// There are only such as were rejected.
        Rejected = "rejected",
    }
);

impl GroupMapping {
    /// What these mappings of one group come to.
    #[must_use]
    pub fn of(mappings: &[Mapping]) -> Self {
        let is_pending = |it: &Mapping| it.state == MappingState::Pending;
        match mappings {
            [] => Self::Unmapped,
            some if some.iter().any(Mapping::is_placing) => Self::Mapped,
            some if some.iter().any(is_pending) => Self::Pending,
            _ => Self::Rejected,
        }
    }
}
