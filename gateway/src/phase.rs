//! Where the gateway is in its life, told to every connection.

use tokio::sync::watch;

/// It only moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Everything is served.
    Serving,
    /// Nothing new is taken; clients are asked to move their tunnels elsewhere.
    Draining,
    /// What is still there is ended.
    Ending,
}

/// Ready once this phase or a later one is reached, or when the gateway is gone.
pub(crate) async fn reached(phases: &mut watch::Receiver<Phase>, phase: Phase) {
    let _ = phases.wait_for(|now| *now >= phase).await;
}
