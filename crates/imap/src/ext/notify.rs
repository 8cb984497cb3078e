//! NOTIFY (RFC 5465): news of mailboxes that are not selected. What the server then tells comes as the responses that tell it
//! elsewhere: STATUS, LIST with OLDNAME, METADATA, and FETCH, EXPUNGE and EXISTS of the selected mailbox.

use super::{Extension, NOTHING, Order, Verb, commands};
use crate::FetchItem;
use crate::encode::Encoder;
use crate::fault::Fault;
use crate::grammar::core::{astring, list, name};
use crate::grammar::{Parsed, Reading};
use crate::types::{MailboxName, ResponseCode};
use nom::Parser as _;
use nom::error::context;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["NOTIFY"],
    codes: &[
        ("NOTIFICATIONOVERFLOW", |input, _| Ok((input, ResponseCode::NotificationOverflow))),
        ("BADEVENT", bad_event),
    ],
    ..NOTHING
};

/// NOTIFY (RFC 5465, 3.1); a later one takes the place of an earlier one. Answered by its end, and with `status` before it by
/// [`crate::Response::Status`] of each mailbox. An end with [`ResponseCode::BadEvent`] names the events that the server knows;
/// [`ResponseCode::NotificationOverflow`] says that the server gave up and NOTIFY NONE is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notify {
    /// NONE: nothing at all, not even of the selected mailbox.
    None,
    /// SET
    Set {
        /// Tell how each mailbox stands now.
        status: bool,
        /// Of what to tell; at least one.
        groups: Vec<EventGroup>,
    },
}

/// Which events of which mailboxes (RFC 5465, 3.1). A mailbox that is in several groups counts for the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventGroup {
    /// Which mailboxes.
    pub mailboxes: NotifyMailboxes,
    /// Which events; none means NONE: nothing of these mailboxes.
    pub events: Vec<NotifyEvent>,
}

/// Which mailboxes (RFC 5465, 6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotifyMailboxes {
    /// SELECTED: the selected one, at once. Sequence numbers can then change at any time: name messages by UID only.
    Selected,
    /// SELECTED-DELAYED: the selected one; EXPUNGE only where it could come without NOTIFY.
    SelectedDelayed,
    /// INBOXES: where mail is delivered.
    Inboxes,
    /// PERSONAL: the user's own.
    Personal,
    /// SUBSCRIBED
    Subscribed,
    /// SUBTREE: these and what is below them.
    Subtree(Vec<MailboxName>),
    /// MAILBOXES: these.
    Mailboxes(Vec<MailboxName>),
}

/// What happened (RFC 5465, 5).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotifyEvent {
    /// MessageNew: a message came. In the selected mailbox these items of it are sent.
    MessageNew(Vec<FetchItem>),
    /// MessageExpunge: a message went.
    MessageExpunge,
    /// FlagChange: flags changed.
    FlagChange,
    /// AnnotationChange (RFC 5257)
    AnnotationChange,
    /// MailboxName: mailboxes were made, deleted, renamed.
    MailboxName,
    /// SubscriptionChange
    SubscriptionChange,
    /// MailboxMetadataChange (RFC 5464)
    MailboxMetadataChange,
    /// ServerMetadataChange (RFC 5464)
    ServerMetadataChange,
}

commands!(Notify);

impl Verb for Notify {
    fn needs(&self) -> &'static [&'static str] {
        &["NOTIFY"]
    }

    /// It decides which responses come unasked.
    fn order(&self) -> Order {
        Order::Changes
    }

    /// ```abnf
    /// notify = "NOTIFY" SP (notify-set / "NONE")
    /// notify-set = "SET" [SP "STATUS"] 1*(SP event-group)
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        let Self::Set { status, groups } = self else {
            encoder.text("NOTIFY NONE");
            return Ok(());
        };
        if groups.is_empty() {
            return Err("NOTIFY SET without a group of events");
        }
        if groups.iter().filter(|group| group.mailboxes.is_selected()).count() > 1 {
            return Err("the selected mailbox may be in one group only");
        }
        encoder.text(if *status { "NOTIFY SET STATUS" } else { "NOTIFY SET" });
        for group in groups {
            group.check()?;
            encoder.text(" ");
            group.encode(encoder)?;
        }
        Ok(())
    }
}

