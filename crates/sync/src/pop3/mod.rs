//! One signed-in POP3 connection.

use crate::account::{Desk, Ended};
use crate::driver::Session;
use crate::login::ConnectionOf;
use crate::{Clock, Platform};
use waypost_wire::Duration;

/// Collects what is new.
pub(crate) async fn collect<P: Platform>(
    desk: &mut Desk<P>,
    session: Session<waypost_pop3::Client, ConnectionOf<P>>,
) -> Ended {
    drop(session);
    desk.came_online();
    Ended::Until(desk.shared().platform.clock().now() + Duration::from_secs(300))
}
