//! Lists of messages: each is read from the order that it is sorted by, and no longer in a long folder than in a short one.

use crate::orders::{Which, order_key};
use crate::records::{self, Answers, mailbox_key};
use crate::threads::Threads;
use serde::{Deserialize, Serialize};
use waypost_store::{
    Directory, Entry, Key, MessageId, Order, OrderedMap, Page, Read, RowGroup, Store, StoreError, Table,
};

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum ListOrder {
    /// By date.
    #[default]
    Date,
    /// By sender, then date.
    Sender,
    /// By subject without the marks of replies, then date.
    Subject,
    /// By size, then date.
    Size,
    /// The newest message of each thread, by date.
    Thread,
}

/// Which messages a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum ListFilter {
    /// All.
    #[default]
    All,
    /// Those without `\Seen`; by date.
    Unread,
    /// Those with `\Flagged`; by date.
    Flagged,
}

/// A part of a list. What is left out has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListQuery {
    /// What it is sorted by. Default: `date`.
    pub order: ListOrder,
    /// The last first. Default: true.
    pub descending: bool,
    /// Which messages it has. Unread and flagged ones are sorted by date only. Default: `all`.
    pub filter: ListFilter,
    /// Where an earlier part ended: its `next`.
    pub after: Option<String>,
    /// At most so many rows; 1,000 are the most. Default: 50.
    pub limit: u32,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self { order: ListOrder::Date, descending: true, filter: ListFilter::All, after: None, limit: 50 }
    }
}

/// The answer to a [`ListQuery`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// The rows, JSON octets each, as they are stored.
    pub rows: Vec<Vec<u8>>,
    /// How many the whole list has.
    pub total: u32,
    /// Names the place from which the list goes on; `None` at its end.
    pub next: Option<String>,
}

/// The order that answers a query, and the place behind which it begins. The error says what is wrong with the query.
pub(crate) fn place(query: &ListQuery) -> Result<(Order, Option<Entry>), &'static str> {
    let order = match (query.filter, query.order) {
        (ListFilter::All, ListOrder::Date) => Order::Date,
        (ListFilter::All, ListOrder::Sender) => Order::Sender,
        (ListFilter::All, ListOrder::Subject) => Order::Subject,
        (ListFilter::All, ListOrder::Size) => Order::Size,
        (ListFilter::All, ListOrder::Thread) => Order::Thread,
        (ListFilter::Unread, ListOrder::Date) => Order::Unread,
        (ListFilter::Flagged, ListOrder::Date) => Order::Flagged,
        (ListFilter::Unread | ListFilter::Flagged, _) => {
            return Err("unread and flagged messages are listed by date only");
        }
    };
    let after = query.after.as_deref().map(|after| Entry::of_cursor(after).ok_or("the place names none"));
    Ok((order, after.transpose()?))
}

/// A part of a list of a folder.
pub(crate) async fn list<S: Store>(
    store: &S,
    (account, mailbox, uidvalidity): (u32, u32, u32),
    order: Order,
    after: Option<Entry>,
    query: &ListQuery,
) -> Result<List, StoreError> {
    let limit = query.limit.clamp(1, MOST_ROWS) as usize;
    let reader = Reader { store, account, which: (mailbox, order) };
    let (directory, entries) = reader.entries(after, query.descending, limit).await?;
    let ids: Vec<MessageId> =
        entries.iter().map(|entry| MessageId { account, mailbox, uidvalidity, uid: entry.value() }).collect();
    let rows = records::row_octets(store, &ids).await?.into_iter().flatten().collect();
    let next = entries.last().filter(|_| entries.len() == limit).map(Entry::to_cursor);
    Ok(List { rows, total: directory.total(), next })
}

/// Reads an order from some place on.
struct Reader<'a, S> {
    store: &'a S,
    account: u32,
    which: Which,
}

