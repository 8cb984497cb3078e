//! What clients and tokens have of the gateway: tunnels, new tunnels, octets.

use crate::access::Pass;
use crate::config::Limits;
use crate::policy::Denial;
use crate::policy::count::{Counter, Place, subscriber};
use crate::policy::rate::{Bucket, Buckets, Pace, Shared};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::{Duration, Instant};
use waypost_tunnel::ErrorCode;

/// Shares of all that is limited. A new configuration takes them over.
#[derive(Debug)]
pub(crate) struct Shares {
    tunnels: Counter,
    tunnels_of_token: Counter<String>,
    new: Option<Shared>,
    new_of_client: Arc<Buckets<IpAddr>>,
    new_of_token: Arc<Buckets<String>>,
    octets: Option<Shared>,
    octets_of_client: Arc<Buckets<IpAddr>>,
    octets_of_token: Arc<Buckets<String>>,
}

/// A tunnel's share, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    _place: Place,
}

/// What a tunnel has for its token, given back when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct TokenShare {
    _place: Option<Place<String>>,
    /// How fast the tunnel may carry.
    pub(crate) pace: Pace,
}

impl Shares {
    pub(crate) fn new(limits: &Limits) -> Self {
        let now = Instant::now();
        let one = |rate: u32, per: Duration| {
            (rate > 0).then(|| Arc::new(Mutex::new(Bucket::new(every(rate, per), per, now))))
        };
        Self {
            tunnels: Counter::new(limits.tunnels, limits.tunnels_per_client),
            tunnels_of_token: Counter::new(u32::MAX, limits.tunnels_per_token),
            new: one(limits.new_tunnels_per_minute, MINUTE),
            new_of_client: Arc::new(Buckets::new(MINUTE)),
            new_of_token: Arc::new(Buckets::new(MINUTE)),
            octets: one(limits.octets_per_second, SECOND),
            octets_of_client: Arc::new(Buckets::new(SECOND)),
            octets_of_token: Arc::new(Buckets::new(SECOND)),
        }
    }

    /// The same under other limits. What is counted stays counted.
    pub(crate) fn with_limits(&self, limits: &Limits) -> Self {
        Self {
            tunnels: self.tunnels.with_limits(limits.tunnels, limits.tunnels_per_client),
            tunnels_of_token: self.tunnels_of_token.with_limits(u32::MAX, limits.tunnels_per_token),
            new_of_client: Arc::clone(&self.new_of_client),
            new_of_token: Arc::clone(&self.new_of_token),
            octets_of_client: Arc::clone(&self.octets_of_client),
            octets_of_token: Arc::clone(&self.octets_of_token),
            ..Self::new(limits)
        }
    }

    /// A place for a tunnel of this client.
    pub(crate) fn enter(&self, client: IpAddr, limits: &Limits) -> Result<Share, Denial> {
        let now = Instant::now();
        let place = self
            .tunnels
            .take(client)
            .ok_or_else(|| too_many("limits.tunnels or limits.tunnels_per_client"))?;
        let of_client = limits.new_tunnels_per_minute_per_client;
        if of_client > 0 {
            let bucket = self.new_of_client.of(subscriber(client), every(of_client, MINUTE), now);
            take_one(&bucket, now, "limits.new_tunnels_per_minute_per_client")?;
        }
        if let Some(bucket) = &self.new {
            take_one(bucket, now, "limits.new_tunnels_per_minute")?;
        }
        Ok(Share { _place: place })
    }

    /// What a tunnel of this client has once its token is known.
    pub(crate) fn admit(&self, client: IpAddr, pass: &Pass, limits: &Limits) -> Result<TokenShare, Denial> {
        let (now, grant) = (Instant::now(), &pass.grant);
        let mut buckets: Vec<Shared> = self.octets.iter().cloned().collect();
        let of_client = limits.octets_per_second_per_client;
        if of_client > 0 {
            buckets.push(self.octets_of_client.of(subscriber(client), every(of_client, SECOND), now));
        }
        let Some(holder) = &pass.holder else {
            return Ok(TokenShare { _place: None, pace: Pace::new(buckets) });
        };
        let most = limits.tunnels_per_token.min(grant.tunnels.unwrap_or(u32::MAX));
        let place = self
            .tunnels_of_token
            .take_up_to(holder.clone(), most)
            .ok_or_else(|| too_many("limits.tunnels_per_token, or tunnels of the grant"))?;
        if let Some(rate) = stricter(limits.new_tunnels_per_minute_per_token, grant.new_tunnels_per_minute) {
            let bucket = self.new_of_token.of(holder.clone(), every(rate, MINUTE), now);
            take_one(&bucket, now, "limits.new_tunnels_per_minute_per_token, or that of the grant")?;
        }
        if let Some(rate) = stricter(limits.octets_per_second_per_token, grant.octets_per_second) {
            buckets.push(self.octets_of_token.of(holder.clone(), every(rate, SECOND), now));
        }
        Ok(TokenShare { _place: Some(place), pace: Pace::new(buckets) })
    }
}

/// The smaller of two rates, of which 0 is none.
fn stricter(limit: u32, grant: Option<u32>) -> Option<u32> {
    match (limit, grant) {
        (0, grant) => grant,
        (limit, grant) => Some(limit.min(grant.unwrap_or(u32::MAX))),
    }
}

fn every(rate: u32, per: Duration) -> f64 {
    f64::from(rate) / per.as_secs_f64()
}

fn take_one(bucket: &Shared, now: Instant, limit: &str) -> Result<(), Denial> {
    if bucket.lock().unwrap_or_else(PoisonError::into_inner).take_one(now) {
        return Ok(());
    }
    Err(Denial::new(
        ErrorCode::TooManyTunnels,
        "The gateway was asked for too many connections in a short time. The app tries again in a while.",
        limit,
    ))
}

fn too_many(limit: &str) -> Denial {
    Denial::new(
        ErrorCode::TooManyTunnels,
        "The gateway has too many connections open. Close other windows of the app, or try again later.",
        limit,
    )
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
