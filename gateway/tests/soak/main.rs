//! Opens, stalls and kills at random for `SOAK_SECONDS` (10 here; `make soak-gateway` takes ten minutes): after each
//! round the gateway has given back all that it held for its clients. `SOAK_SEED` repeats what an earlier run chose.
//!
//! A test of its own: tasks, open files and memory of the whole process are counted.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod chaos;
#[path = "../gateway/support/numbers.rs"]
mod numbers;
#[path = "../gateway/support/serve.rs"]
mod serve;

use chaos::{Chance, Place};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use waypost_gateway::Config;

/// Clients at once in a round.
const CLIENTS: usize = 60;
/// In the first rounds caches and the allocator's arenas grow to their size.
const WARM_UP: usize = 10;
/// How much more memory there may be afterwards. What allocators keep differs by less; a leak of 2 KiB in each
/// connection passes it within thirty rounds.
const SLACK_KIB: u64 = 4 * 1024;

#[test]
fn nothing_grows_while_clients_open_stall_and_are_killed_at_random() {
    let number = |name, default| {
        std::env::var(name).ok().map_or(default, |text| text.parse::<u64>().expect("a number"))
    };
    let lasting = Duration::from_secs(number("SOAK_SECONDS", 10));
    let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let seed = number("SOAK_SEED", time.as_secs());
    println!("SOAK_SEED={seed}");
    let (gateways, clients) = (runtime(), runtime());
    let memory = clients.block_on(soak(gateways.handle(), seed, lasting));
    let before = memory.iter().take(WARM_UP).max().copied().unwrap();
    let after = memory.iter().skip(WARM_UP).min().copied().unwrap();
    println!("{} rounds of {CLIENTS} clients; {before} KiB in the first, {after} KiB later", memory.len());
    let last = memory.iter().rev().take(WARM_UP).min().copied().unwrap();
    assert!(last <= before + SLACK_KIB, "SOAK_SEED={seed}: memory grows: {memory:?}");
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Gives the memory after each round.
async fn soak(gateways: &Handle, seed: u64, lasting: Duration) -> Vec<u64> {
    let mail = chaos::mail_servers().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let place = Place { address: listener.local_addr().unwrap(), mail };
    let config = Config::parse(&chaos::configuration(&mail)).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let gateway = gateways.spawn(async move {
        let stop = async {
            let _ = stopped.await;
        };
        waypost_gateway::run(config, TcpListener::from_std(listener).unwrap(), stop).await.unwrap();
    });
    let mut chance = Chance::new(seed);
    // The mail servers' files are counted too, and they end with the clients.
    let idle = (1, open_files());
    let (start, mut memory) = (Instant::now(), Vec::new());
    while start.elapsed() < lasting || memory.len() < 2 * WARM_UP {
        let seen = round(place, &mut chance).await;
        assert!(seen.len() > 4, "a round does many things: {seen:?}");
        settle(gateways, idle).await;
        memory.push(resident_kib());
    }
    stop.send(()).unwrap();
    timeout(Duration::from_secs(20), gateway).await.expect("the gateway ends").unwrap();
    memory
}

async fn round(place: Place, chance: &mut Chance) -> BTreeMap<&'static str, usize> {
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(chaos::client(place, chance.fork()));
    }
    let mut seen = BTreeMap::new();
    while let Some(what) = timeout(Duration::from_secs(60), clients.join_next()).await.expect("clients end") {
        *seen.entry(what.unwrap()).or_default() += 1;
    }
    seen
}

/// Waits until the gateway has no more tasks and the process no more open files than in the beginning.
async fn settle(gateways: &Handle, idle: (usize, usize)) {
    let start = Instant::now();
    loop {
        let now = (gateways.metrics().num_alive_tasks(), open_files());
        if now.0 <= idle.0 && now.1 <= idle.1 {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "tasks and files stay: {now:?} and not {idle:?}");
        // Nothing tells when a task of another runtime has ended.
        sleep(Duration::from_millis(5)).await;
    }
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
