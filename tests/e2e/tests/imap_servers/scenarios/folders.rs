//! Folders made, named, subscribed and told of.

use super::{Scenario, scenario};
use crate::client::Imap;
use crate::messages::letter;
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure, same};
use waypost_native::imap::ext::list::{List, ListReturn, ListSelect};
use waypost_native::imap::ext::metadata::{Metadata, SetMetadata};
use waypost_native::imap::ext::namespace::GetNamespaces;
use waypost_native::imap::ext::special_use::CreateSpecialUse;
use waypost_native::imap::types::{
    ListPattern, MailboxListing, MailboxName, MailboxStatus, SpecialUse, StatusItem,
};
use waypost_native::imap::{Command, Refusal, Response};

pub(crate) const ALL: &[Scenario] = &[
    scenario!("CREATE and DELETE", create),
    scenario!("CREATE of what is there is refused", create_again),
    scenario!("CREATE with 8-bit and odd characters", create_odd),
    scenario!("CREATE of a child", create_child),
    scenario!("RENAME", rename),
    scenario!("SUBSCRIBE, LSUB and UNSUBSCRIBE", subscribe),
    scenario!("STATUS", status),
    scenario!("STATUS=SIZE", status_size),
    scenario!("STATUS of HIGHESTMODSEQ", status_modseq),
    scenario!("NAMESPACE", namespace),
    scenario!("SPECIAL-USE", special_use),
    scenario!("CREATE-SPECIAL-USE", create_special_use),
    scenario!("LIST-EXTENDED", list_extended),
    scenario!("LIST-STATUS", list_status),
    scenario!("LIST-MYRIGHTS", list_my_rights),
    scenario!("LIST-METADATA", list_metadata),
    scenario!("UTF8=ACCEPT", utf8),
];

async fn create(stage: &Stage<'_>) -> Verdict {
    let name = MailboxName::new(&stage.name("created"));
    let mut imap = stage.signed_in().await?;
    imap.run(Command::Create(name.clone())).await?.ok()?;
    ensure(is_listed(&mut imap, &name).await?, || "it is not listed".to_owned())?;
    imap.run(Command::Delete(name.clone())).await?.ok()?;
    ensure(!is_listed(&mut imap, &name).await?, || "it is still listed".to_owned())
}

async fn create_again(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("there-already", [])?;
    let mut imap = stage.signed_in().await?;
    let answer = imap.run(Command::Create(mailbox)).await.map_err(|_| Why::lacks("it hangs up instead"))?;
    ensure(matches!(answer.result, Err(Refusal::No { .. } | Refusal::Bad { .. })), || {
        format!("{:?}", answer.result)
    })
}

/// The name arrives as it was given, and stands on the wire in modified UTF-7.
async fn create_odd(stage: &Stage<'_>) -> Verdict {
    let name = stage.name("B\u{fc}cher & K\u{e4}se \u{6f22}");
    let mailbox = MailboxName::new(&name);
    let mut imap = stage.signed_in().await?;
    imap.run(Command::Create(mailbox.clone())).await?.ok()?;
    ensure(is_listed(&mut imap, &mailbox).await?, || "it is not listed".to_owned())?;
    let on_the_wire = stage.raw()?.command(&[b"LIST \"\" \"*\""])?.text();
    ensure(on_the_wire.contains("B&APw-cher &- K&AOQ-se &byI-"), || on_the_wire)?;
    imap.run(Command::Select(mailbox.clone())).await?.ok()?;
    imap.run(Command::Examine(MailboxName::new("INBOX"))).await?.ok()?;
    imap.run(Command::Delete(mailbox)).await?.ok().map(drop)
}

async fn create_child(stage: &Stage<'_>) -> Verdict {
    let mut imap = stage.signed_in().await?;
    let child = stage.child(&stage.name("parent"), "child");
    imap.run(Command::Create(child.clone())).await?.ok()?;
    ensure(is_listed(&mut imap, &child).await?, || "it is not listed".to_owned())
}

async fn rename(stage: &Stage<'_>) -> Verdict {
    let from = stage.mailbox("before", [letter("moved along", b"1\r\n").as_slice()])?;
    let to = MailboxName::new(&stage.name("after"));
    let mut imap = stage.signed_in().await?;
    imap.run(Command::Rename { from: from.clone(), to: to.clone() }).await?.ok()?;
    ensure(!is_listed(&mut imap, &from).await?, || "the old name is listed".to_owned())?;
    let answer = imap.run(Command::Select(to)).await?.ok()?;
    let there = answer.first(|response| matches!(response, Response::Exists(1)).then_some(()));
    there.ok_or_else(|| Why::Failed("the message is not there".to_owned()))
}

