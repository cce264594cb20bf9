//! Column types that both databases understand.

use super::db::MultiBackend;
use crate::clock::Time;
use crate::crypto::TokenHash;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{Text, Timestamp};
use diesel::sqlite::Sqlite;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::Deref;

/// Tells diesel that `Time` is a `TIMESTAMP`.
#[derive(FromSqlRow, AsExpression)]
#[diesel(foreign_derive, sql_type = Timestamp)]
#[expect(dead_code, reason = "the derive reads it")]
struct TimeProxy(Time);

/// A backend whose times diesel writes and reads as well as can be.
macro_rules! as_diesel {
    ($backend:ty) => {
        impl ToSql<Timestamp, $backend> for Time {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, $backend>) -> serialize::Result {
                ToSql::<Timestamp, $backend>::to_sql(self.as_naive(), out)
            }
        }

        impl FromSql<Timestamp, $backend> for Time {
            fn from_sql(bytes: <$backend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                let naive = <NaiveDateTime as FromSql<Timestamp, $backend>>::from_sql(bytes)?;
                Ok(Self::from(naive.and_utc()))
            }
        }
    };
}
as_diesel!(Pg);
as_diesel!(MultiBackend);

/// As diesel writes a time, without interpreting a format each time.
impl ToSql<Timestamp, Sqlite> for Time {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(written(self.as_naive()));
        Ok(serialize::IsNull::No)
    }
}

/// As it is written here; whatever else SQLite understands as a time is diesel's to read.
impl FromSql<Timestamp, Sqlite> for Time {
    fn from_sql(mut value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let naive = match read(value.read_text()) {
            Some(naive) => naive,
            None => <NaiveDateTime as FromSql<Timestamp, Sqlite>>::from_sql(value)?,
        };
        Ok(Self::from(naive.and_utc()))
    }
}

/// `2026-01-31 09:30:00`, with three or six digits of a fraction if there is one: text that sorts as time does.
fn written(time: &NaiveDateTime) -> String {
    let micros = time.nanosecond() / 1000;
    if !(0..=9999).contains(&time.year()) || micros >= 1_000_000 {
        return time.format("%F %T%.f").to_string();
    }
    let mut text = String::with_capacity(26);
    let mut push = |number: u32, mut place: u32, before: &str| {
        text.push_str(before);
        while place > 0 {
            text.push(char::from(b'0' + u8::try_from(number / place % 10).unwrap_or_default()));
            place /= 10;
        }
    };
    push(u32::try_from(time.year()).unwrap_or_default(), 1000, "");
    push(time.month(), 10, "-");
    push(time.day(), 10, "-");
    push(time.hour(), 10, " ");
    push(time.minute(), 10, ":");
    push(time.second(), 10, ":");
    match micros {
        0 => {}
        _ if micros.is_multiple_of(1000) => push(micros / 1000, 100, "."),
        _ => push(micros, 100_000, "."),
    }
    text
}

/// What [`written`] has written.
fn read(text: &str) -> Option<NaiveDateTime> {
    let digits = |bytes: &[u8]| {
        bytes.iter().try_fold(0_u32, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
        })
    };
    let (whole, fraction) = text.as_bytes().split_at_checked(19)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b' ', clock @ ..] = whole else { return None };
    let [h1, h2, b':', i1, i2, b':', s1, s2] = clock else { return None };
    let micros = match fraction {
        [] => 0,
        [b'.', fraction @ ..] if fraction.len() == 3 => digits(fraction)? * 1000,
        [b'.', fraction @ ..] if fraction.len() == 6 => digits(fraction)?,
        _ => return None,
    };
    let year = i32::try_from(digits(&[*y1, *y2, *y3, *y4])?).ok()?;
    NaiveDate::from_ymd_opt(year, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?)?.and_hms_micro_opt(
        digits(&[*h1, *h2])?,
        digits(&[*i1, *i2])?,
        digits(&[*s1, *s2])?,
        micros,
    )
}

/// Tells diesel that a token's hash is a text.
#[derive(FromSqlRow, AsExpression)]
#[diesel(foreign_derive, sql_type = Text)]
#[expect(dead_code, reason = "the derive reads it")]
struct TokenHashProxy(TokenHash);

impl<DB: Backend> ToSql<Text, DB> for TokenHash
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<Text, DB>>::to_sql(self.as_str(), out)
    }
}

impl<DB: Backend> FromSql<Text, DB> for TokenHash
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(bytes).map(Self::from)
    }
}

/// A structured value in a text column, as JSON. It is written once, when it is made.
#[derive(Clone, FromSqlRow, AsExpression)]
#[diesel(sql_type = Text)]
pub struct Json<T> {
    value: T,
    text: String,
}

impl<T: Serialize> From<T> for Json<T> {
    /// # Panics
    /// Never for the types that this crate stores: none has a map with keys that are not strings.
    fn from(value: T) -> Self {
        let text = json(&value);
        Self { value, text }
    }
}

/// What is stored of a value that nobody needs any more, as [`Json`] stores it.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

impl<T> Json<T> {
    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: std::fmt::Debug, DB: Backend> ToSql<Text, DB> for Json<T>
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<Text, DB>>::to_sql(&self.text, out)
    }
}

impl<T: DeserializeOwned, DB: Backend> FromSql<Text, DB> for Json<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(bytes)?;
        let value = serde_json::from_str(&text)?;
        Ok(Self { value, text })
    }
}

/// Makes a newtype over `String` a text column.
macro_rules! text_column {
    ($name:ident) => {
        impl<DB: ::diesel::backend::Backend>
            ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB> for $name
        where
            str: ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, DB>,
            ) -> ::diesel::serialize::Result {
                <str as ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>>::to_sql(
                    self.as_str(),
                    out,
                )
            }
        }

        impl<DB: ::diesel::backend::Backend>
            ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB> for $name
        where
            String: ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> ::diesel::deserialize::Result<Self> {
                let text = <String as ::diesel::deserialize::FromSql<
                    ::diesel::sql_types::Text,
                    DB,
                >>::from_sql(bytes)?;
                Ok(text.parse()?)
            }
        }
    };
}
pub(crate) use text_column;

/// Makes an enum of words a text column: each variant with the word that is stored and shown.
macro_rules! word {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
            ::diesel::expression::AsExpression, ::diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = ::diesel::sql_types::Text)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every word that is understood.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word that is stored and shown.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, String> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(format!("“{word}” is none of {}.", Self::WORDS.join(", "))),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        $crate::store::types::text_column!($name);
    };
}
pub(crate) use word;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_diesel_writes_it_and_read_again() {
        for (seconds, micros, text) in [
            (0, 0, "1970-01-01 00:00:00"),
            (1_767_225_599, 0, "2025-12-31 23:59:59"),
            (1_767_225_599, 120_000, "2025-12-31 23:59:59.120"),
            (1_767_225_599, 1, "2025-12-31 23:59:59.000001"),
            (253_402_300_799, 999_999, "9999-12-31 23:59:59.999999"),
            (951_782_400, 999_000, "2000-02-29 00:00:00.999"),
        ] {
            let time = chrono::DateTime::from_timestamp(seconds, micros * 1000).unwrap();
            let naive = time.naive_utc();
            assert_eq!(naive.format("%F %T%.f").to_string(), text);
            assert_eq!(written(&naive), text);
            assert_eq!(read(text), Some(naive));
        }
        for other in [
            "",
            "2025-12-31",
            "2025-12-31T23:59:59",
            "2025-02-30 00:00:00",
            "+10000-01-01 00:00:00",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