impl EventGroup {
    /// What RFC 5465 forbids beyond its grammar (5 and 6.1).
    fn check(&self) -> Result<(), &'static str> {
        let has = |wanted: fn(&NotifyEvent) -> bool| self.events.iter().any(wanted);
        let comes = has(|event| matches!(event, NotifyEvent::MessageNew(_)));
        let goes = has(|event| *event == NotifyEvent::MessageExpunge);
        let changes = has(|event| matches!(event, NotifyEvent::FlagChange | NotifyEvent::AnnotationChange));
        if comes != goes || changes && !comes {
            return Err("MessageNew and MessageExpunge go together, and the changes of messages with them");
        }
        let selected = self.mailboxes.is_selected();
        if selected && has(|event| !event.is_of_messages()) {
            return Err("only events of messages can be of the selected mailbox");
        }
        if !selected && has(|event| matches!(event, NotifyEvent::MessageNew(items) if !items.is_empty())) {
            return Err("only new messages of the selected mailbox come with items");
        }
        Ok(())
    }

    /// ```abnf
    /// event-group = "(" filter-mailboxes SP events ")"
    /// events = "(" event *(SP event) ")" / "NONE"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("(");
        self.mailboxes.encode(encoder)?;
        encoder.text(" ");
        if self.events.is_empty() {
            encoder.text("NONE");
        } else {
            encoder.list(&self.events, |encoder, event| event.encode(encoder))?;
        }
        encoder.text(")");
        Ok(())
    }
}

impl NotifyMailboxes {
    fn is_selected(&self) -> bool {
        matches!(self, Self::Selected | Self::SelectedDelayed)
    }

    /// ```abnf
    /// filter-mailboxes = "SELECTED" / "SELECTED-DELAYED" / "INBOXES" / "PERSONAL" / "SUBSCRIBED" /
    ///                    "SUBTREE" SP one-or-more-mailbox / "MAILBOXES" SP one-or-more-mailbox
    /// one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        let (word, names) = match self {
            Self::Selected => ("SELECTED", None),
            Self::SelectedDelayed => ("SELECTED-DELAYED", None),
            Self::Inboxes => ("INBOXES", None),
            Self::Personal => ("PERSONAL", None),
            Self::Subscribed => ("SUBSCRIBED", None),
            Self::Subtree(names) => ("SUBTREE ", Some(names)),
            Self::Mailboxes(names) => ("MAILBOXES ", Some(names)),
        };
        encoder.text(word);
        match names.map(Vec::as_slice) {
            None => Ok(()),
            Some([]) => Err("no mailbox is named"),
            Some([name]) => encoder.mailbox("", name),
            Some(names) => encoder.list(names, |encoder, name| encoder.mailbox("", name)),
        }
    }
}

impl NotifyEvent {
    fn is_of_messages(&self) -> bool {
        matches!(self, Self::MessageNew(_) | Self::MessageExpunge | Self::FlagChange | Self::AnnotationChange)
    }

    /// ```abnf
    /// event = message-event / mailbox-event / user-event
    /// message-event = "MessageNew" [SP "(" fetch-att *(SP fetch-att) ")"] / "MessageExpunge" / "FlagChange" /
    ///                 "AnnotationChange"
    /// mailbox-event = "MailboxName" / "SubscriptionChange" / "MailboxMetadataChange"
    /// user-event = "ServerMetadataChange"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text(match self {
            Self::MessageNew(_) => "MessageNew",
            Self::MessageExpunge => "MessageExpunge",
            Self::FlagChange => "FlagChange",
            Self::AnnotationChange => "AnnotationChange",
            Self::MailboxName => "MailboxName",
            Self::SubscriptionChange => "SubscriptionChange",
            Self::MailboxMetadataChange => "MailboxMetadataChange",
            Self::ServerMetadataChange => "ServerMetadataChange",
        });
        match self {
            Self::MessageNew(items) if !items.is_empty() => {
                encoder.text(" ");
                encoder.fetch_items(items)
            }
            _ => Ok(()),
        }
    }
}

