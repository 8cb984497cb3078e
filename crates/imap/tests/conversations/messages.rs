//! Conversations about messages: what is asked for is written as the specifications have it, and all that arrives is typed.

use crate::replay::{Outcome, all, replay};
use waypost_imap::ext::esearch::{Alteration, Findings};
use waypost_imap::types::{Attribute, BodyData, Fetched, NumberSet, ResponseCode};
use waypost_imap::{Event, Refusal, Response};

fn outcome(name: &str) -> Outcome {
    let transcript = all().into_iter().find(|transcript| transcript.name == name).unwrap();
    replay(&transcript, |octets| vec![octets.to_vec()])
}

fn responses(outcome: &Outcome) -> impl Iterator<Item = &Response> {
    outcome.events.iter().filter_map(|event| match event {
        Event::Response(response) => Some(response),
        _ => None,
    })
}

fn nothing_is_unknown(outcome: &Outcome) {
    let unknown = outcome
        .events
        .iter()
        .find(|event| format!("{event:?}").replace("unparsed: []", "").contains("Unparsed"));
    assert_eq!(unknown, None);
}

fn findings(outcome: &Outcome) -> Vec<&Findings> {
    let found = responses(outcome);
    found
        .filter_map(|response| if let Response::ESearch(found) = response { Some(&**found) } else { None })
        .collect()
}

fn fetched(outcome: &Outcome) -> Vec<&Fetched> {
    let found = responses(outcome);
    found
        .filter_map(|response| if let Response::Fetch(fetched) = response { Some(&**fetched) } else { None })
        .collect()
}

/// The codes of refusals and of ends, in order.
fn ends(outcome: &Outcome) -> Vec<Result<Option<&ResponseCode>, &Refusal>> {
    let events = outcome.events.iter();
    events
        .filter_map(|event| match event {
            Event::Done { result: Ok(completion), .. } => Some(Ok(completion.code.as_ref())),
            Event::Done { result: Err(refusal), .. } => Some(Err(refusal)),
            _ => None,
        })
        .collect()
}

fn set(first: u32, last: u32) -> NumberSet {
    NumberSet::new([(first, last)])
}

#[test]
fn a_session_with_dovecot_about_messages_is_typed() {
    let outcome = outcome("messages-dovecot.txt");
    nothing_is_unknown(&outcome);
    let found = findings(&outcome);
    assert_eq!(
        (found[0].tag.as_deref(), found[0].min, found[0].max, found[0].count),
        (Some("w2"), Some(44), Some(152), Some(28))
    );
    assert_eq!(found[0].all.as_ref().map(|all| (all.ranges().len(), all.count())), Some((12, 28)));
    assert_eq!(
        found[2].all.as_ref().and_then(|all| all.to_vec(9)),
        Some(vec![148, 149, 150, 151, 152, 147, 60, 120, 59])
    );
    assert_eq!(found[4].changes, [Alteration::Added { position: 0, numbers: set(157, 157) }]);
    let gone: Vec<_> = responses(&outcome)
        .filter_map(|response| match response {
            Response::Vanished { earlier, uids } => Some((*earlier, uids.count())),
            _ => None,
        })
        .collect();
    assert_eq!(gone, [(true, 8), (false, 1), (true, 8)]);
    let threads: Vec<_> = responses(&outcome)
        .filter_map(|response| match response {
            Response::Thread(threads) => Some((threads.roots().count(), threads.messages().len())),
            _ => None,
        })
        .collect();
    assert_eq!(threads, [(4, 10), (0, 0)]);
    let rows = fetched(&outcome);
    assert!(rows.iter().any(|row| matches!(
        row.attributes.as_slice(),
        [Attribute::SaveDate(Some(_)), Attribute::Preview(Some(_))]
    )));
    assert!(
        rows.iter().any(|row| row
            .bodies
            .first()
            .is_some_and(|body| body.data == BodyData::Inline(b"a\0b".to_vec())))
    );
    assert!(rows.iter().any(|row| row.mod_sequence == Some(184)));
}

