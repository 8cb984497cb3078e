//! The sample mailbox: fictional people, real shapes of mail. Nothing here is random; the dates follow a base date.
//!
//! A file per theme; each gives letters, and a letter becomes a [`Sample`]: the octets, and what a reader must be shown of them.

mod archive;
mod charset;
mod charsets;
mod date;
mod files;
mod hostile;
mod kim;
mod letter;
mod lists;
mod newsletters;
mod odd;
mod own;
mod picture;
mod scripts;
mod society;

pub use date::date_header;
pub use hostile::hostile;

use crate::servers::{Delivery, Server, ServerError};
use letter::{Letter, Person};
use std::time::{SystemTime, UNIX_EPOCH};

/// A message of the sample mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Whose mail it is.
    pub user: &'static str,
    /// The mailbox, UTF-8, `/` between the levels.
    pub mailbox: &'static str,
    /// The message with CRLF line ends.
    pub raw: Vec<u8>,
    /// Flags as IMAP writes them.
    pub flags: Vec<String>,
    /// When it was delivered, in seconds since 1970.
    pub date: i64,
    /// Expected: the subject.
    pub subject: String,
    /// Expected: the sender's name; empty if there is none.
    pub from: String,
    /// Expected: the text; `None` where the message has only HTML, whose text is not laid down here.
    pub text: Option<String>,
}

/// All messages, oldest first, so that the order of UIDs is that of the dates. The base date is the start of a day in seconds since
/// 1970.
#[must_use]
pub fn samples(base: i64) -> Vec<Sample> {
    let themes: [fn() -> Vec<Letter>; 9] = [
        archive::letters,
        charsets::letters,
        kim::letters,
        lists::letters,
        newsletters::letters,
        odd::letters,
        own::letters,
        scripts::letters,
        society::letters,
    ];
    let mut samples: Vec<Sample> =
        themes.iter().flat_map(|letters| letters()).map(|letter| letter.finish(base)).collect();
    samples.extend(odd::raw(base));
    samples.sort_by_key(|sample| sample.date);
    samples
}

/// Puts the sample mail into the mailboxes of a server. Its newest messages are of today, but none is of a time to come: in the first
/// hour of a day they are of yesterday.
///
/// # Errors
/// A mailbox can't be written.
pub fn deliver(server: &dyn Server) -> Result<(), ServerError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    deliver_from(server, i64::try_from(base_at(now)).unwrap_or_default())
}

/// The base date of mail that is delivered now, in seconds since 1970.
const fn base_at(now: u64) -> u64 {
    let settled = now.saturating_sub(NEWEST);
    settled - settled % DAY
}

const DAY: u64 = 86_400;
/// No message is later than so many seconds after the base date.
const NEWEST: u64 = 3600;

/// The same with another base date.
///
/// # Errors
/// A mailbox can't be written.
pub fn deliver_from(server: &dyn Server, base: i64) -> Result<(), ServerError> {
    for sample in samples(base) {
        server.deliver(&Delivery {
            user: sample.user,
            mailbox: sample.mailbox,
            raw: &sample.raw,
            flags: &sample.flags,
            date: Some(sample.date),
        })?;
    }
    Ok(())
}

const ROBIN: Person = ("Robin Ashdown", "robin@waypost.example");
const KIM: Person = ("Kim Oduya", "kim@waypost.example");
/// Keeps the lamp.
const MAREN: Person = ("Maren Hollesen", "maren@gullskerry.example");
/// Keeps the books of the society.
const PERRIN: Person = ("Perrin Oakes", "perrin@gullskerry.example");
/// Writes the society's newsletter.
const LANTERN: Person = ("The Lantern", "lantern@gullskerry.example");
/// Grows apples.
const TOBIAS: Person = ("Tobias Wetterwald", "tobias@obstgarten.example");
/// Draws the timetables.
const JUNO: Person = ("Juno Falk", "juno@slowbus.example");
/// The list of the timetable project.
const SLOW_BUS: Person = ("Slow Bus", "slowbus@lists.example");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_is_of_a_time_to_come() {
        let newest = samples(0).last().map(|sample| sample.date).unwrap_or_default();
        assert!((0..=NEWEST as i64).contains(&newest), "{newest}");
        for now in [DAY, DAY + 60, DAY + NEWEST - 1, DAY + NEWEST, 2 * DAY - 1] {
            let base = base_at(now);
            assert!(base + NEWEST <= now && base.is_multiple_of(DAY) && now - base < DAY + NEWEST, "{now}");
        }
    }
}
