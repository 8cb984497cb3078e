//! When a message leaves the server, and what becomes of its line in the ledger. Decides only; nothing here waits.

use waypost_store::{Pop3Settings, Removal, RemovalWish, UidlRecord, UidlState};

/// From when a message is to be deleted from the server; `None`: it stays.
///
/// What the settings want is found anew each time, so that a change of them holds for all mail. What the user wants of one message
/// holds whatever they are.
pub(super) fn due(removal: Removal, record: &UidlRecord) -> Option<u64> {
    if record.missing_since.is_some() {
        return None;
    }
    match record.state {
        UidlState::Due { at } => Some(at),
        UidlState::Both | UidlState::Deleting if record.wish.is_some() => Some(0),
        UidlState::Both | UidlState::Deleting => by_settings(removal, record),
        _ => None,
    }
}

fn by_settings(removal: Removal, record: &UidlRecord) -> Option<u64> {
    if !is_whole(record) || record.doubt.is_some() {
        return None;
    }
    let days = |days: u16| record.seen_at.saturating_add(u64::from(days).saturating_mul(DAY_MILLIS));
    let after_days = removal.after_days.map(days).map(|at| at.max(record.downloaded_at));
    let after_download = removal.after_download.then_some(record.downloaded_at);
    after_days.into_iter().chain(after_download).min()
}

/// Whether the settings delete mail on the server without being asked for each message.
pub(super) fn deletes_by_itself(removal: Removal) -> bool {
    removal.after_download || removal.after_days.is_some()
}

/// Whether the whole message is here. What came shorter than LIST promised may be cut: it is kept here, and it stays there. What the
/// server added later was not promised.
pub(super) fn is_whole(record: &UidlRecord) -> bool {
    let promised = record.listed.saturating_sub(record.grown);
    record.content.is_some() && !record.sha256.is_empty() && record.octets >= promised
}

/// Whether a message was only listed, and is to be taken by a check.
pub(super) fn waits_to_be_taken(record: &UidlRecord) -> bool {
    record.state == UidlState::OnServer && record.message.is_none() && record.downloaded_at == 0
}

/// The server does not list it any more.
pub(super) fn went(record: &mut UidlRecord, now: u64) {
    record.missing_since.get_or_insert(now);
    record.state = match record.state {
        // The answer to QUIT was lost, and the deletion was not.
        UidlState::Deleting => UidlState::Deleted { at: now },
        UidlState::Deleted { .. } | UidlState::Here | UidlState::Gone => record.state,
        _ if record.content.is_some() => UidlState::Here,
        _ => UidlState::Gone,
    };
    record.wish = None;
}

/// The server's lines make it longer than when it came: no reason to think that it was cut then.
pub(super) fn grew(record: &mut UidlRecord, listed: Option<u64>) {
    let listed = listed.unwrap_or(record.listed);
    record.grown = (record.grown.saturating_add(listed)).saturating_sub(record.listed);
    record.listed = listed;
}

/// All octets that the server has of it were compared with what is here.
pub(super) fn was_compared(record: &mut UidlRecord, listed: Option<u64>) {
    record.listed = listed.unwrap_or(record.listed);
    record.grown = record.listed.saturating_sub(record.octets);
}

/// The server lists it, and it is the message that it was.
pub(super) fn is_there(record: &mut UidlRecord, listed: Option<u64>) {
    record.missing_since = None;
    if let Some(listed) = listed.filter(|listed| *listed != record.listed) {
        (record.listed, record.grown) = (listed, 0);
    }
    match record.state {
        UidlState::Deleted { .. } => {
            record.doubt = Some(waypost_store::Doubt::NotDeleted);
            // It was fulfilled as far as we can.
            record.wish = None;
            rest(record);
        }
        UidlState::Here | UidlState::Gone => rest(record),
        _ => {}
    }
}

/// It stays on the server for now.
pub(super) fn rest(record: &mut UidlRecord) {
    let here = record.content.is_some() && !record.sha256.is_empty();
    record.state = if here { UidlState::Both } else { UidlState::OnServer };
}

