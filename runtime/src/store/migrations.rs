//! The databases' schemas, step by step, embedded. Forward only, each step in a transaction of its own.

use std::borrow::Cow;

use sqlx::SqlStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::error::{Error, plain};

pub(super) const SQLITE: [(&str, &str); 11] = [
    ("begin", include_str!("../../migrations/sqlite/0001_begin.sql")),
    ("people", include_str!("../../migrations/sqlite/0002_people.sql")),
    ("costs", include_str!("../../migrations/sqlite/0003_costs.sql")),
    ("warnings", include_str!("../../migrations/sqlite/0004_warnings.sql")),
    ("operators", include_str!("../../migrations/sqlite/0005_operators.sql")),
    ("payments", include_str!("../../migrations/sqlite/0006_payments.sql")),
    ("bags", include_str!("../../migrations/sqlite/0007_bags.sql")),
    ("heard", include_str!("../../migrations/sqlite/0008_heard.sql")),
    ("throughput", include_str!("../../migrations/sqlite/0009_throughput.sql")),
    ("ages", include_str!("../../migrations/sqlite/0010_ages.sql")),
    ("parcels", include_str!("../../migrations/sqlite/0011_parcels.sql")),
];
pub(super) const POSTGRES: [(&str, &str); 13] = [
    ("begin", include_str!("../../migrations/postgres/0001_begin.sql")),
    ("people", include_str!("../../migrations/postgres/0002_people.sql")),
    ("costs", include_str!("../../migrations/postgres/0003_costs.sql")),
    ("warnings", include_str!("../../migrations/postgres/0004_warnings.sql")),
    ("operators", include_str!("../../migrations/postgres/0005_operators.sql")),
    ("payments", include_str!("../../migrations/postgres/0006_payments.sql")),
    ("sets", include_str!("../../migrations/postgres/0007_sets.sql")),
    ("bags", include_str!("../../migrations/postgres/0008_bags.sql")),
    ("heard", include_str!("../../migrations/postgres/0009_heard.sql")),
    ("ages", include_str!("../../migrations/postgres/0010_ages.sql")),
    ("throughput", include_str!("../../migrations/postgres/0011_throughput.sql")),
    ("due payments", include_str!("../../migrations/postgres/0012_due_payments.sql")),
    ("parcels", include_str!("../../migrations/postgres/0013_parcels.sql")),
];

/// The steps, numbered from 1.
pub(super) fn migrator(steps: &[(&'static str, &'static str)]) -> Migrator {
    let numbered = (1..).zip(steps);
    let migration = |(version, (name, sql)): (i64, &(&'static str, &'static str))| {
        Migration::new(version, Cow::Borrowed(*name), MigrationType::Simple, SqlStr::from_static(sql), false)
    };
    Migrator::with_migrations(numbered.map(migration).collect())
}

/// A step that this version does not know means that a newer one was here.
pub(super) fn refusal(error: MigrateError, steps: &[(&'static str, &'static str)]) -> Error {
    let known = steps.len() as i64;
    match error {
        MigrateError::VersionMissing(found) => Error::Newer { found, known },
        MigrateError::Dirty(step) => Error::Unreadable(format!("step {step} of its schema was broken off")),
        MigrateError::VersionMismatch(step) => Error::Unreadable(format!("step {step} of its schema is not ours")),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            let why = format!("the database's schema could not be brought up to date: {}", plain(&error));
            match Error::from(error) {
                Error::Refused(_, source) => Error::Refused(why, source),
                known => known,
            }
        }
        other => Error::Refused(
            format!("the database's schema could not be brought up to date: {other}"),
            Some(Box::new(other)),
        ),
    }
}
