//! The connection itself.

use super::{Scenario, scenario};
use crate::messages::letter;
use crate::stage::Stage;
use crate::verdict::{Verdict, ensure};
use waypost_native::imap::types::{Section, SequenceSet};
use waypost_native::imap::{Command, FetchItem};

pub(crate) const ALL: &[Scenario] = &[scenario!("COMPRESS=DEFLATE", compress)];

/// A large message goes up and comes down through it.
async fn compress(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("squeezed", [])?;
    let mut imap = stage.signed_in().await?;
    imap.needs("COMPRESS=DEFLATE").await?;
    imap.run(Command::Compress).await?.ok()?;
    let message = letter("squeezed", &b"0123456789 abcdef\r\n".repeat(20_000));
    let append =
        Command::Append { mailbox: mailbox.clone(), flags: Vec::new(), date: None, message: message.clone() };
    imap.run(append).await?.ok()?;
    imap.run(Command::Select(mailbox)).await?.ok()?;
    let items = vec![FetchItem::Body { section: Section::default(), partial: None }];
    let set = SequenceSet::from_number(1).expect("1 is a number");
    let answer = imap.run(Command::Fetch { set, items }).await?.ok()?;
    let body = answer.messages.iter().find_map(|(_, bodies)| bodies.first());
    ensure(body == Some(&message), || "other octets came down than went up".to_owned())
}
