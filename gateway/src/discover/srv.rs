//! SRV records of mail servers (RFC 6186, RFC 8314, 5.1), in the order of RFC 2782.

use super::setting::{self, Protocol, Security, Setting, Source};

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) priority: u16,
    pub(crate) weight: u16,
    pub(crate) port: u16,
    /// `.` says that the service is not offered.
    pub(crate) target: String,
}

/// A service that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    protocol: Protocol,
    tls: Security,
}

/// TLS from the first octet before TLS on request (RFC 8314, 3).
pub(crate) const SERVICES: [Service; 6] = [
    Service { name: "_imaps", protocol: Protocol::Imap, tls: Security::Implicit },
    Service { name: "_imap", protocol: Protocol::Imap, tls: Security::StartTls },
    Service { name: "_pop3s", protocol: Protocol::Pop3, tls: Security::Implicit },
    Service { name: "_pop3", protocol: Protocol::Pop3, tls: Security::StartTls },
    Service { name: "_submissions", protocol: Protocol::Smtp, tls: Security::Implicit },
    Service { name: "_submission", protocol: Protocol::Smtp, tls: Security::StartTls },
];

/// What the records of a domain say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) settings: Vec<Setting>,
    /// Protocols that the domain says it does not offer: nothing is guessed for them.
    pub(crate) not_offered: Vec<Protocol>,
    /// POP3 has the lower priority, so the domain prefers it to IMAP (RFC 6186, 3.4).
    pub(crate) prefers_pop3: bool,
}

/// Reads the records of all services. `random` gives a number from 0 to the one that it gets.
pub(crate) fn read(found: Vec<(Service, Vec<Record>)>, mut random: impl FnMut(u32) -> u32) -> Said {
    let mut said = Said::default();
    let mut best = [None::<u16>; 2];
    for (service, records) in found {
        if records.iter().any(|record| record.target == ".") {
            said.not_offered.push(service.protocol);
        }
        for record in order(records, &mut random).into_iter().take(MOST_SERVERS) {
            let Some(host) = setting::host(&record.target).filter(|_| record.port != 0) else { continue };
            let place = match service.protocol {
                Protocol::Imap => Some(0),
                Protocol::Pop3 => Some(1),
                Protocol::Smtp => None,
            };
            if let Some(known) = place.and_then(|place: usize| best.get_mut(place)) {
                *known = Some(known.map_or(record.priority, |known| known.min(record.priority)));
            }
            said.settings.push(Setting {
                protocol: service.protocol,
                host,
                port: record.port,
                tls: service.tls,
                username: None,
                source: Source::Srv,
            });
        }
    }
    said.not_offered.retain(|protocol| !said.settings.iter().any(|setting| setting.protocol == *protocol));
    said.prefers_pop3 = matches!(best, [Some(imap), Some(pop3)] if pop3 < imap);
    said
}

/// RFC 2782, "Usage rules": the lowest priority first; within one, at random by weight.
fn order(mut records: Vec<Record>, random: &mut impl FnMut(u32) -> u32) -> Vec<Record> {
    // Those without weight first, so that they have a small chance too.
    records.sort_by_key(|record| (record.priority, record.weight != 0));
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.first().map(|record| record.priority) {
        let rivals = records.iter().take_while(|record| record.priority == priority);
        let sum = rivals.clone().map(|record| u32::from(record.weight)).sum();
        let drawn = random(sum);
        let mut running = 0;
        let chosen = rivals.map(|record| u32::from(record.weight)).position(|weight| {
            running += weight;
            running >= drawn
        });
        ordered.push(records.remove(chosen.unwrap_or(0)));
    }
    ordered
}

/// Of one service. A person tries one, perhaps two.
const MOST_SERVERS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn record(priority: u16, weight: u16, target: &str) -> Record {
        Record { priority, weight, port: 993, target: target.to_owned() }
    }

    fn names(records: Vec<Record>, random: impl FnMut(u32) -> u32) -> Vec<String> {
        let mut random = random;
        order(records, &mut random).into_iter().map(|record| record.target).collect()
    }

    #[test]
    fn rfc_2782_lower_priorities_come_first_whatever_their_weight() {
        let records = vec![record(20, 0, "c"), record(0, 9, "a"), record(10, 5, "b")];
        assert_eq!(names(records, |sum| sum), ["a", "b", "c"]);
    }

    #[test]
    fn rfc_2782_within_a_priority_the_weight_decides_and_no_weight_comes_first_in_the_sum() {
        let records = || vec![record(1, 60, "large"), record(1, 0, "none"), record(1, 40, "small")];
        assert_eq!(names(records(), |_| 0)[0], "none");
        assert_eq!(names(records(), |_| 1)[0], "large");
        assert_eq!(names(records(), |_| 60)[0], "large");
        assert_eq!(names(records(), |_| 61)[0], "small");
        assert_eq!(names(records(), |sum| sum)[0], "small");
        let mut sums = Vec::new();
        let all = names(records(), |sum| {
            sums.push(sum);
            sum
        });
        assert_eq!((all, sums), (vec!["small".into(), "large".into(), "none".into()], vec![100, 60, 0]));
    }

    #[test]
    fn many_heavy_records_neither_overflow_nor_get_lost() {
        let records: Vec<Record> = (0..300).map(|_| record(0, u16::MAX, "a")).collect();
        assert_eq!(names(records, |sum| sum).len(), 300);
    }

    fn service(name: &str) -> Service {
        *SERVICES.iter().find(|service| service.name == name).unwrap()
    }

    #[test]
    fn rfc_6186_a_target_of_a_dot_is_not_offered() {
        let said = read(
            vec![
                (service("_imaps"), vec![record(0, 1, "IMAP.example.org.")]),
                (service("_imap"), vec![record(0, 0, ".")]),
                (service("_pop3s"), vec![record(0, 0, ".")]),
                (service("_pop3"), vec![]),
            ],
            |sum| sum,
        );
        assert_eq!(said.settings.len(), 1);
        assert_eq!(
            (said.settings[0].host.as_str(), said.settings[0].tls),
            ("imap.example.org", Security::Implicit)
        );
        assert_eq!(said.not_offered, [Protocol::Pop3], "IMAP is, with TLS");
    }

    #[test]
    fn rfc_6186_the_lower_priority_says_whether_pop3_is_preferred() {
        let of = |imap, pop3| {
            let found = vec![
                (service("_imaps"), vec![record(imap, 0, "a.example")]),
                (service("_pop3s"), vec![record(pop3, 0, "a.example")]),
            ];
            read(found, |sum| sum).prefers_pop3
        };
        assert!(of(20, 10));
        assert!(!of(10, 10) && !of(10, 20));
    }

    #[test]
    fn targets_that_are_no_names_and_port_0_are_left_out() {
        let mut none = record(0, 0, "a.example");
        none.port = 0;
        let wrong = vec![
            none,
            record(0, 0, "127.0.0.1."),
            record(0, 0, "localhost."),
            record(0, 0, "a b.example"),
            record(0, 0, ""),
        ];
        assert_eq!(read(vec![(service("_imaps"), wrong)], |sum| sum).settings, []);
    }
}
