//! Waiting until a folder is in step with its server.

use crate::support::{Device, first_page, local, settings, signed_in};
use std::time::Duration;
use waypost_store::{Protocol, Security};
use waypost_testkit::script::ScriptedServer;

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_folder_hears_when_it_is_in_step_and_not_before() {
    let page = first_page(&[(5, "", "One"), (9, "\\Seen", "Two")]);
    let script =
        signed_in(2, 7, &format!("HOLD list\n{page}\nC: {{e}} IDLE\nS: + idling\nC: DONE\nS: {{e}} OK"));
    let server = ScriptedServer::new().then(script);
    local(async {
        let device = Device::start(&server);
        let account = device.add(settings(Protocol::Imap, Security::Tls)).await.expect("signs in");
        let known = device.engine.find_account(settings(Protocol::Imap, Security::Tls)).await.expect("reads");
        assert_eq!(known.map(|record| record.id), Some(account));
        let early = tokio::time::timeout(Duration::from_secs(5), device.engine.synchronise(account, 1)).await;
        assert!(early.is_err(), "its list has not come");
        let waiting = device.engine.synchronise(account, 1);
        server.release("list");
        assert_eq!(waiting.await, Ok(()));
        assert_eq!(device.inbox().await.len(), 2);
        device.engine.sign_out(account).await.expect("signs out");
        let refused = device.engine.synchronise(account, 1).await.expect_err("nobody is signed in");
        assert_eq!(refused.code, "signed-out");
        let missing = device.engine.synchronise(account, 99).await.expect_err("there is no such folder");
        assert_eq!(missing.code, "mailbox-not-found");
    })
    .await;
}
