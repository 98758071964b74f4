//! The schema's migrations: applied, missing, and how to apply them.
//!
//! Migrations only expand the schema, so a program runs on every schema that has at least its own
//! migrations: a newer release may migrate while older ones serve, and a rollback works.

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use sqlx::{
    AnyPool, SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

use super::{Backend, Error, Store};

/// The migrations of one database, by file name. A list instead of `sqlx::migrate!`, which would
/// compile sqlx and SQLite a second time for the host.
macro_rules! migrator {
    ($folder:literal) => {
        migrator!(
            $folder,
            "0001_users_and_sessions",
            "0002_accounts",
            "0003_attempts_and_inquiries",
            "0004_webhooks",
            "0005_operators",
            "0006_what_is_looked_for",
            "0007_result_ids",
            "0008_login_throttles",
            "0009_keys_in_use",
            "0010_attempt_templates",
            "0011_background_pace",
            "0012_submission_hints",
            "0013_profile_versions",
            "0014_languages",
            "0015_statistics",
            "0016_submission_hint_index",
            "0017_inquiries_due",
        )
    };
    ($folder:literal, $($name:literal),+ $(,)?) => {
        LazyLock::new(|| migrator(&[$((
            $name,
            include_str!(concat!("../../migrations/", $folder, "/", $name, ".sql")),
        )),+]))
    };
}

static SQLITE: LazyLock<Migrator> = migrator!("sqlite");
static POSTGRES: LazyLock<Migrator> = migrator!("postgres");

fn migrator(files: &[(&'static str, &'static str)]) -> Migrator {
    let migrations = files.iter().map(|(name, sql)| {
        let (version, description) = name.split_once('_').unwrap_or((name, ""));
        Migration::new(
            version
                .parse()
                .expect("a migration's name begins with its number"),
            description.replace('_', " ").into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    // A newer release may have applied further migrations.
    migrator.set_ignore_missing(true);
    migrator
}

impl Backend {
    pub(super) fn migrator(self) -> &'static Migrator {
        match self {
            Self::Sqlite => &SQLITE,
            Self::Postgres => &POSTGRES,
        }
    }
}

/// The state of the database's migrations, by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaStatus {
    /// This program's migrations that are applied.
    pub applied: Vec<i64>,
    /// This program's migrations that are not applied.
    pub missing: Vec<i64>,
    /// Migrations that failed halfway and need a manual repair.
    pub unfinished: Vec<i64>,
    /// Migrations applied by a newer release.
    pub newer: Vec<i64>,
}

impl SchemaStatus {
    /// Compares the database's migrations (number, and whether it completed) with this program's.
    fn compare(ours: impl Iterator<Item = i64>, found: &BTreeMap<i64, bool>) -> Self {
        let mut status = Self::default();
        let mut newer = found.clone();
        for version in ours {
            match newer.remove(&version) {
                Some(true) => status.applied.push(version),
                Some(false) => status.unfinished.push(version),
                None => status.missing.push(version),
            }
        }
        status.newer = newer.into_keys().collect();
        status
    }

    /// Whether this program can run on the schema: it has at least this program's migrations.
    #[must_use]
    pub fn is_compatible(&self) -> bool {
        self.missing.is_empty() && self.unfinished.is_empty()
    }
}

impl fmt::Display for SchemaStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |versions: &[i64]| {
            if versions.is_empty() {
                return "none".to_owned();
            }
            let versions: Vec<_> = versions.iter().map(ToString::to_string).collect();
            versions.join(", ")
        };
        write!(
            f,
            "migrations applied: {}; missing: {}",
            list(&self.applied),
            list(&self.missing)
        )?;
        if !self.unfinished.is_empty() {
            write!(f, "; failed half-way: {}", list(&self.unfinished))?;
        }
        if !self.newer.is_empty() {
            write!(f, "; of a newer release: {}", list(&self.newer))?;
        }
        Ok(())
    }
}

impl Store {
    /// Reads the state of the database's migrations.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn schema_status(&self) -> Result<SchemaStatus, Error> {
        let found = applied_migrations(self.backend, &self.read).await?;
        let ours = self.backend.migrator().iter();
        Ok(SchemaStatus::compare(
            ours.map(|migration| migration.version),
            &found,
        ))
    }

    /// Checks that the schema has this program's migrations.
    ///
    /// # Errors
    /// [`Error::Schema`] if it does not.
    pub async fn check_schema(&self) -> Result<(), Error> {
        let status = self.schema_status().await?;
        if status.is_compatible() {
            Ok(())
        } else {
            Err(Error::Schema(status))
        }
    }

    /// Whether the database declares itself read-only. Only a write proves that it accepts writes;
    /// see [`Store::check`].
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn is_read_only(&self) -> Result<bool, Error> {
        match self.backend {
            // The connection itself is read-only.
            Backend::Sqlite => Ok(false),
            Backend::Postgres => {
                let (is_read_only,): (bool,) =
                    sqlx::query_as("SELECT current_setting('transaction_read_only') = 'on'")
                        .fetch_one(&self.read)
                        .await?;
                Ok(is_read_only)
            }
        }
    }
}

