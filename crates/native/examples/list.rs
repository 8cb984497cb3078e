//! Prints the mailboxes of an account.
//! `PASSWORD=... cargo run -p waypost-native --example list -- HOST PORT USER CA.pem|-`

#![expect(clippy::print_stdout, reason = "an example prints")]

mod account;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut client, _) = account::sign_in().await?;
    for mailbox in client.list("*").await? {
        println!("{} {:?}", mailbox.name.as_str(), mailbox.attributes);
    }
    client.logout().await?;
    Ok(())
}