async fn subscribe(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("subscribed", [])?;
    let mut imap = stage.signed_in().await?;
    imap.run(Command::Unsubscribe(mailbox.clone())).await?.ok()?;
    ensure(!is_subscribed(&mut imap, &mailbox).await?, || "it is subscribed already".to_owned())?;
    imap.run(Command::Subscribe(mailbox.clone())).await?.ok()?;
    ensure(is_subscribed(&mut imap, &mailbox).await?, || "it is not subscribed".to_owned())?;
    imap.run(Command::Unsubscribe(mailbox.clone())).await?.ok()?;
    ensure(!is_subscribed(&mut imap, &mailbox).await?, || "it is still subscribed".to_owned())
}

async fn status(stage: &Stage<'_>) -> Verdict {
    let items = vec![StatusItem::Messages, StatusItem::Unseen, StatusItem::UidNext, StatusItem::UidValidity];
    let status = status_of_two(stage, None, items).await?;
    same("messages and unseen", &(status.messages, status.unseen), &(Some(2), Some(2)))?;
    ensure(status.uid_next.is_some() && status.uid_validity.is_some(), || format!("{status:?}"))
}

async fn status_size(stage: &Stage<'_>) -> Verdict {
    let status = status_of_two(stage, Some("STATUS=SIZE"), vec![StatusItem::Size]).await?;
    let octets: usize = two().iter().map(Vec::len).sum();
    same("octets", &status.size, &Some(octets as u64))
}

async fn status_modseq(stage: &Stage<'_>) -> Verdict {
    let status = status_of_two(stage, Some("CONDSTORE"), vec![StatusItem::HighestModSeq]).await?;
    ensure(status.highest_mod_seq.is_some_and(|value| value > 0), || format!("{status:?}"))
}

async fn status_of_two(
    stage: &Stage<'_>,
    needs: Option<&str>,
    items: Vec<StatusItem>,
) -> Result<MailboxStatus, Why> {
    let messages = two();
    let mailbox = stage.mailbox("counted", messages.iter().map(Vec::as_slice))?;
    let mut imap = stage.signed_in().await?;
    if let Some(capability) = needs {
        imap.needs(capability).await?;
    }
    let answer = imap.run(Command::Status { mailbox: mailbox.clone(), items }).await?.ok()?;
    let status = answer.first(|response| match response {
        Response::Status(status) if status.mailbox == mailbox => Some((**status).clone()),
        _ => None,
    });
    status.ok_or_else(|| Why::Failed(format!("{:?}", answer.responses)))
}

async fn namespace(stage: &Stage<'_>) -> Verdict {
    let mut imap = stage.signed_in().await?;
    let answer = imap.run(GetNamespaces).await?.ok()?;
    let namespaces = answer.first(|response| match response {
        Response::Namespaces(namespaces) => Some(namespaces.clone()),
        _ => None,
    });
    let personal = namespaces.map(|namespaces| namespaces.personal).unwrap_or_default();
    let [first] = personal.as_slice() else { return Err(Why::Failed(format!("{personal:?}"))) };
    let found = format!("{}{}", first.prefix.as_str(), first.delimiter.unwrap_or(' '));
    let expected = if stage.name("").starts_with("INBOX.") { "INBOX.." } else { "/" };
    same("prefix and delimiter", &found.as_str(), &expected)
}

async fn special_use(stage: &Stage<'_>) -> Verdict {
    let mut imap = stage.signed_in().await?;
    imap.needs("SPECIAL-USE").await?;
    let list =
        Command::List { reference: MailboxName::new(""), pattern: ListPattern::new("*"), special_use: true };
    let listings = listings(&imap.run(list).await?.ok()?.responses);
    for wanted in
        [SpecialUse::Drafts, SpecialUse::Sent, SpecialUse::Junk, SpecialUse::Trash, SpecialUse::Archive]
    {
        let found = listings.iter().any(|listing| listing.has(wanted.attribute()));
        ensure(found, || format!("no {} among {listings:?}", wanted.attribute()))?;
    }
    Ok(())
}

async fn create_special_use(stage: &Stage<'_>) -> Verdict {
    let mailbox = MailboxName::new(&stage.name("important"));
    let mut imap = stage.signed_in().await?;
    let create = CreateSpecialUse { mailbox: mailbox.clone(), uses: vec![SpecialUse::Important] };
    imap.run(create).await?.ok()?;
    let pattern = ListPattern::exactly(&mailbox);
    let list = Command::List { reference: MailboxName::new(""), pattern, special_use: true };
    let listings = listings(&imap.run(list).await?.ok()?.responses);
    let found = listings.iter().any(|listing| listing.has("\\Important"));
    ensure(found, || format!("{listings:?}"))
}

async fn list_extended(stage: &Stage<'_>) -> Verdict {
    let subscribed = stage.mailbox("subscribed", [])?;
    let other = stage.mailbox("not-subscribed", [])?;
    let mut imap = stage.signed_in().await?;
    imap.run(Command::Subscribe(subscribed.clone())).await?.ok()?;
    imap.run(Command::Unsubscribe(other.clone())).await?.ok()?;
    let list = list(vec![ListSelect::Subscribed], vec![ListReturn::Children, ListReturn::Subscribed]);
    let listings = listings(&imap.run(list).await?.ok()?.responses);
    let found = listings.iter().find(|listing| listing.name == subscribed);
    let found = found.ok_or_else(|| Why::Failed(format!("{subscribed:?} is not in {listings:?}")))?;
    ensure(found.has("\\Subscribed") && found.has("\\HasNoChildren"), || format!("{found:?}"))?;
    ensure(!listings.iter().any(|listing| listing.name == other), || format!("{listings:?}"))
}

