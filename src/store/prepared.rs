//! Statements that are prepared once for each connection: queries of diesel, and statements that are written out.

use diesel::QueryResult;
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A statement whose SQL is the same each time it is made.
///
/// diesel walks every query to see whether it may be kept prepared. On the hot paths this says what is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prepared<Q>(pub(super) Q);

impl<Q, DB> QueryFragment<DB> for Prepared<Q>
where
    DB: Backend,
    Q: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q: QueryId> QueryId for Prepared<Q> {
    type QueryId = Q::QueryId;

    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> RunQueryDsl<C> for Prepared<Q> {}

/// Makes a statement that is written out, for the hot paths: diesel prepares every `UPDATE` anew, and writes the SQL of
/// every `INSERT` to find that it is prepared, since either may have another SQL each time. Columns and their types are
/// those of the schema.
///
/// `written!(insert New: Row, into rows { id, name, })` inserts a row by the fields of its struct,
/// `written!(update Saved: Row, in rows { name, } by id)` writes those fields of a row that is there, and
/// `written!(Ended { "UPDATE rows SET ended_at = " at: Time as rows::ended_at, … } " AND …")` has a value after each
/// piece but the last.
macro_rules! written {
    (
        $(#[$meta:meta])*
        insert $name:ident: $row:ty, into $table:ident { $first:ident, $($column:ident,)* } $($end:literal)?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        struct $name<'a>(&'a $row);

        $crate::store::prepared::written!(@statement $name |this, out| {
            out.push_sql(concat!(
                "INSERT INTO ", stringify!($table), " (", stringify!($first),
                $(", ", stringify!($column),)*
                ") VALUES (",
            ));
            $crate::store::prepared::written!(@bind out, $table::$first, this.0.$first);
            $(
                out.push_sql(", ");
                $crate::store::prepared::written!(@bind out, $table::$column, this.0.$column);
            )*
            out.push_sql(concat!(")" $(, " ", $end)?));
        });
    };
    (
        $(#[$meta:meta])*
        update $name:ident: $row:ty, in $table:ident { $first:ident, $($column:ident,)* } by $key:ident
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        struct $name<'a>(&'a $row);

        $crate::store::prepared::written!(@statement $name |this, out| {
            out.push_sql(concat!("UPDATE ", stringify!($table), " SET ", stringify!($first), " = "));
            $crate::store::prepared::written!(@bind out, $table::$first, this.0.$first);
            $(
                out.push_sql(concat!(", ", stringify!($column), " = "));
                $crate::store::prepared::written!(@bind out, $table::$column, this.0.$column);
            )*
            out.push_sql(concat!(" WHERE ", stringify!($key), " = "));
            $crate::store::prepared::written!(@bind out, $table::$key, this.0.$key);
        });
    };
    (
        $(#[$meta:meta])*
        $name:ident { $($sql:literal $field:ident: $type:ty as $table:ident::$column:ident,)* } $($end:literal)?
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        struct $name<'a> {
            $($field: $type,)*
        }

        $crate::store::prepared::written!(@statement $name |this, out| {
            $(
                out.push_sql($sql);
                $crate::store::prepared::written!(@bind out, $table::$column, this.$field);
            )*
            $(out.push_sql($end);)?
        });
    };
    (@statement $name:ident |$this:ident, $out:ident| $walk:block) => {
        $crate::store::prepared::written!(@on diesel::sqlite::Sqlite, $name |$this, $out| $walk);
        $crate::store::prepared::written!(@on diesel::pg::Pg, $name |$this, $out| $walk);

        impl diesel::query_builder::QueryId for $name<'_> {
            type QueryId = $name<'static>;

            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl<C> diesel::RunQueryDsl<C> for $name<'_> {}
    };
    (@on $backend:ty, $name:ident |$this:ident, $out:ident| $walk:block) => {
        impl diesel::query_builder::QueryFragment<$backend> for $name<'_> {
            fn walk_ast<'b>(
                &'b self,
                mut $out: diesel::query_builder::AstPass<'_, 'b, $backend>,
            ) -> diesel::QueryResult<()> {
                let $this = self;
                $walk
                Ok(())
            }
        }
    };
    (@bind $out:ident, $table:ident::$column:ident, $value:expr) => {
        $out.push_bind_param::<<$table::$column as diesel::Expression>::SqlType, _>(&$value)?;
    };
}
pub(super) use written;
