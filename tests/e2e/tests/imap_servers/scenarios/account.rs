//! What servers say of themselves and of the account: who they are, how much there may be, who may what, notes on mailboxes.

use super::{Scenario, scenario};
use crate::messages::letter;
use crate::stage::Stage;
use crate::verdict::{Verdict, Why, ensure, same};
use waypost_native::imap::Response;
use waypost_native::imap::ext::acl::{DeleteAcl, GetAcl, ListRights, MyRights, Rights, RightsChange, SetAcl};
use waypost_native::imap::ext::id::Id;
use waypost_native::imap::ext::metadata::{Depth, GetMetadata, Metadata, SetMetadata};
use waypost_native::imap::ext::quota::{GetQuotaRoot, Resource};
use waypost_native::imap::types::MailboxName;

pub(crate) const ALL: &[Scenario] = &[
    scenario!("ID", id),
    scenario!("QUOTA", quota),
    scenario!("ACL: one's own rights", my_rights),
    scenario!("ACL: given and taken", acl),
    scenario!("METADATA", metadata),
];

async fn id(stage: &Stage<'_>) -> Verdict {
    let mut imap = stage.signed_in().await?;
    let answer = imap.run(Id(vec![("name".to_owned(), "Waypost \"tests\"".to_owned())])).await?.ok()?;
    let fields = answer.first(|response| match response {
        Response::Id(fields) => Some(fields.clone()),
        _ => None,
    });
    match fields {
        None => Err(Why::lacks("it takes ID and says nothing of itself")),
        Some(fields) if fields.is_empty() => Err(Why::lacks("it says NIL of itself")),
        Some(fields) => ensure(fields.iter().any(|(name, _)| name == "name"), || format!("{fields:?}")),
    }
}

async fn quota(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("counted", [letter("one", &[b'x'; 5000]).as_slice()])?;
    let mut imap = stage.signed_in().await?;
    let answer = imap.run(GetQuotaRoot(mailbox.clone())).await?.ok()?;
    let roots = answer.first(|response| match response {
        Response::QuotaRoot(found) => Some(found.roots.clone()),
        _ => None,
    });
    let roots = roots.ok_or_else(|| Why::Failed(format!("{:?}", answer.responses)))?;
    ensure(!roots.is_empty(), || "no root".to_owned())?;
    let usage = answer.first(|response| match response {
        Response::Quota(quota) if roots.contains(&quota.root) => Some(quota.resources.clone()),
        _ => None,
    });
    let usage = usage.ok_or_else(|| Why::Failed(format!("{:?}", answer.responses)))?;
    // Courier leaves even the empty list out.
    if usage.is_empty() {
        return Err(Why::lacks("it has roots, and no limits in them"));
    }
    let storage = usage.iter().find(|usage| usage.resource == Resource::Storage);
    ensure(storage.is_some_and(|usage| usage.used > 0 && usage.limit > usage.used), || format!("{usage:?}"))
}

async fn my_rights(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("ours", [])?;
    let mut imap = stage.signed_in().await?;
    let answer = imap.run(MyRights(mailbox.clone())).await?.ok()?;
    let rights = answer.first(|response| match response {
        Response::MyRights(name, rights) if *name == mailbox => Some(rights.clone()),
        _ => None,
    });
    let rights = rights.ok_or_else(|| Why::Failed(format!("{:?}", answer.responses)))?;
    let missing: Vec<char> = "lrswixteka".chars().filter(|right| !rights.has(*right)).collect();
    ensure(missing.is_empty(), || format!("{rights:?} lacks {missing:?}"))
}

async fn acl(stage: &Stage<'_>) -> Verdict {
    let mailbox = stage.mailbox("shared", [])?;
    let kim = stage.server.users().get(1).map(|user| user.name.clone()).unwrap_or_default();
    let mut imap = stage.signed_in().await?;
    let change = RightsChange::Replace(Rights::new("lr"));
    imap.run(SetAcl { mailbox: mailbox.clone(), identifier: kim.clone(), change }).await?.ok()?;
    let change = RightsChange::Add(Rights::new("s"));
    imap.run(SetAcl { mailbox: mailbox.clone(), identifier: kim.clone(), change }).await?.ok()?;
    let given = rights_of(&mut imap, &mailbox, &kim).await?.unwrap_or_default();
    ensure(given.has('l') && given.has('r') && given.has('s') && !given.has('i'), || format!("{given:?}"))?;
    let grantable = ListRights { mailbox: mailbox.clone(), identifier: kim.clone() };
    let answer = imap.run(grantable).await?.ok()?;
    let optional = answer.first(|response| match response {
        Response::ListRights(rights) if rights.identifier == kim => Some(rights.optional.len()),
        _ => None,
    });
    ensure(optional.is_some_and(|count| count > 5), || format!("{:?}", answer.responses))?;
    imap.run(DeleteAcl { mailbox: mailbox.clone(), identifier: kim.clone() }).await?.ok()?;
    same("rights", &rights_of(&mut imap, &mailbox, &kim).await?, &None)
}

async fn rights_of(
    imap: &mut crate::client::Imap,
    mailbox: &MailboxName,
    who: &str,
) -> Result<Option<Rights>, Why> {
    let answer = imap.run(GetAcl(mailbox.clone())).await?.ok()?;
    let entries = answer.first(|response| match response {
        Response::Acl(acl) if acl.mailbox == *mailbox => Some(acl.entries.clone()),
        _ => None,
    });
    let entries = entries.ok_or_else(|| Why::Failed(format!("{:?}", answer.responses)))?;
    Ok(entries.into_iter().find(|(identifier, _)| identifier == who).map(|(_, rights)| rights))
}

async fn metadata(stage: &Stage<'_>) -> Verdict {
    const ENTRY: &str = "/private/comment";
    let mailbox = stage.mailbox("noted", [])?;
    let mut imap = stage.signed_in().await?;
    let note = "two\r\nlines, \"quoted\", gr\u{fc}n".as_bytes().to_vec();
    for value in [Some(note), None] {
        let values = vec![(ENTRY.to_owned(), value.clone())];
        imap.run(SetMetadata { mailbox: mailbox.clone(), values }).await?.ok()?;
        let entries = vec![ENTRY.to_owned()];
        let get = GetMetadata { mailbox: mailbox.clone(), entries, depth: Depth::Zero, max_size: None };
        let answer = imap.run(get).await?.ok()?;
        let found = answer.first(|response| match response {
            Response::Metadata(name, Metadata::Values(values)) if *name == mailbox => values.first().cloned(),
            _ => None,
        });
        same("value", &found, &Some((ENTRY.to_owned(), value)))?;
    }
    Ok(())
}
