//! The schema: numbered steps, never edited once released. Step `n` makes version `n + 1` of version `n`.

use super::failure::Failure;
use waypost_store::Table;
use web_sys::IdbDatabase;

type Step = fn(&IdbDatabase) -> Result<(), Failure>;

const STEPS: [Step; 1] = [create_tables];

/// The version of the schema that this code works with.
pub(super) const VERSION: u32 = STEPS.len() as u32;

/// Brings a database from an older version to [`VERSION`]. Runs inside the upgrade's own transaction.
pub(super) fn upgrade(database: &IdbDatabase, from: u32) -> Result<(), Failure> {
    STEPS.iter().skip(from as usize).try_for_each(|step| step(database))
}

/// One object store for each table. Keys are arrays that stand outside of the values; values are octets.
fn create_tables(database: &IdbDatabase) -> Result<(), Failure> {
    for table in Table::ALL {
        database.create_object_store(table.name())?;
    }
    Ok(())
}
