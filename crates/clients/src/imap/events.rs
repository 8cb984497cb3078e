//! Events of the machine as records.

use super::faults::write_code;
use super::records::{Kind, Records};
use waypost_imap::Response;
use waypost_imap::types::{
    AppendLimit, Condition, Fetched, Flag, ListItem, MailboxListing, MailboxStatus, NumberSet,
};

/// Writes what a page can use; everything else is nothing to it. `numbers` takes long lists.
pub(super) fn write_response(out: &mut Records, numbers: &mut Vec<u32>, response: &Response) {
    match response {
        Response::Capability(known) => {
            out.begin(Kind::Capabilities).texts(known.iter());
        }
        Response::List(listing) => write_listing(out, listing, false),
        Response::Lsub(listing) => write_listing(out, listing, true),
        Response::Status(status) => write_status(out, status),
        Response::Flags(flags) => {
            out.begin(Kind::Flags).texts(flags.iter().map(flag_name));
        }
        Response::Exists(count) => {
            out.begin(Kind::Exists).short(*count);
        }
        Response::Expunge(sequence) => {
            out.begin(Kind::Expunge).short(*sequence);
        }
        Response::Fetch(row) => write_flags_changed(out, row),
        Response::Vanished { earlier, uids } => {
            let count = write_ranges(numbers, uids);
            out.begin(Kind::Vanished).octet(u8::from(*earlier)).count(count);
        }
        Response::Search(found) => {
            numbers.extend_from_slice(&found.numbers);
            out.begin(Kind::Found).octet(0).count(found.numbers.len()).octet(u8::from(found.more));
            out.long(found.mod_sequence.unwrap_or_default());
        }
        Response::ESearch(found) => {
            let count = found.all.as_ref().map_or(0, |all| write_ranges(numbers, all));
            out.begin(Kind::Found)
                .octet(1)
                .count(count)
                .octet(0)
                .long(found.mod_sequence.unwrap_or_default());
        }
        Response::Condition { kind, code, text } => {
            out.begin(Kind::Condition).octet(condition(*kind));
            write_code(out, code.as_ref());
            out.text(text);
        }
        _ => {}
    }
}

/// Pairs of first and last; returns how many.
fn write_ranges(numbers: &mut Vec<u32>, set: &NumberSet) -> usize {
    numbers.extend(set.ranges().flat_map(|(first, last)| [first.min(last), first.max(last)]));
    set.ranges().len()
}

fn write_listing(out: &mut Records, listing: &MailboxListing, subscribed: bool) {
    out.begin(Kind::Mailbox).octet(u8::from(subscribed)).text(listing.name.as_str());
    out.text(listing.delimiter.map(String::from).as_deref().unwrap_or_default());
    out.texts(&listing.attributes);
    let old = listing.extended.iter().find_map(|item| match item {
        ListItem::OldName(name) => Some(name.as_str()),
        _ => None,
    });
    out.text(old.unwrap_or_default());
}

fn write_status(out: &mut Records, status: &MailboxStatus) {
    let limit = match status.append_limit {
        Some(AppendLimit::Octets(octets)) => Some(octets),
        _ => None,
    };
    let items = [
        ("messages", status.messages.map(u64::from)),
        ("recent", status.recent.map(u64::from)),
        ("uidNext", status.uid_next.map(u64::from)),
        ("uidValidity", status.uid_validity.map(u64::from)),
        ("unseen", status.unseen.map(u64::from)),
        ("deleted", status.deleted.map(u64::from)),
        ("size", status.size),
        ("highestModSeq", status.highest_mod_seq),
        ("appendLimit", limit),
    ];
    let known: Vec<(&str, u64)> =
        items.into_iter().filter_map(|(name, number)| Some((name, number?))).collect();
    out.begin(Kind::Status).text(status.mailbox.as_str()).count(known.len());
    for (name, number) in known {
        out.text(name).long(number);
    }
    out.text(status.mailbox_id.as_deref().unwrap_or_default());
}

fn write_flags_changed(out: &mut Records, row: &Fetched) {
    let Some(flags) = row.flags() else { return };
    out.begin(Kind::FlagsChanged).short(row.sequence).short(row.uid.map_or(0, |uid| uid.as_u32()));
    out.long(row.mod_sequence.unwrap_or_default());
    let flags = flags.to_vec();
    out.texts(flags.iter().map(flag_name));
}

/// A flag as it is written.
pub(super) fn flag_name(flag: &Flag) -> &str {
    match flag {
        Flag::Seen => "\\Seen",
        Flag::Answered => "\\Answered",
        Flag::Flagged => "\\Flagged",
        Flag::Deleted => "\\Deleted",
        Flag::Draft => "\\Draft",
        Flag::Recent => "\\Recent",
        Flag::Any => "\\*",
        Flag::Keyword(keyword) => keyword,
        _ => "",
    }
}

const fn condition(kind: Condition) -> u8 {
    match kind {
        Condition::Ok => 0,
        Condition::No => 1,
        Condition::Bad => 2,
        Condition::Bye => 3,
        Condition::PreAuth => 4,
    }
}