/// DELE was refused, or what is here could not be proven.
pub(super) fn was_kept(record: &mut UidlRecord, now: u64) {
    match record.wish {
        Some(_) => record.state = UidlState::Due { at: now },
        None => rest(record),
    }
}

/// The user wants it off the server.
pub(super) fn wish(record: &mut UidlRecord, wish: RemovalWish, at: u64) {
    let is_there = record.missing_since.is_none();
    if is_there && matches!(record.state, UidlState::OnServer | UidlState::Both | UidlState::Due { .. }) {
        record.wish = Some(wish);
        record.state = UidlState::Due { at };
    } else if record.state == UidlState::Deleting {
        record.wish = Some(wish);
    }
}

/// A wish to have it off the server and here is taken back.
pub(super) fn withdraw(record: &mut UidlRecord) {
    if record.wish == Some(RemovalWish::Keep) && matches!(record.state, UidlState::Due { .. }) {
        rest(record);
    }
    record.wish = record.wish.filter(|wish| *wish == RemovalWish::Discard);
}

/// It was deleted here for good.
pub(super) fn left_device(record: &mut UidlRecord) {
    record.content = None;
    record.message = None;
    // A wish to have it off the server and here can't be fulfilled any more: the server has the only copy now.
    record.wish = record.wish.filter(|wish| *wish == RemovalWish::Discard);
    record.state = match record.state {
        UidlState::Here => UidlState::Gone,
        UidlState::Both => UidlState::OnServer,
        UidlState::Due { .. } if record.wish.is_none() => UidlState::OnServer,
        state => state,
    };
    // Taken once is not taken again by itself.
    record.downloaded_at = record.downloaded_at.max(1);
}

