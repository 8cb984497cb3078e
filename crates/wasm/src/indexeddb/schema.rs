//! The schema: numbered steps, never edited once released. Step `n` makes version `n + 1` of version `n`.

use super::failure::Failure;
use waypost_store::Table;
use web_sys::IdbDatabase;

type Step = fn(&IdbDatabase) -> Result<(), Failure>;

const STEPS: [Step; 2] = [create_first_tables, create_orders_and_contents];

/// The version of the schema that this code works with.
pub(super) const VERSION: u32 = STEPS.len() as u32;

/// Brings a database from an older version to [`VERSION`]. Runs inside the upgrade's own transaction.
pub(super) fn upgrade(database: &IdbDatabase, from: u32) -> Result<(), Failure> {
    STEPS.iter().skip(from as usize).try_for_each(|step| step(database))
}

/// One object store for each table. Keys are arrays that stand outside of the values; values are octets.
fn create_first_tables(database: &IdbDatabase) -> Result<(), Failure> {
    use Table::{Accounts, Bodies, Mailboxes, Queue, SingleRows, Uidls};
    create(database, &[Accounts, Mailboxes, SingleRows, Bodies, Queue, Uidls])
}

fn create_orders_and_contents(database: &IdbDatabase) -> Result<(), Failure> {
    create(database, &[Table::Rows, Table::Orders, Table::Threads, Table::Contents, Table::Meta])
}

fn create(database: &IdbDatabase, tables: &[Table]) -> Result<(), Failure> {
    for table in tables {
        database.create_object_store(table.name())?;
    }
    Ok(())
}
