//! Two gateways behind a real HAProxy, and two thousand tunnels: one gateway is drained, started again, and killed.
//!
//! A test of its own, because it takes most of the open files that a process may have.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod client;
#[path = "../gateway/support/installed.rs"]
mod installed;
mod machine;

use client::{Clients, Stay};
use installed::installed;
use machine::{Balancer, Instance, allow_files, mail_server};
use std::time::{Duration, Instant};

/// As the issue has it, and with fewer where the system allows fewer open files.
const TUNNELS: usize = 2000;
/// How soon clients are back. Where opening the tunnels took longer than that, all clients stand in line here: twice as long.
const BACK_WITHIN: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_of_a_drained_or_killed_gateway_are_back_on_the_other_and_nobody_else_notices() {
    let Some(program) = installed("haproxy") else { return };
    // Each tunnel takes two here, and two in the processes that have their own limits.
    let count = TUNNELS.min(allow_files(TUNNELS as u64 * 3) / 3);
    let port = mail_server().await;
    let folder = tempfile::tempdir().unwrap();
    let mut first = Instance::start(folder.path(), "first", port).await;
    let mut second = Instance::start(folder.path(), "second", port).await;
    let balancer = Balancer::start(&program, folder.path(), &[&first, &second]).await;
    balancer.sees(&["first", "second"]).await;

    let start = Instant::now();
    let mut clients = Clients::new(balancer.address, port);
    clients.open(count).await;
    let slow = start.elapsed();
    let (on_first, on_second) = (clients.on("first").await, clients.on("second").await);
    assert!(on_first > count / 4 && on_second > count / 4, "{on_first} and {on_second}");

    // Drained: asked to move, and nobody is failed.
    first.signal("TERM");
    let stays = clients.settle(on_first).await;
    assert_eq!(clients.on("second").await, count);
    assert_eq!((stays.moved, stays.cut), (on_first, 0));
    assert!(stays.slowest < BACK_WITHIN.max(slow * 2), "{:?}, opening took {slow:?}", stays.slowest);
    assert!(first.ended().await, "it drained before its time was up");

    // Started again: new tunnels land on it.
    let first = Instance::start_at(folder.path(), "first", port, first.port).await;
    // Only this one: as long as it has fewer tunnels, everything goes to it.
    balancer.sees(&["first"]).await;
    clients.open(count / 5).await;
    let on_first = clients.on("first").await;
    assert!(on_first > count / 10, "{on_first} of {} new ones", count / 5);

    // Killed: cut, and back on the other.
    first.signal("KILL");
    let Stay { moved, cut, slowest } = clients.settle(on_first).await;
    assert_eq!((moved, cut), (0, on_first));
    assert!(slowest < BACK_WITHIN.max(slow * 2), "{slowest:?}, opening took {slow:?}");
    assert_eq!(clients.on("second").await, count + count / 5);
    // Every tunnel that is there works, and those that were on the second gateway are the ones of the beginning.
    assert_eq!(clients.echoes().await, count + count / 5);
    assert_eq!(clients.never_disturbed().await, count + count / 5 - stays.moved - cut);
    drop(clients);
    second.signal("TERM");
    assert!(second.ended().await);
}

#[tokio::test]
async fn the_stick_table_of_the_recipe_holds_a_limit_across_both_gateways() {
    let Some(program) = installed("haproxy") else { return };
    let port = mail_server().await;
    let folder = tempfile::tempdir().unwrap();
    let first = Instance::start(folder.path(), "first", port).await;
    let second = Instance::start(folder.path(), "second", port).await;
    let balancer = Balancer::limited(&program, folder.path(), &[&first, &second], 3).await;
    balancer.sees(&["first", "second"]).await;
    let mut clients = Clients::new(balancer.address, port);
    clients.open(3).await;
    assert!(clients.on("first").await > 0 && clients.on("second").await > 0);
    assert_eq!(client::refusal(balancer.address).await, 429);
}