/// Why settings can't be kept; `None` if they can.
pub(crate) fn fault(settings: &Pop3Settings) -> Option<&'static str> {
    let days = settings.removal.after_days.is_none_or(|days| (1..=3650).contains(&days));
    let interval = settings.interval.is_none_or(|seconds| (60..=86_400).contains(&seconds));
    let kibibytes = match settings.download {
        waypost_store::Download::Beginning { kibibytes } => (1..=1024).contains(&kibibytes),
        waypost_store::Download::Whole => true,
    };
    if !days {
        Some("mail can be deleted 1 to 3650 days after it was seen")
    } else if !interval {
        Some("it can be looked for mail every 60 to 86400 seconds")
    } else if !kibibytes {
        Some("the beginning of a message is 1 to 1024 KiB")
    } else if settings.per_check == Some(0) || settings.skip_above == Some(0) {
        Some("a check that takes nothing is none")
    } else {
        None
    }
}

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use waypost_store::{Doubt, Download};

    fn here() -> UidlRecord {
        UidlRecord {
            message: Some(1),
            content: Some("1.0.0.1".to_owned()),
            octets: 10,
            listed: 10,
            sha256: "ab".to_owned(),
            seen_at: 1_000,
            downloaded_at: 2_000,
            state: UidlState::Both,
            ..UidlRecord::default()
        }
    }

    #[test]
    fn of_several_policies_the_first_that_applies_counts_and_days_run_from_the_first_listing() {
        let days = |days| Removal { after_days: Some(days), ..Removal::default() };
        assert_eq!(due(Removal::default(), &here()), None);
        assert_eq!(due(days(1), &here()), Some(1_000 + DAY_MILLIS));
        assert_eq!(due(Removal { after_download: true, ..days(1) }, &here()), Some(2_000));
        let late = UidlRecord { downloaded_at: 9 * DAY_MILLIS, ..here() };
        assert_eq!(due(days(1), &late), Some(9 * DAY_MILLIS), "never before it is here");
        assert_eq!(
            due(Removal { when_deleted: true, when_moved: true, ..Removal::default() }, &here()),
            None
        );
    }

    #[test]
    fn what_is_not_wholly_here_or_is_in_doubt_is_never_due_by_itself() {
        let all = Removal { after_download: true, after_days: Some(1), when_deleted: true, when_moved: true };
        for record in [
            UidlRecord { content: None, ..here() },
            UidlRecord { sha256: String::new(), ..here() },
            UidlRecord { listed: 11, ..here() },
            UidlRecord { listed: 23, grown: 12, ..here() },
            UidlRecord { doubt: Some(Doubt::ReusedId), ..here() },
            UidlRecord { missing_since: Some(1), ..here() },
            UidlRecord { state: UidlState::OnServer, ..here() },
            UidlRecord { state: UidlState::Here, ..here() },
            UidlRecord { state: UidlState::Deleted { at: 1 }, ..here() },
        ] {
            assert_eq!(due(all, &record), None, "{record:?}");
        }
    }

    #[test]
    fn what_the_server_added_later_is_no_sign_of_a_cut_and_what_it_lists_otherwise_is_one() {
        let all = Removal { after_download: true, ..Removal::default() };
        let mut grown = here();
        grew(&mut grown, Some(22));
        grew(&mut grown, Some(30));
        is_there(&mut grown, Some(30));
        assert_eq!((grown.listed, grown.grown, due(all, &grown)), (30, 20, Some(2_000)));
        is_there(&mut grown, Some(31));
        assert_eq!((grown.grown, due(all, &grown)), (0, None));
        was_compared(&mut grown, Some(31));
        assert_eq!((grown.grown, due(all, &grown)), (21, Some(2_000)));
    }

    #[test]
    fn a_deletion_whose_end_is_unknown_follows_the_settings_unless_the_user_asked_for_it() {
        let unknown = UidlRecord { state: UidlState::Deleting, ..here() };
        assert_eq!(due(Removal::default(), &unknown), None);
        assert!(due(Removal { after_download: true, ..Removal::default() }, &unknown).is_some());
        let asked = UidlRecord { wish: Some(RemovalWish::Keep), ..unknown };
        assert!(due(Removal::default(), &asked).is_some());
    }

    #[test]
    fn what_went_was_deleted_only_if_that_was_asked_of_the_server() {
        let gone = |state, content: bool| {
            let content = content.then(|| "1.0.0.1".to_owned());
            let mut record = UidlRecord { state, content, ..here() };
            went(&mut record, 7);
            assert_eq!(record.missing_since, Some(7));
            record.state
        };
        assert_eq!(gone(UidlState::Deleting, true), UidlState::Deleted { at: 7 });
        assert_eq!(gone(UidlState::Deleted { at: 3 }, true), UidlState::Deleted { at: 3 });
        assert_eq!(gone(UidlState::Both, true), UidlState::Here);
        assert_eq!(gone(UidlState::Due { at: 9 }, true), UidlState::Here);
        assert_eq!(gone(UidlState::OnServer, false), UidlState::Gone);
    }

    #[test]
    fn what_is_deleted_here_is_not_taken_again_and_a_wish_to_keep_it_here_ends() {
        let mut record = UidlRecord { downloaded_at: 0, ..here() };
        left_device(&mut record);
        assert!(!waits_to_be_taken(&record));
        assert_eq!((record.state, record.message), (UidlState::OnServer, None));
        let mut moved = here();
        wish(&mut moved, RemovalWish::Keep, 5);
        left_device(&mut moved);
        assert_eq!((moved.state, moved.wish), (UidlState::OnServer, None), "the server has the only copy");
    }

    #[test]
    fn settings_out_of_their_range_are_told() {
        let settings = Pop3Settings::default;
        let removal = |days| Removal { after_days: Some(days), ..Removal::default() };
        assert_eq!(fault(&settings()), None);
        for wrong in [
            Pop3Settings { removal: removal(0), ..settings() },
            Pop3Settings { removal: removal(3651), ..settings() },
            Pop3Settings { interval: Some(59), ..settings() },
            Pop3Settings { interval: Some(86_401), ..settings() },
            Pop3Settings { download: Download::Beginning { kibibytes: 0 }, ..settings() },
            Pop3Settings { per_check: Some(0), ..settings() },
            Pop3Settings { skip_above: Some(0), ..settings() },
        ] {
            assert!(fault(&wrong).is_some(), "{wrong:?}");
        }
    }
}