/// ```abnf
/// resp-text-code =/ "BADEVENT" SP "(" event-name *(SP event-name) ")"
/// ```
/// Dovecot names one event without parentheses: the one that it does not know.
fn bad_event<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    if input.first() != Some(&b'(') {
        let (rest, event) = context("event-name", name).parse(input)?;
        reading.forgive(Fault::BareEvent, input, "BADEVENT")?;
        return Ok((rest, ResponseCode::BadEvent(vec![String::from_utf8_lossy(event).into_owned()])));
    }
    let (rest, events) = list(input, reading, |input, reading| {
        let (rest, event) = astring(input, reading)?;
        Ok((rest, String::from_utf8_lossy(&event).into_owned()))
    })?;
    Ok((rest, ResponseCode::BadEvent(events)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::Peer;
    use NotifyEvent::{FlagChange, MessageExpunge, MessageNew};

    fn sent(notify: Notify) -> String {
        let fragments = Encoder::command("a", &notify.into(), &Peer::default());
        fragments.map_or_else(str::to_owned, |fragments| String::from_utf8(fragments[0].to_vec()).unwrap())
    }

    fn group(mailboxes: NotifyMailboxes, events: &[NotifyEvent]) -> EventGroup {
        EventGroup { mailboxes, events: events.to_vec() }
    }

    fn set(status: bool, groups: &[EventGroup]) -> String {
        sent(Notify::Set { status, groups: groups.to_vec() })
    }

    #[test]
    fn rfc_5465_3_to_6_examples_are_written() {
        assert_eq!(sent(Notify::None), "a NOTIFY NONE\r\n");
        let items = vec![FetchItem::Uid, FetchItem::Flags];
        let selected =
            group(NotifyMailboxes::SelectedDelayed, &[MessageNew(items), MessageExpunge, FlagChange]);
        let folders = ["Lists/Lemonade", "Drafts x"].map(MailboxName::new).to_vec();
        let others = group(NotifyMailboxes::Mailboxes(folders), &[MessageNew(vec![]), MessageExpunge]);
        assert_eq!(
            set(true, &[selected, others]),
            "a NOTIFY SET STATUS (SELECTED-DELAYED (MessageNew (UID FLAGS) MessageExpunge FlagChange)) (MAILBOXES (Lists/Lemonade \"Drafts x\") (MessageNew MessageExpunge))\r\n"
        );
        let personal = [NotifyEvent::MailboxName, NotifyEvent::SubscriptionChange];
        let metadata = [NotifyEvent::MailboxMetadataChange, NotifyEvent::ServerMetadataChange];
        assert_eq!(
            set(
                false,
                &[
                    group(NotifyMailboxes::Inboxes, &[]),
                    group(NotifyMailboxes::Personal, &personal),
                    group(NotifyMailboxes::Subscribed, &metadata),
                    group(NotifyMailboxes::Subtree(vec![MailboxName::new("Lists")]), &personal[..1]),
                ]
            ),
            "a NOTIFY SET (INBOXES NONE) (PERSONAL (MailboxName SubscriptionChange)) (SUBSCRIBED (MailboxMetadataChange ServerMetadataChange)) (SUBTREE Lists (MailboxName))\r\n"
        );
    }

    #[test]
    fn rfc_5465_5_and_6_forbidden_groups_are_not_sent() {
        use NotifyMailboxes::{Inboxes, Mailboxes, Selected, SelectedDelayed};
        let both = || vec![MessageNew(vec![]), MessageExpunge];
        assert!(set(false, &[]).starts_with("NOTIFY SET without"));
        assert!(set(false, &[group(Inboxes, &[MessageExpunge])]).starts_with("MessageNew and"));
        assert!(set(false, &[group(Inboxes, &[FlagChange])]).starts_with("MessageNew and"));
        assert!(set(false, &[group(Selected, &[NotifyEvent::MailboxName])]).starts_with("only events"));
        let fetching = [MessageNew(vec![FetchItem::Uid]), MessageExpunge];
        assert!(set(false, &[group(Inboxes, &fetching)]).starts_with("only new"));
        assert!(set(false, &[group(Mailboxes(vec![]), &both())]).starts_with("no mailbox"));
        let twice = [group(Selected, &both()), group(SelectedDelayed, &both())];
        assert!(set(false, &twice).starts_with("the selected mailbox"));
    }

    #[test]
    fn rfc_5465_3_1_and_5_8_codes_read() {
        let overflow = ResponseCode::parse(b"[NOTIFICATIONOVERFLOW]");
        assert_eq!(overflow, Some(ResponseCode::NotificationOverflow));
        let events = ["FlagChange", "MessageNew"].map(str::to_owned).to_vec();
        assert_eq!(
            ResponseCode::parse(b"[BADEVENT (FlagChange MessageNew)]"),
            Some(ResponseCode::BadEvent(events))
        );
        let one = ResponseCode::BadEvent(vec!["MailboxMetadataChange".to_owned()]);
        assert_eq!(ResponseCode::parse(b"[BADEVENT MailboxMetadataChange]"), Some(one));
    }
}
