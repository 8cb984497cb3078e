//! Prints size and unique id of the messages of a maildrop.
//! `PASSWORD=... cargo run -p waypost-native --example pop3_list -- HOST PORT USER CA.pem|-`

#![expect(clippy::print_stdout, reason = "an example prints")]

mod maildrop;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut client, _) = maildrop::sign_in().await?;
    let ids = client.uidl().await?;
    for (number, octets) in client.list().await? {
        let id = ids.iter().find(|(of, _)| *of == number).map(|(_, id)| id.as_str());
        println!("{number} {octets} {}", id.unwrap_or("-"));
    }
    client.quit().await?;
    Ok(())
}
