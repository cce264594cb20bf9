//! The schema of a group (RFC 7643, 4.2) and our extension.

use super::attribute::text;
use super::{Attribute, Schema};

/// RFC 7643, 4.2.
pub(super) static CORE: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    description: "A set of people",
    attributes: &[
        text("displayName", "The name of the group.").required().unique(),
        Attribute::complex("members", "The people in it.", MEMBERS).many(),
    ],
    aliases: &[
        "urn:scim:schemas:core:2.0:Group",
        "urn:scim:schemas:core:2.0",
        "urn:scim:schemas:core:1.0",
    ],
};

/// The schemas that extend a group.
pub(super) static EXTENSIONS: &[&Schema] = &[&OURS];

/// What the app's access is made of.
static OURS: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group",
    name: "Vestibule Group",
    description: "What the people of a group may do in the application",
    attributes: &[text("roles", "Keys of the application's roles that its members have.")
        .many()
        .usually(&["admin"])],
    aliases: &[],
};

static MEMBERS: &[Attribute] = &[
    text("value", "The ID of the user.").exact().immutable(),
    Attribute::reference("$ref", &["User"], "The address of the user.").immutable(),
    text("display", "The name of the user.").read_only(),
    text("type", "What the member is.").usually(&["User"]).immutable(),
];