impl<S: Store> Reader<'_, S> {
    async fn entries(
        &self,
        after: Option<Entry>,
        descending: bool,
        limit: usize,
    ) -> Result<(Directory, Vec<Entry>), StoreError> {
        let mut answers = Answers::of(self.store, vec![self.get(0)]).await?;
        let directory = Directory::parse(answers.octets().as_deref())?;
        let mut place = match &after {
            Some(after) => directory.place_of(after),
            None if descending => directory.places() - 1,
            None => 0,
        };
        let beyond = |entry: &Entry| {
            after.as_ref().is_none_or(|after| if descending { entry < after } else { entry > after })
        };
        let mut found: Vec<Entry> = Vec::new();
        loop {
            let pages = self.pages(&directory.pages_at(place)).await?;
            let entries = directory.entries_at(place, &pages).into_iter().filter(beyond);
            let left = limit - found.len();
            match descending {
                true => found.extend(entries.collect::<Vec<_>>().into_iter().rev().take(left)),
                false => found.extend(entries.take(left)),
            }
            let end = if descending { place == 0 } else { place + 1 >= directory.places() };
            if end || found.len() >= limit {
                return Ok((directory, found));
            }
            place = if descending { place - 1 } else { place + 1 };
        }
    }

    async fn pages(&self, numbers: &[u32]) -> Result<OrderedMap<u32, Page>, StoreError> {
        let mut answers =
            Answers::of(self.store, numbers.iter().map(|page| self.get(*page)).collect()).await?;
        let mut page = |number: &u32| {
            let octets = answers.octets().ok_or(StoreError::Damaged(Table::Orders.name()))?;
            Ok((*number, Page::parse(&octets)?))
        };
        numbers.iter().map(&mut page).collect()
    }

    fn get(&self, page: u32) -> Read {
        Read::Get(Table::Orders, order_key(self.account, self.which, page.into()))
    }
}

/// Rows of a folder by UID, the highest first.
pub(crate) async fn newest<S: Store>(
    store: &S,
    account: u32,
    mailbox: u32,
    before: Option<MessageId>,
    limit: u32,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let limit = limit as usize;
    let mut after = before.map(|id| {
        // The group of that message is read too.
        let group = u64::from(RowGroup::number_of(id.uid)) + 1;
        Key::numbers(&[account.into(), mailbox.into(), id.uidvalidity.into(), group])
    });
    let mut rows = Vec::new();
    loop {
        let groups = u32::try_from((limit - rows.len()).div_ceil(1 << waypost_store::GROUP_BITS));
        let read = Read::Prefix {
            table: Table::Rows,
            prefix: mailbox_key(account, mailbox),
            after: after.take(),
            descending: true,
            limit: Some(groups.unwrap_or(u32::MAX).saturating_add(1)),
        };
        let entries = records::entries(store, read).await?;
        for entry in &entries {
            let group = records::group(entry)?;
            let below = |uid: &u32| before.is_none_or(|id| *uid < id.uid);
            rows.extend(group.rows().rev().filter(|(uid, _)| below(uid)).map(|(_, row)| row.to_vec()));
        }
        rows.truncate(limit);
        match entries.into_iter().next_back() {
            Some((last, _)) if rows.len() < limit => after = Some(last),
            _ => return Ok(rows),
        }
    }
}

/// The rows of a thread, oldest first.
pub(crate) async fn thread<S: Store>(
    store: &S,
    account: u32,
    thread: u32,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut members: Vec<_> = Threads::members(store, account, thread).await?.into_iter().collect();
    members.sort_by_key(|member| (member.date, member.mailbox, member.uid));
    let ids: Vec<MessageId> = members
        .into_iter()
        .map(|member| MessageId {
            account,
            mailbox: member.mailbox,
            uidvalidity: member.uidvalidity,
            uid: member.uid,
        })
        .collect();
    Ok(records::row_octets(store, &ids).await?.into_iter().flatten().collect())
}

/// More rows than this are no part of a list.
const MOST_ROWS: u32 = 1000;
