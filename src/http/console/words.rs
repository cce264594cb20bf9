//! What states are called, with the shape that goes with the word.


/// A state as a word and a shape.
pub(in crate::http) struct Badge {
    /// The class of its shape.
    pub(in crate::http) class: &'static str,
    /// The word.
    pub(in crate::http) label: String,
}
