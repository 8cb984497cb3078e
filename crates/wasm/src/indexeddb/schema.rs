//! The schema: numbered steps, never edited once released, each of which makes one version of the one before.
//!
//! Versions count in hundreds. Within a hundred all versions of the app read and write the database, each what it knows of it: a step to
//! the next number adds a table, or a field that may get lost, for who does not know it drops it when writing the record. A step to the next
//! hundred changes what others would break by writing, or can't read, such as a new kind in a field: an app of the hundred before reads
//! what it can and does not write. Two hundreds further it does neither.

use super::failure::Failure;
use waypost_store::Table;
use web_sys::IdbDatabase;

struct Step {
    version: u32,
    apply: fn(&IdbDatabase) -> Result<(), Failure>,
}

const STEPS: [Step; 3] = [
    Step { version: 1, apply: create_first_tables },
    Step { version: 101, apply: create_orders_and_contents },
    Step { version: VERSION, apply: |_| pack_records() },
];

/// The version of the schema that this code makes.
pub(super) const VERSION: u32 = 200;

/// What this code can do with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Read and write.
    Whole,
    /// Read.
    Reading,
    /// Nothing.
    Nothing,
}

/// What this code can do with a database of that version, which it did not upgrade.
pub(super) const fn fit(version: u32) -> Fit {
    match (version / 100).saturating_sub(VERSION / 100) {
        0 => Fit::Whole,
        1 => Fit::Reading,
        _ => Fit::Nothing,
    }
}

/// Brings a database from an older version to [`VERSION`]. Runs inside the upgrade's own transaction.
pub(super) fn upgrade(database: &IdbDatabase, from: u32) -> Result<(), Failure> {
    STEPS.iter().filter(|step| step.version > from).try_for_each(|step| (step.apply)(database))
}

/// One object store for each table. Keys are arrays that stand outside of the values; values are octets.
fn create_first_tables(database: &IdbDatabase) -> Result<(), Failure> {
    use Table::{Accounts, Bodies, Mailboxes, Queue, SingleRows, Uidls};
    create(database, &[Accounts, Mailboxes, SingleRows, Bodies, Queue, Uidls])
}

fn create_orders_and_contents(database: &IdbDatabase) -> Result<(), Failure> {
    create(database, &[Table::Rows, Table::Orders, Table::Threads, Table::Contents, Table::Meta])
}

/// What stands there is nodes of one record each ([`waypost_store::pack`]), and is packed as it changes.
const fn pack_records() -> Result<(), Failure> {
    Ok(())
}

fn create(database: &IdbDatabase, tables: &[Table]) -> Result<(), Failure> {
    for table in tables {
        database.create_object_store(table.name())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_ascend_to_the_version_that_is_asked_for() {
        assert!(STEPS.windows(2).all(|pair| pair[0].version < pair[1].version));
        assert_eq!(STEPS.last().map(|step| step.version), Some(VERSION));
    }

    #[test]
    fn a_newer_database_is_written_within_the_hundred_and_read_in_the_next() {
        let hundred = VERSION / 100 * 100;
        assert_eq!(fit(VERSION), Fit::Whole);
        assert_eq!(fit(hundred + 99), Fit::Whole);
        assert_eq!(fit(hundred + 100), Fit::Reading);
        assert_eq!(fit(hundred + 199), Fit::Reading);
        assert_eq!(fit(hundred + 200), Fit::Nothing);
    }
}
