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
    /// The language, as fences of Markdown name it.
    pub language: &'static str,
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
    ($key:literal, $stack:literal, $library:literal, $language:literal) => {
        Snippet {
            key: $key,
            stack: $stack,
            library: $library,
            language: $language,
            text: include_str!(concat!("../../guides/snippets/", $key, ".txt")),
        }
    };
}

/// Every snippet, in the order in which they are offered.
pub const SNIPPETS: &[Snippet] = &[
    snippet!("node", "Node", "openid-client", "js"),
    snippet!("python", "Python", "Authlib", "python"),
    snippet!("java", "Java", "Spring Security", "java"),
    snippet!("dotnet", ".NET", "ASP.NET Core OpenIdConnect", "csharp"),
    snippet!("ruby", "Ruby", "omniauth_openid_connect", "ruby"),
    snippet!("go", "Go", "coreos/go-oidc", "go"),
    snippet!("php", "PHP", "jumbojett/openid-connect-php", "php"),
    snippet!("rust", "Rust", "openidconnect", "rust"),
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

    /// Those that the tests run: `tests/it/apps.rs`.
    const RUN: [&str; 3] = ["node", "python", "ruby"];

    /// The page of `docs/apps` with a snippet as it is for the addresses that the documents use.
    fn page(snippet: &Snippet) -> String {
        let Snippet { stack, library, language, key, .. } = snippet;
        let text = snippet.filled(Values {
            issuer: "https://sso.example.com",
            discovery: "https://sso.example.com/.well-known/openid-configuration",
            client_id: "app_…",
            redirect_uri: "https://app.example.com/callback",
        });
        let run = if RUN.contains(key) {
            "Each check of Vestibule runs this program as it stands, and a person signs in by it."
        } else {
            "The checks of Vestibule do not run this program: what it needs is not at hand there."
        };
        format!(
            "# {stack}\n\nSigning people in with {library}. [Register the app](../for-apps.md#register-the-app) first; the console shows this program with \
             the values of your\napplication. `CLIENT_SECRET` is the secret that you got, `SESSION_KEY`, where it is named, a random text of 64 characters or \
             more.\n\n```{language}\n{}\n```\n\n{run} What the claims mean is told in [for apps](../for-apps.md#claims).\n",
            text.trim_end()
        )
    }

    #[test]
    fn the_pages_of_docs_apps_are_made_from_the_snippets() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/apps");
        for snippet in SNIPPETS {
            let (path, page) = (folder.join(format!("{}.md", snippet.key)), page(snippet));
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&path, &page).unwrap();
            }
            let there = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(there == page, "{}: run the tests with UPDATE=1", path.display());
        }
    }

    #[test]
    fn a_program_is_short_enough_to_be_read() {
        for snippet in SNIPPETS {
            // Without a library for sessions there is more to write in Go and Rust.
            let most = if ["go", "rust"].contains(&snippet.key) { 80 } else { 39 };
            let lines = snippet.text.lines().count();
            assert!(lines <= most, "{}: {lines} lines", snippet.key);
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