async fn list_status(stage: &Stage<'_>) -> Verdict {
    let messages = two();
    let mailbox = stage.mailbox("counted", messages.iter().map(Vec::as_slice))?;
    let mut imap = stage.signed_in().await?;
    imap.needs("LIST-STATUS").await?;
    let list = list(Vec::new(), vec![ListReturn::Status(vec![StatusItem::Messages, StatusItem::Unseen])]);
    let answer = imap.run(list).await?.ok()?;
    let status = answer.first(|response| match response {
        Response::Status(status) if status.mailbox == mailbox => Some((status.messages, status.unseen)),
        _ => None,
    });
    same("messages and unseen", &status, &Some((Some(2), Some(2))))
}

async fn list_my_rights(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("ours", [])?;
    let mut imap = stage.signed_in().await?;
    imap.needs("LIST-MYRIGHTS").await?;
    let answer = imap.run(list(Vec::new(), vec![ListReturn::MyRights])).await?.ok()?;
    let rights = answer.first(|response| match response {
        Response::MyRights(name, rights) if *name == mailbox => Some(rights.has('r') && rights.has('i')),
        _ => None,
    });
    same("may read and insert", &rights, &Some(true))
}

async fn list_metadata(stage: &Stage<'_>) -> Verdict {
    const ENTRY: &str = "/private/comment";
    let mailbox = stage.mailbox("noted", [])?;
    let mut imap = stage.signed_in().await?;
    imap.needs("LIST-METADATA").await?;
    let values = vec![(ENTRY.to_owned(), Some(b"a note".to_vec()))];
    imap.run(SetMetadata { mailbox: mailbox.clone(), values: values.clone() }).await?.ok()?;
    let answer =
        imap.run(list(Vec::new(), vec![ListReturn::Metadata(vec![ENTRY.to_owned()])])).await?.ok()?;
    let found = answer.first(|response| match response {
        Response::Metadata(name, Metadata::Values(found)) if *name == mailbox => Some(found.clone()),
        _ => None,
    });
    same("notes", &found, &Some(values))
}

/// Names go over the wire in UTF-8 then.
async fn utf8(stage: &Stage<'_>) -> Verdict {
    let mailbox = MailboxName::new(&stage.name("Gr\u{fc}\u{df}e"));
    let mut imap = stage.signed_in().await?;
    imap.needs("UTF8=ACCEPT").await?;
    let answer = imap.run(Command::Enable(vec!["UTF8=ACCEPT".to_owned()])).await?.ok()?;
    let enabled = answer.first(|response| match response {
        Response::Enabled(names) => Some(names.clone()),
        _ => None,
    });
    same("enabled", &enabled, &Some(vec!["UTF8=ACCEPT".to_owned()]))?;
    imap.run(Command::Create(mailbox.clone())).await?.ok()?;
    ensure(is_listed(&mut imap, &mailbox).await?, || "it is not listed".to_owned())?;
    let on_the_wire = stage.raw()?.command(&[b"LIST \"\" \"*\""])?.text();
    ensure(on_the_wire.contains("Gr&APwA3w-e"), || on_the_wire)
}

fn list(select: Vec<ListSelect>, returns: Vec<ListReturn>) -> List {
    List {
        select,
        reference: MailboxName::new(""),
        patterns: vec![ListPattern::new("*")],
        returns: Some(returns),
    }
}

async fn is_listed(imap: &mut Imap, name: &MailboxName) -> Result<bool, Why> {
    let (reference, pattern) = (MailboxName::new(""), ListPattern::new("*"));
    let answer = imap.run(Command::List { reference, pattern, special_use: false }).await?.ok()?;
    Ok(listings(&answer.responses)
        .iter()
        .any(|listing| listing.name == *name && !listing.has("\\NonExistent")))
}

async fn is_subscribed(imap: &mut Imap, name: &MailboxName) -> Result<bool, Why> {
    let (reference, pattern) = (MailboxName::new(""), ListPattern::new("*"));
    let answer = imap.run(Command::Lsub { reference, pattern }).await?.ok()?;
    let found = answer.first(|response| match response {
        Response::Lsub(listing) if listing.name == *name => Some(()),
        _ => None,
    });
    Ok(found.is_some())
}

fn listings(responses: &[Response]) -> Vec<MailboxListing> {
    let of = |response: &Response| match response {
        Response::List(listing) => Some(listing.clone()),
        _ => None,
    };
    responses.iter().filter_map(of).collect()
}

fn two() -> [Vec<u8>; 2] {
    [letter("one", b"1\r\n"), letter("two", b"2\r\n")]
}
