//! The schemas of a user (RFC 7643, 4.1 and 4.3) and our extension.

use super::attribute::text;
use super::{Attribute, Schema, Type};

/// RFC 7643, 4.1.
pub(super) static CORE: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "A person",
    attributes: USER,
    aliases: &[
        "urn:scim:schemas:core:2.0:User",
        "urn:scim:schemas:core:2.0",
        "urn:scim:schemas:core:1.0",
    ],
};

/// RFC 7643, 4.3.
static ENTERPRISE: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "Enterprise User",
    description: "A person in an enterprise",
    attributes: WORK,
    aliases: &[
        "urn:scim:schemas:extension:enterprise:2.0:User",
        "urn:scim:schemas:extension:enterprise:1.0",
    ],
};

/// The schemas that extend a user.
pub(super) static EXTENSIONS: &[&Schema] = &[&ENTERPRISE, &OURS];

/// What the app's access is made of.
static OURS: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:vestibule:2.0:User",
    name: "Vestibule User",
    description: "What a person may do in the application",
    attributes: &[text(
        "roles",
        "Keys of the application's roles that the person has by themselves.",
    )
    .many()
    .usually(&["admin"])],
    aliases: &[],
};

static USER: &[Attribute] = &[
    text("userName", "The name by which the directory knows the person; often an email address.")
        .required()
        .unique(),
    Attribute::complex("name", "The parts of the name.", NAME),
    text("displayName", "The name to be shown."),
    text("nickName", "How the person is called."),
    Attribute::reference("profileUrl", &["external"], "The address of a page about the person."),
    text("title", "The title in the company."),
    text("userType", "Employee, contractor, and the like."),
    text("preferredLanguage", "The language the person reads, as in Accept-Language."),
    text("locale", "The region the person is used to."),
    text("timezone", "The time zone, as in the IANA's database."),
    Attribute::new("active", Type::Boolean, "Whether the person may sign in."),
    text("password", "Ignored: people sign in at their identity provider.").secret(),
    several("emails", "Email addresses. The primary one is that of the person.", EMAILS),
    several("phoneNumbers", "Telephone numbers.", PHONES),
    several("ims", "Addresses for instant messages.", IMS),
    several("photos", "Pictures of the person.", PHOTOS),
    several("addresses", "Postal addresses.", ADDRESSES),
    several("groups", "The groups that the person is in.", GROUPS).read_only(),
    several("entitlements", "Things the person has a right to.", TEXTS),
    several("roles", "Roles of the person in the directory.", TEXTS),
    several("x509Certificates", "Certificates of the person.", CERTIFICATES),
];

static NAME: &[Attribute] = &[
    text("formatted", "The whole name."),
    text("familyName", "The last name."),
    text("givenName", "The first name."),
    text("middleName", "The middle names."),
    text("honorificPrefix", "What stands before, like Dr."),
    text("honorificSuffix", "What stands after, like III."),
];

static EMAILS: &[Attribute] = &[
    // The one that counts is of one person only.
    text("value", "The address.").unique(),
    DISPLAY,
    kind(&["work", "home", "other"]),
    PRIMARY,
];
static PHONES: &[Attribute] = &[
    text("value", "The number."),
    DISPLAY,
    kind(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];
static IMS: &[Attribute] = &[
    text("value", "The address."),
    DISPLAY,
    kind(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];
static PHOTOS: &[Attribute] = &[
    Attribute::reference("value", &["external"], "The address of the picture."),
    DISPLAY,
    kind(&["photo", "thumbnail"]),
    PRIMARY,
];
static ADDRESSES: &[Attribute] = &[
    text("formatted", "The whole address."),
    text("streetAddress", "Street and number."),
    text("locality", "City."),
    text("region", "State or region."),
    text("postalCode", "Postal code."),
    text("country", "Country, ISO 3166-1 alpha-2."),
    kind(&["work", "home", "other"]),
    PRIMARY,
];
static GROUPS: &[Attribute] = &[
    text("value", "The ID of the group.").exact().read_only(),
    Attribute::reference("$ref", &["Group"], "The address of the group.").read_only(),
    text("display", "The name of the group.").read_only(),
    text("type", "How the person is in it.").usually(&["direct"]).read_only(),
];
static TEXTS: &[Attribute] = &[text("value", "The value."), DISPLAY, kind(&[]), PRIMARY];
static CERTIFICATES: &[Attribute] = &[
    Attribute::new("value", Type::Binary, "The certificate, DER in base64."),
    DISPLAY,
    kind(&[]),
    PRIMARY,
];

static WORK: &[Attribute] = &[
    text("employeeNumber", "The number of the employee."),
    text("costCenter", "The cost center."),
    text("organization", "The organization."),
    text("division", "The division."),
    text("department", "The department."),
    Attribute::complex("manager", "The manager.", MANAGER),
];
static MANAGER: &[Attribute] = &[
    text("value", "The ID of the manager.").exact(),
    Attribute::reference("$ref", &["User"], "The address of the manager."),
    text("displayName", "The name of the manager.").read_only(),
];

const DISPLAY: Attribute = text("display", "The value for people to read.");
const PRIMARY: Attribute =
    Attribute::new("primary", Type::Boolean, "Whether this is the first choice; at most one is.");

const fn kind(canonical: &'static [&'static str]) -> Attribute {
    text("type", "What it is for.").usually(canonical)
}

const fn several(
    name: &'static str,
    description: &'static str,
    sub: &'static [Attribute],
) -> Attribute {
    Attribute::complex(name, description, sub).many()
}
