//! One attribute and its characteristics (RFC 7643, 2.2 and 7).

/// What values an attribute has (RFC 7643, 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A moment (RFC 7643, 2.3.5).
    DateTime,
    /// Base64.
    Binary,
    /// The address of something.
    Reference,
    /// Sub-attributes.
    Complex,
}

impl Type {
    /// The word of RFC 7643.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference => "reference",
            Self::Complex => "complex",
        }
    }
}

/// Who may change an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    /// Only we.
    ReadOnly,
    /// The directory.
    ReadWrite,
    /// The directory, when the value is made.
    Immutable,
    /// The directory, and nobody reads it.
    WriteOnly,
}

impl Mutability {
    /// The word of RFC 7643.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
            Self::WriteOnly => "writeOnly",
        }
    }
}

/// When an attribute is in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// Whatever is asked for.
    Always,
    /// In none.
    Never,
    /// Unless others are asked for, or it is excluded.
    Default,
}

impl Returned {
    /// The word of RFC 7643.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Default => "default",
        }
    }
}

/// An attribute.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "these are the characteristics of RFC 7643, 7")]
pub struct Attribute {
    /// Its name, in the case in which it is written.
    pub name: &'static str,
    /// What values it has.
    pub kind: Type,
    /// Whether it has several values.
    pub multi: bool,
    /// Whether a resource must have it.
    pub required: bool,
    /// Whether the case of its values counts.
    pub case_exact: bool,
    /// Who may change it.
    pub mutability: Mutability,
    /// When it is in an answer.
    pub returned: Returned,
    /// Whether no other resource of the directory may have the same value.
    pub unique: bool,
    /// Values that are usual.
    pub canonical: &'static [&'static str],
    /// What a reference may lead to.
    pub references: &'static [&'static str],
    /// Its sub-attributes, if it is complex.
    pub sub: &'static [Self],
    /// What it is.
    pub description: &'static str,
}

/// An attribute of text.
pub(super) const fn text(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Type::String, description)
}

impl Attribute {
    pub(super) const fn new(name: &'static str, kind: Type, description: &'static str) -> Self {
        Self {
            name,
            kind,
            multi: false,
            required: false,
            case_exact: matches!(kind, Type::Reference | Type::Binary),
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            unique: false,
            canonical: &[],
            references: &[],
            sub: &[],
            description,
        }
    }

    pub(super) const fn complex(
        name: &'static str,
        description: &'static str,
        sub: &'static [Self],
    ) -> Self {
        let mut made = Self::new(name, Type::Complex, description);
        made.sub = sub;
        made
    }

    pub(super) const fn reference(
        name: &'static str,
        to: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        let mut made = Self::new(name, Type::Reference, description);
        made.references = to;
        made
    }

    pub(super) const fn many(mut self) -> Self {
        self.multi = true;
        self
    }

    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) const fn exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    pub(super) const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    pub(super) const fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self
    }

    pub(super) const fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }

    pub(super) const fn secret(mut self) -> Self {
        self.mutability = Mutability::WriteOnly;
        self.returned = Returned::Never;
        self
    }

    pub(super) const fn always(mut self) -> Self {
        self.returned = Returned::Always;
        self
    }

    pub(super) const fn usually(mut self, canonical: &'static [&'static str]) -> Self {
        self.canonical = canonical;
        self
    }

    /// A sub-attribute by its name, whatever its case.
    #[must_use]
    pub fn sub(&self, name: &str) -> Option<&'static Self> {
        super::named(self.sub, name)
    }

    /// The sub-attribute that a complex attribute's value is compared by when none is named (RFC 7643, 2.4).
    #[must_use]
    pub fn value(&self) -> Option<&'static Self> {
        self.sub("value")
    }
}
