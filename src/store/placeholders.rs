//! Placeholders of statements whose number of values varies, in the order of their binding.
//!
//! Postgres numbers them. SQLite gets `?`: for a named one, `sqlx` asks SQLite for its name with
//! each bind, and SQLite searches the names one after the other, so that binding takes quadratic
//! time.

use super::Backend;

/// The placeholders of one statement. A statement takes all of its placeholders from here: those
/// with and those without a number cannot be mixed.
#[derive(Debug)]
pub(super) struct Placeholders {
    backend: Backend,
    taken: usize,
}

impl Placeholders {
    pub(super) fn new(backend: Backend) -> Self {
        Self { backend, taken: 0 }
    }

    /// The next value's placeholder.
    pub(super) fn one(&mut self) -> String {
        self.taken += 1;
        match self.backend {
            Backend::Sqlite => "?".to_owned(),
            Backend::Postgres => format!("${}", self.taken),
        }
    }

    /// `(?, ?, ?)`: the next values of a list or a row.
    pub(super) fn list(&mut self, values: usize) -> String {
        let values: Vec<_> = (0..values).map(|_| self.one()).collect();
        format!("({})", values.join(", "))
    }

    /// `(?, ?), (?, ?)`: the next values of several rows.
    pub(super) fn rows(&mut self, rows: usize, columns: usize) -> String {
        let rows: Vec<_> = (0..rows).map(|_| self.list(columns)).collect();
        rows.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_numbers_them_and_sqlite_does_not() {
        let mut of_postgres = Placeholders::new(Backend::Postgres);
        assert_eq!(of_postgres.one(), "$1");
        assert_eq!(of_postgres.rows(2, 2), "($2, $3), ($4, $5)");
        assert_eq!(of_postgres.list(1), "($6)");
        let mut of_sqlite = Placeholders::new(Backend::Sqlite);
        assert_eq!(of_sqlite.one(), "?");
        assert_eq!(of_sqlite.rows(2, 2), "(?, ?), (?, ?)");
    }
}
