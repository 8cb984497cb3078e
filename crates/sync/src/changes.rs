//! Changes that the user makes: in the store at once, together with the entry of the queue that will send them.

use crate::ledger::{Ledger, Page};
use crate::shared::{Intent, Shared};
use crate::words::{bad_request, message_not_here};
use crate::{Platform, SyncError, flags, records};
use std::rc::Rc;
use waypost_store::{MessageId, OrderedMap, Protocol, QueuedKind};

/// Adds and removes flags of stored messages. Messages that are not here any more are passed over, unless none is.
pub(crate) async fn change_flags<P: Platform>(
    shared: &Rc<Shared<P>>,
    ids: &[MessageId],
    add: &[String],
    remove: &[String],
) -> Result<(), SyncError> {
    if let Some(why) = add.iter().chain(remove).find_map(|flag| flags::fault(flag)) {
        return Err(bad_request(why));
    }
    let mut folders: OrderedMap<(u32, u32, u32), Vec<u32>> = OrderedMap::new();
    for id in ids {
        folders.entry((id.account, id.mailbox, id.uidvalidity)).or_default().push(id.uid);
    }
    let mut found = ids.is_empty();
    for ((account, mailbox, uidvalidity), uids) in folders {
        let Some(record) = records::account(shared.platform.store(), account).await? else { continue };
        let queued = record.protocol == Protocol::Imap;
        let ledger = Ledger::new(shared, account);
        ledger
            .edit(mailbox, uidvalidity, uids, |page| found |= change_page(page, add, remove, queued))
            .await?;
        if queued {
            shared.want(account, Intent::SendQueue);
        }
    }
    if found { Ok(()) } else { Err(message_not_here()) }
}

/// Changes the rows of one folder; says whether there is any.
fn change_page(page: &mut Page, add: &[String], remove: &[String], queued: bool) -> bool {
    let uids: Vec<u32> = page.rows.iter().filter(|(_, row)| row.is_some()).map(|(uid, _)| *uid).collect();
    for uid in &uids {
        let Some(row) = page.rows.get_mut(uid).and_then(Option::as_mut) else { continue };
        if flags::apply(&mut row.flags, add, remove) && queued {
            row.waiting = true;
            page.enqueue(*uid, QueuedKind::Flags { add: add.to_vec(), remove: remove.to_vec() });
        }
    }
    !uids.is_empty()
}
