//! What a developer writes to sign people in, by stack: texts to copy, with the values of an application filled in.

use url::Url;

/// A program for one stack.
#[derive(Debug)]
pub struct Snippet {
    /// Its word in addresses.
    pub key: &'static str,
    /// What the stack is called.
    pub stack: &'static str,
    /// Which library does the work.
    pub library: &'static str,
    text: &'static str,
}

/// What is filled in.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// The gateway's public address.
    pub issuer: &'a str,
    /// Where every library finds what it needs.
    pub discovery: &'a str,
    /// The application.
    pub client_id: &'a str,
    /// Where codes come to.
    pub redirect_uri: &'a str,
}

macro_rules! snippet {
    ($key:literal, $stack:literal, $library:literal) => {
        Snippet {
            key: $key,
            stack: $stack,
            library: $library,
            text: include_str!(concat!("../../guides/snippets/", $key, ".txt")),
        }
    };
}

/// Every snippet, in the order in which they are offered.
pub const SNIPPETS: &[Snippet] = &[
    snippet!("node", "Node", "openid-client"),
    snippet!("python", "Python", "Authlib"),
    snippet!("java", "Java", "Spring Security"),
    snippet!("dotnet", ".NET", "ASP.NET Core OpenIdConnect"),
    snippet!("ruby", "Ruby", "omniauth_openid_connect"),
    snippet!("go", "Go", "coreos/go-oidc"),
];

impl Snippet {
    /// The text with an application's values. No value can end the string that it stands in: addresses with quotes are not
    /// registered as they are, but percent-encoded.
    #[must_use]
    pub fn filled(&self, values: Values<'_>) -> String {
        let Values { issuer, discovery, client_id, redirect_uri } = values;
        let encoded = |text: &str| {
            text.replace('\'', "%27").replace('"', "%22").replace('$', "%24").replace('#', "%23")
        };
        let path =
            Url::parse(redirect_uri).map_or_else(|_| "/".to_owned(), |url| url.path().to_owned());
        self.text
            .replace("{issuer}", issuer)
            .replace("{discovery}", discovery)
            .replace("{client_id}", client_id)
            .replace("{redirect_path}", &encoded(&path))
            .replace("{redirect_uri}", &encoded(redirect_uri))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(redirect_uri: &str) -> Values<'_> {
        Values {
            issuer: "https://sso.example",
            discovery: "https://sso.example/.well-known/openid-configuration",
            client_id: "app_1",
            redirect_uri,
        }
    }

    #[test]
    fn every_snippet_is_filled_with_issuer_client_and_redirect_address() {
        for snippet in SNIPPETS {
            let text = snippet.filled(values("https://app.example/callback"));
            for part in ["https://sso.example", "app_1", "/callback", "CLIENT_SECRET"] {
                assert!(text.contains(part), "{part} is missing in {}", snippet.key);
            }
            for left in ["{issuer}", "{client_id}", "{redirect", "{discovery}"] {
                assert!(!text.contains(left), "{left} is left in {}", snippet.key);
            }
        }
    }

    #[test]
    fn an_address_cannot_end_the_string_it_stands_in() {
        for snippet in SNIPPETS {
            let text = snippet.filled(values("https://app.example/a'b\"c?x=${d}#{e}"));
            assert!(!text.contains("a'b") && !text.contains("b\"c"), "{text}");
            assert!(!text.contains("${d}") && !text.contains("#{e}"), "{text}");
        }
    }
}
