//! Prints subject and size of the messages of INBOX as they arrive, then the first one whole.
//! `PASSWORD=... cargo run -p waypost-native --example fetch -- HOST PORT USER CA.pem|-`

#![expect(clippy::print_stdout, reason = "an example prints")]

mod account;

use waypost_native::imap::FetchItem;
use waypost_native::imap::types::{Section, SequenceSet};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut client, _) = account::sign_in().await?;
    client.select("INBOX").await?;
    let all = SequenceSet::from_number(1).ok_or("1 is a number")?;
    let mut rows = client.fetch(all, vec![FetchItem::Envelope, FetchItem::Size]).await?;
    let mut first = None;
    while let Some(row) = rows.next().await? {
        let subject = row.fetched.envelope().and_then(|envelope| envelope.subject()).unwrap_or_default();
        println!("{} {}", row.fetched.size.unwrap_or_default(), String::from_utf8_lossy(&subject));
        first = first.or(row.fetched.uid);
    }
    drop(rows);
    if let Some(uid) = first {
        client.download(uid, Section::default(), &mut tokio::io::stdout()).await?;
    }
    client.logout().await?;
    Ok(())
}
