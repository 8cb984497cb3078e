//! A server in this process that follows a script.

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

/// Serves one connection: greets with the first line, answers each command with the next, and hangs up after the last. `{tag}` stands for
/// the first word of a command, whatever it is.
pub(crate) async fn server(answers: &'static [(&'static str, &'static str)]) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let (reading, mut writing) = stream.split();
        let mut lines = BufReader::new(reading).lines();
        let mut tag = String::new();
        for (command, answer) in answers {
            if !command.is_empty() {
                let line = lines.next_line().await.expect("it reads").unwrap_or_default();
                if command.starts_with("{tag}") {
                    tag = line.split(' ').next().unwrap_or_default().to_owned();
                }
                assert_eq!(line, command.replace("{tag}", &tag));
            }
            writing.write_all(answer.replace("{tag}", &tag).as_bytes()).await.expect("it writes");
        }
    });
    port
}
