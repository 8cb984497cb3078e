//! What was found, for a while. Local parts are not in it.

use super::question::{Domain, Question};
use super::setting::Findings;
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Keeps findings. Nothing is kept longer than [`FOUND`].
#[derive(Debug, Default)]
pub(crate) struct Cache {
    kept: Mutex<HashMap<Key, (Instant, Arc<Findings>)>>,
    /// Its keys are random and stay in this process.
    hasher: RandomState,
}

/// A configuration server may answer each person differently, so what one was told is for that one only. Of the person
/// only a keyed number is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    domain: Domain,
    person: Option<u64>,
}

impl Cache {
    pub(crate) fn find(&self, question: &Question, now: Instant) -> Option<Arc<Findings>> {
        let kept = self.lock();
        let (until, findings) = kept.get(&self.key(question))?;
        (now < *until).then(|| Arc::clone(findings))
    }

    pub(crate) fn keep(&self, question: &Question, findings: &Arc<Findings>, now: Instant) {
        let time = if findings.settings.is_empty() { NOTHING_FOUND } else { FOUND };
        let key = self.key(question);
        let mut kept = self.lock();
        if kept.len() >= MOST && !kept.contains_key(&key) {
            kept.retain(|_, (until, _)| now < *until);
            let oldest = kept.iter().min_by_key(|(_, (until, _))| *until).map(|(key, _)| key.clone());
            if kept.len() >= MOST
                && let Some(oldest) = oldest
            {
                kept.remove(&oldest);
            }
        }
        kept.insert(key, (now + time, Arc::clone(findings)));
    }

    fn key(&self, question: &Question) -> Key {
        Key {
            domain: question.domain.clone(),
            person: question.local.as_ref().map(|local| self.hasher.hash_one(local)),
        }
    }

    /// Nothing that holds the lock can panic half way.
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, (Instant, Arc<Findings>)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Settings of a provider change once in years; who moves looks a second time within the hour.
const FOUND: Duration = Duration::from_secs(60 * 60);
/// Who corrects records wants to see it; and a name server that failed is back.
const NOTHING_FOUND: Duration = Duration::from_secs(60);
/// Each takes at most about 10 KiB.
const MOST: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::setting::{Protocol, Security, Setting, Source};

    fn question(domain: &str, local: &str) -> Question {
        let json = if local.is_empty() {
            format!(r#"{{"domain":"{domain}"}}"#)
        } else {
            format!(r#"{{"domain":"{domain}","address":"{local}@{domain}"}}"#)
        };
        Question::parse(json.as_bytes()).unwrap()
    }

    fn found() -> Arc<Findings> {
        let setting = Setting {
            protocol: Protocol::Imap,
            host: "imap.example.org".to_owned(),
            port: 993,
            tls: Security::Implicit,
            username: None,
            source: Source::Srv,
        };
        Arc::new(Findings { settings: vec![setting], outcomes: vec![] })
    }

    #[test]
    fn what_was_found_is_kept_longer_than_that_nothing_was() {
        let (cache, now) = (Cache::default(), Instant::now());
        let (some, none) = (question("some.example", ""), question("none.example", ""));
        cache.keep(&some, &found(), now);
        cache.keep(&none, &Arc::default(), now);
        let just_before = |time| now + time - Duration::from_nanos(1);
        assert!(cache.find(&none, just_before(NOTHING_FOUND)).is_some());
        assert!(cache.find(&none, now + NOTHING_FOUND).is_none());
        assert_eq!(cache.find(&some, just_before(FOUND)), Some(found()));
        assert!(cache.find(&some, now + FOUND).is_none());
    }

    #[test]
    fn what_one_person_was_told_is_for_that_one_only_and_names_nobody() {
        let (cache, now) = (Cache::default(), Instant::now());
        cache.keep(&question("example.org", "kim-secret"), &found(), now);
        assert!(cache.find(&question("example.org", "kim-secret"), now).is_some());
        assert!(cache.find(&question("example.org", "lee"), now).is_none());
        assert!(cache.find(&question("example.org", ""), now).is_none());
        assert!(!format!("{cache:?}").contains("secret"));
    }

    #[test]
    fn the_number_kept_is_bounded_and_the_oldest_goes() {
        let (cache, now) = (Cache::default(), Instant::now());
        for number in 0..MOST as u64 + 3 {
            let question = question(&format!("d{number}.example"), "");
            cache.keep(&question, &found(), now + Duration::from_millis(number));
        }
        assert_eq!(cache.lock().len(), MOST);
        assert!(cache.find(&question("d2.example", ""), now).is_none());
        assert!(cache.find(&question("d3.example", ""), now).is_some());
    }
}
