//! Values of the installation that are not in its configuration: texts by name.

use super::schema::settings;
use super::{Db, Time, Tx, on_backend};
use crate::error::Result;
use diesel::prelude::*;

/// A value by its name.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(primary_key(key))]
pub struct Setting {
    /// The name: `noun.adjective`.
    pub key: String,
    /// The value.
    pub value: String,
    /// When it was last put.
    pub updated_at: Time,
}

/// Finds a value, if one has been put.
pub fn find(db: &mut Db, key: &str) -> Result<Option<String>> {
    Ok(settings::table.find(key).select(settings::value).first(db).optional()?)
}

/// Puts a value in the place of the one before it.
pub fn put(tx: &mut Tx, key: &str, value: &str) -> Result<()> {
    let row = Setting { key: key.to_owned(), value: value.to_owned(), updated_at: tx.now };
    on_backend!(tx.db, conn => diesel::insert_into(settings::table)
        .values(&row)
        .on_conflict(settings::key)
        .do_update()
        .set(&row)
        .execute(conn))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing;

    #[test]
    fn a_setting_is_what_was_put_last() {
        let store = testing::store();
        let found = || store.read_now(|db| find(db, "installation.name")).unwrap();
        assert_eq!(found(), None);
        store.system(|tx| put(tx, "installation.name", "a"));
        store.system(|tx| put(tx, "installation.name", "b").and(put(tx, "other", "c")));
        assert_eq!(found().as_deref(), Some("b"));
    }
}