#[test]
fn commands_end_with_their_codes_and_the_mailbox_is_left() {
    let outcome = outcome("messages-dovecot.txt");
    let ends = ends(&outcome);
    let codes: Vec<&ResponseCode> =
        ends.iter().filter_map(|end| end.as_ref().ok().copied().flatten()).collect();
    let copied = ResponseCode::CopyUid { validity: 1_795_629_872, from: set(11, 12), to: set(1, 2) };
    assert!(codes.contains(&&copied));
    assert!(codes.contains(&&ResponseCode::Modified(set(1, 1))));
    assert!(codes.contains(&&ResponseCode::AppendUid(1_795_629_872, set(4, 5))));
    let refused: Vec<String> = ends
        .iter()
        .filter_map(|end| match end.as_ref().err()? {
            Refusal::No { code, .. } => code.as_ref().map(|code| code.name().to_owned()),
            Refusal::Lacks(name) => Some(format!("lacks {name}")),
            Refusal::Misuse(why) => Some((*why).to_owned()),
            other => Some(format!("{other:?}")),
        })
        .collect();
    // ANNOTATE is not offered; EXPUNGE and CLOSE have no mailbox after UNSELECT and CLOSE.
    let expected = [
        "lacks ANNOTATE-EXPERIMENT-1",
        "BADURL",
        "UNKNOWN-CTE",
        "no mailbox is selected",
        "no mailbox is selected",
    ];
    assert_eq!(refused, expected);
}

#[test]
fn examples_of_specifications_that_no_server_here_offers_are_typed() {
    let outcome = outcome("unproven-messages.txt");
    nothing_is_unknown(&outcome);
    let found = findings(&outcome);
    let mailboxes: Vec<_> =
        found.iter().filter_map(|one| one.mailbox.as_ref()).map(|name| name.as_str().to_owned()).collect();
    assert_eq!(mailboxes, ["folder1", "folder2/banana", "folder2/salmon"]);
    assert_eq!(
        found[3].partial.as_ref().map(|(range, set)| (range.is_from_end(), set.count())),
        Some((true, 100))
    );
    assert_eq!(found[4].relevancy, Some(vec![4, 99, 42]));
    assert_eq!(found.last().map(|one| (one.tag.as_deref(), one.changes.len())), Some((Some("w21"), 3)));
    let rows = fetched(&outcome);
    let labels =
        |labels: &[&str]| Attribute::GmailLabels(labels.iter().map(|label| (*label).to_owned()).collect());
    assert!(rows.iter().any(|row| row.attributes.contains(&labels(&[
        "\\Inbox",
        "\\Sent",
        "Entwürfe",
        "Muy Importante"
    ]))));
    assert!(rows.iter().any(|row| row.attributes.contains(&Attribute::ThreadId(None))));
    let by_uid: Vec<_> = rows
        .iter()
        .filter(|row| row.sequence == 0)
        .filter_map(|row| row.uid)
        .map(|uid| uid.as_u32())
        .collect();
    assert_eq!(by_uid, [25996, 25997]);
    let names: Vec<&str> = ends(&outcome)
        .into_iter()
        .filter_map(|end| match end {
            Err(Refusal::No { code, .. } | Refusal::Bad { code, .. }) => {
                code.as_ref().map(ResponseCode::name)
            }
            Ok(Some(ResponseCode::MessageLimit { .. })) => Some("MESSAGELIMIT"),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["UNDEFINED-FILTER", "ANNOTATE", "MESSAGELIMIT", "TOOBIG", "TOOFEW", "UIDREQUIRED"]);
    assert!(responses(&outcome).any(
        |response| matches!(response, Response::UidBatches(batches) if batches.ranges.ranges().len() == 4)
    ));
    assert!(
        responses(&outcome).any(|response| matches!(response, Response::UrlAuth(urls) if urls.len() == 1))
    );
}