async fn applied_migrations(
    backend: Backend,
    pool: &AnyPool,
) -> Result<BTreeMap<i64, bool>, sqlx::Error> {
    let has_table = match backend {
        Backend::Sqlite => "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
        Backend::Postgres => {
            "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('_sqlx_migrations')"
        }
    };
    let (tables,): (i64,) = sqlx::query_as(has_table).fetch_one(pool).await?;
    if tables == 0 {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT version, CAST(CASE WHEN success THEN 1 ELSE 0 END AS BIGINT) \
         FROM _sqlx_migrations",
    )
    .fetch_all(pool)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(version, success)| (version, success == 1))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_enough_if_it_has_all_of_ours() {
        let found = |rows: &[(i64, bool)]| rows.iter().copied().collect::<BTreeMap<_, _>>();
        for (rows, is_compatible) in [
            (&[(1, true), (2, true)][..], true),
            (&[(1, true), (2, true), (99, true)], true),
            // A newer release's failed migration does not concern this one.
            (&[(1, true), (2, true), (99, false)], true),
            (&[(1, true)], false),
            (&[(1, true), (99, true)], false),
            (&[(1, true), (2, false)], false),
            (&[], false),
        ] {
            let status = SchemaStatus::compare([1, 2].into_iter(), &found(rows));
            assert_eq!(status.is_compatible(), is_compatible, "{status}");
        }
    }

    #[test]
    fn both_databases_have_the_same_migrations() {
        let versions = |migrator: &Migrator| {
            let migrations = migrator.iter();
            migrations
                .map(|it| (it.version, it.description.to_string()))
                .collect::<Vec<_>>()
        };
        assert_eq!(versions(&SQLITE), versions(&POSTGRES));
    }

    #[test]
    fn every_file_is_in_the_list() {
        for (folder, migrator) in [("sqlite", &SQLITE), ("postgres", &POSTGRES)] {
            let folder = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
            let files = std::fs::read_dir(folder).unwrap();
            let mut files: Vec<_> = files
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort_unstable();
            let listed: Vec<_> = migrator
                .iter()
                .map(|it| format!("{:04}_{}.sql", it.version, it.description.replace(' ', "_")))
                .collect();
            assert_eq!(files, listed);
        }
    }

    /// An older release must work on the schema, so nothing that it uses may be removed. The first
    /// migrations precede this rule.
    #[test]
    fn migrations_only_expand() {
        const BEFORE_THE_RULE: i64 = 6;
        for migration in SQLITE.iter().chain(POSTGRES.iter()) {
            if migration.version > BEFORE_THE_RULE {
                for statement in statements(migration.sql.as_str()) {
                    assert!(
                        expands(&statement),
                        "migration {} does not only expand: {statement}",
                        migration.version
                    );
                }
            }
        }
        for contracting in [
            "DROP TABLE users",
            "DROP INDEX x",
            "ALTER TABLE users RENAME TO people",
            "ALTER TABLE users RENAME COLUMN a TO b",
            "ALTER TABLE users DROP COLUMN a",
            "ALTER TABLE users ALTER COLUMN a TYPE TEXT",
            "ALTER TABLE users ADD COLUMN a TEXT NOT NULL",
            "DELETE FROM users",
        ] {
            assert!(!expands(contracting), "{contracting}");
        }
    }

    /// The statements in upper case, without comments.
    fn statements(sql: &str) -> Vec<String> {
        let lines = sql.lines().map(|line| line.split("--").next().unwrap());
        let sql = lines.collect::<Vec<_>>().join(" ").to_uppercase();
        let mut statements = vec![String::new()];
        for (index, part) in sql.split("$$").enumerate() {
            // A function's body is between dollars, and belongs to the statement that creates it.
            let is_body = index % 2 == 1;
            for (index, piece) in part.split(if is_body { '\0' } else { ';' }).enumerate() {
                if index > 0 {
                    statements.push(String::new());
                }
                if let Some(statement) = statements.last_mut() {
                    statement.push_str(piece);
                }
            }
        }
        let statements = statements.iter().map(|statement| statement.trim());
        let statements = statements.filter(|statement| !statement.is_empty());
        statements.map(ToOwned::to_owned).collect()
    }

    fn expands(statement: &str) -> bool {
        let words: Vec<_> = statement.split_whitespace().collect();
        match words.as_slice() {
            ["ALTER", "TABLE", _, "ADD", "COLUMN", rest @ ..] => {
                !rest.contains(&"NOT") || rest.contains(&"DEFAULT")
            }
            // Backfills of added columns; `END` closes a trigger.
            ["CREATE" | "INSERT" | "UPDATE", ..] => !words.contains(&"DROP"),
            ["END"] => true,
            _ => false,
        }
    }
}
