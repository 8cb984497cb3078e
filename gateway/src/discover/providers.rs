//! Large providers, from what they tell their customers publicly. For these nothing is looked up and nobody is asked.
//!
//! To add one: a row in [`PROVIDERS`]. `mx` are the hosts, or what they end with, to which domains of its customers point;
//! it is empty where customers' domains are served elsewhere or log in by another name.

use super::question::Domain;
use super::setting::{Miss, Protocol, Security, Setting, Source, Username};

/// A provider.
struct Provider {
    domains: &'static [&'static str],
    mx: &'static [&'static str],
    servers: &'static [Server],
}

struct Server {
    protocol: Protocol,
    host: &'static str,
    port: u16,
    tls: Security,
    username: Form,
}

#[derive(Clone, Copy)]
enum Form {
    Address,
    LocalPart,
}

/// The servers for a provider's own domain. `None` if it is nobody's here.
pub(crate) fn of_domain(domain: &Domain) -> Option<Result<Vec<Setting>, Miss>> {
    let provider = PROVIDERS.iter().find(|provider| provider.domains.contains(&domain.as_str()))?;
    Some(settings(provider, Source::Providers))
}

/// The servers for a domain whose mail goes to these hosts, the preferred one first.
pub(crate) fn of_mx(hosts: &[String]) -> Result<Vec<Setting>, Miss> {
    let host = hosts.first().ok_or(Miss::Nothing)?;
    let takes = |end: &str| host.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let provider =
        PROVIDERS.iter().find(|provider| provider.mx.iter().any(|end| takes(end))).ok_or(Miss::Nothing)?;
    settings(provider, Source::Mx)
}

fn settings(provider: &Provider, source: Source) -> Result<Vec<Setting>, Miss> {
    let settings: Vec<Setting> = provider.servers.iter().map(|server| setting(server, source)).collect();
    if settings.is_empty() { Err(Miss::Nothing) } else { Ok(settings) }
}

fn setting(server: &Server, source: Source) -> Setting {
    // In a domain of one's own only the whole address says which mailbox it is.
    let username = match (server.username, source) {
        (Form::LocalPart, Source::Providers) => Username::LocalPart,
        _ => Username::Address,
    };
    Setting {
        protocol: server.protocol,
        host: server.host.to_owned(),
        port: server.port,
        tls: server.tls,
        username: Some(username),
        source,
    }
}

const fn server(protocol: Protocol, host: &'static str, port: u16, tls: Security) -> Server {
    Server { protocol, host, port, tls, username: Form::Address }
}

const fn imap(host: &'static str) -> Server {
    server(Protocol::Imap, host, 993, Security::Implicit)
}

const fn pop3(host: &'static str) -> Server {
    server(Protocol::Pop3, host, 995, Security::Implicit)
}

const fn smtp(host: &'static str) -> Server {
    server(Protocol::Smtp, host, 465, Security::Implicit)
}

const fn submission(host: &'static str) -> Server {
    server(Protocol::Smtp, host, 587, Security::StartTls)
}

const fn by_local_part(server: Server) -> Server {
    Server { username: Form::LocalPart, ..server }
}

const PROVIDERS: &[Provider] = &[
    Provider {
        domains: &["gmail.com", "googlemail.com"],
        mx: &["google.com", "googlemail.com"],
        servers: &[imap("imap.gmail.com"), pop3("pop.gmail.com"), smtp("smtp.gmail.com")],
    },
    Provider {
        domains: &[
            "outlook.com",
            "outlook.at",
            "outlook.be",
            "outlook.de",
            "outlook.dk",
            "outlook.es",
            "outlook.fr",
            "outlook.ie",
            "outlook.it",
            "outlook.jp",
            "outlook.pt",
            "hotmail.com",
            "hotmail.be",
            "hotmail.ca",
            "hotmail.ch",
            "hotmail.co.jp",
            "hotmail.co.uk",
            "hotmail.com.br",
            "hotmail.de",
            "hotmail.dk",
            "hotmail.es",
            "hotmail.fr",
            "hotmail.it",
            "hotmail.nl",
            "hotmail.no",
            "hotmail.se",
            "live.com",
            "live.at",
            "live.be",
            "live.ca",
            "live.cn",
            "live.co.uk",
            "live.de",
            "live.dk",
            "live.fr",
            "live.ie",
            "live.it",
            "live.jp",
            "live.nl",
            "live.no",
            "live.se",
            "msn.com",
            "passport.com",
            "windowslive.com",
        ],
        mx: &["olc.protection.outlook.com"],
        servers: &[
            imap("outlook.office365.com"),
            pop3("outlook.office365.com"),
            submission("smtp-mail.outlook.com"),
        ],
    },
    Provider {
        domains: &[],
        mx: &["mail.protection.outlook.com", "mx.microsoft"],
        servers: &[
            imap("outlook.office365.com"),
            pop3("outlook.office365.com"),
            submission("smtp.office365.com"),
        ],
    },
    Provider {
        domains: &[
            "yahoo.com",
            "ymail.com",
            "rocketmail.com",
            "myyahoo.com",
            "yahoo.ca",
            "yahoo.co.id",
            "yahoo.co.in",
            "yahoo.co.nz",
            "yahoo.co.uk",
            "yahoo.com.ar",
            "yahoo.com.au",
            "yahoo.com.br",
            "yahoo.com.mx",
            "yahoo.com.ph",
            "yahoo.com.sg",
            "yahoo.com.tr",
            "yahoo.com.tw",
            "yahoo.de",
            "yahoo.dk",
            "yahoo.es",
            "yahoo.fr",
            "yahoo.gr",
            "yahoo.ie",
            "yahoo.in",
            "yahoo.it",
            "yahoo.no",
            "yahoo.pl",
            "yahoo.ro",
            "yahoo.se",
        ],
        mx: &[],
        servers: &[imap("imap.mail.yahoo.com"), pop3("pop.mail.yahoo.com"), smtp("smtp.mail.yahoo.com")],
    },
    Provider {
        domains: &["aol.com", "aim.com", "aol.de", "aol.fr", "aol.co.uk"],
        mx: &[],
        servers: &[imap("imap.aol.com"), pop3("pop.aol.com"), smtp("smtp.aol.com")],
    },
    // It has no POP3. The name before the @ is what Apple says to use for IMAP, the whole address for sending.
    Provider {
        domains: &["icloud.com", "me.com", "mac.com"],
        mx: &[],
        servers: &[by_local_part(imap("imap.mail.me.com")), submission("smtp.mail.me.com")],
    },
    Provider {
        domains: &[
            "gmx.net", "gmx.de", "gmx.at", "gmx.ch", "gmx.eu", "gmx.org", "gmx.info", "gmx.biz", "gmx.tm",
        ],
        mx: &[],
        servers: &[imap("imap.gmx.net"), pop3("pop.gmx.net"), smtp("mail.gmx.net")],
    },
    Provider {
        domains: &["gmx.com", "gmx.us", "gmx.co.uk", "gmx.fr", "gmx.es", "gmx.it"],
        mx: &[],
        servers: &[imap("imap.gmx.com"), pop3("pop.gmx.com"), smtp("mail.gmx.com")],
    },
    Provider {
        domains: &["web.de"],
        mx: &[],
        servers: &[imap("imap.web.de"), pop3("pop3.web.de"), submission("smtp.web.de")],
    },
    Provider {
        domains: &["mail.com", "email.com"],
        mx: &[],
        servers: &[imap("imap.mail.com"), pop3("pop.mail.com"), smtp("smtp.mail.com")],
    },
    Provider {
        domains: &["fastmail.com", "fastmail.fm", "fastmail.net", "fastmail.org", "messagingengine.com"],
        mx: &["messagingengine.com"],
        servers: &[imap("imap.fastmail.com"), pop3("pop.fastmail.com"), smtp("smtp.fastmail.com")],
    },
    Provider {
        domains: &["posteo.de", "posteo.net", "posteo.at", "posteo.ch", "posteo.eu", "posteo.org"],
        mx: &[],
        servers: &[imap("posteo.de"), pop3("posteo.de"), smtp("posteo.de")],
    },
    Provider {
        domains: &["mailbox.org", "secure.mailbox.org"],
        mx: &["mailbox.org"],
        servers: &[imap("imap.mailbox.org"), pop3("pop3.mailbox.org"), smtp("smtp.mailbox.org")],
    },
    Provider {
        domains: &["zoho.com", "zohomail.com"],
        mx: &[],
        servers: &[imap("imap.zoho.com"), pop3("pop.zoho.com"), smtp("smtp.zoho.com")],
    },
    Provider {
        domains: &["zoho.eu", "zohomail.eu"],
        mx: &[],
        servers: &[imap("imap.zoho.eu"), pop3("pop.zoho.eu"), smtp("smtp.zoho.eu")],
    },
    Provider {
        domains: &[],
        mx: &["zoho.com"],
        servers: &[imap("imappro.zoho.com"), pop3("poppro.zoho.com"), smtp("smtppro.zoho.com")],
    },
    Provider {
        domains: &[],
        mx: &["zoho.eu"],
        servers: &[imap("imappro.zoho.eu"), pop3("poppro.zoho.eu"), smtp("smtppro.zoho.eu")],
    },
    Provider {
        domains: &["yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "ya.ru"],
        mx: &["mx.yandex.net", "mx.yandex.ru"],
        servers: &[imap("imap.yandex.com"), pop3("pop.yandex.com"), smtp("smtp.yandex.com")],
    },
    Provider {
        domains: &["mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru"],
        mx: &["emx.mail.ru"],
        servers: &[imap("imap.mail.ru"), pop3("pop.mail.ru"), smtp("smtp.mail.ru")],
    },
    Provider {
        domains: &["t-online.de", "magenta.de"],
        mx: &[],
        servers: &[
            imap("secureimap.t-online.de"),
            pop3("securepop.t-online.de"),
            smtp("securesmtp.t-online.de"),
        ],
    },
    Provider {
        domains: &["freenet.de"],
        mx: &[],
        servers: &[imap("mx.freenet.de"), pop3("mx.freenet.de"), smtp("mx.freenet.de")],
    },
    Provider {
        domains: &["orange.fr", "wanadoo.fr"],
        mx: &[],
        servers: &[imap("imap.orange.fr"), pop3("pop.orange.fr"), smtp("smtp.orange.fr")],
    },
    Provider {
        domains: &["free.fr"],
        mx: &[],
        servers: &[imap("imap.free.fr"), pop3("pop.free.fr"), smtp("smtp.free.fr")],
    },
    Provider {
        domains: &["sfr.fr", "neuf.fr"],
        mx: &[],
        servers: &[imap("imap.sfr.fr"), pop3("pop.sfr.fr"), smtp("smtp.sfr.fr")],
    },
    Provider {
        domains: &["laposte.net"],
        mx: &[],
        servers: &[
            by_local_part(imap("imap.laposte.net")),
            by_local_part(pop3("pop.laposte.net")),
            by_local_part(smtp("smtp.laposte.net")),
        ],
    },
    Provider {
        domains: &["libero.it"],
        mx: &[],
        servers: &[imap("imapmail.libero.it"), pop3("popmail.libero.it"), smtp("smtp.libero.it")],
    },
    Provider {
        domains: &["seznam.cz", "email.cz", "post.cz"],
        mx: &[],
        servers: &[imap("imap.seznam.cz"), pop3("pop3.seznam.cz"), smtp("smtp.seznam.cz")],
    },
    Provider {
        domains: &["bluewin.ch"],
        mx: &[],
        servers: &[imap("imaps.bluewin.ch"), pop3("pop3s.bluewin.ch"), smtp("smtpauths.bluewin.ch")],
    },
    Provider {
        domains: &["comcast.net"],
        mx: &[],
        servers: &[imap("imap.comcast.net"), pop3("pop.comcast.net"), submission("smtp.comcast.net")],
    },
    Provider {
        domains: &["qq.com", "foxmail.com"],
        mx: &[],
        servers: &[imap("imap.qq.com"), pop3("pop.qq.com"), smtp("smtp.qq.com")],
    },
    Provider {
        domains: &["163.com"],
        mx: &[],
        servers: &[imap("imap.163.com"), pop3("pop.163.com"), smtp("smtp.163.com")],
    },
    Provider {
        domains: &["runbox.com"],
        mx: &["runbox.com"],
        servers: &[imap("mail.runbox.com"), pop3("mail.runbox.com"), smtp("mail.runbox.com")],
    },
    // Hosters: only domains of their customers.
    Provider {
        domains: &[],
        mx: &["kundenserver.de", "ionos.de"],
        servers: &[imap("imap.ionos.de"), pop3("pop.ionos.de"), smtp("smtp.ionos.de")],
    },
    Provider {
        domains: &[],
        mx: &["ionos.com", "1and1.com"],
        servers: &[imap("imap.ionos.com"), pop3("pop.ionos.com"), smtp("smtp.ionos.com")],
    },
    Provider {
        domains: &[],
        mx: &["rzone.de"],
        servers: &[imap("imap.strato.de"), pop3("pop3.strato.de"), smtp("smtp.strato.de")],
    },
    Provider {
        domains: &[],
        mx: &["mail.gandi.net"],
        servers: &[imap("mail.gandi.net"), pop3("mail.gandi.net"), smtp("mail.gandi.net")],
    },
    Provider {
        domains: &["ik.me", "etik.com", "ikmail.com"],
        mx: &["infomaniak.ch"],
        servers: &[imap("mail.infomaniak.com"), pop3("mail.infomaniak.com"), smtp("mail.infomaniak.com")],
    },
    Provider {
        domains: &[],
        mx: &["migadu.com"],
        servers: &[imap("imap.migadu.com"), pop3("pop.migadu.com"), smtp("smtp.migadu.com")],
    },
    // Mail that only their own programs can read: no server to connect to, and nothing to guess.
    Provider {
        domains: &[
            "proton.me",
            "protonmail.com",
            "protonmail.ch",
            "pm.me",
            "tuta.com",
            "tuta.io",
            "tutanota.com",
            "tutanota.de",
            "tutamail.com",
            "keemail.me",
        ],
        mx: &[],
        servers: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Host;
    use std::collections::HashSet;

    fn of(domain: &str) -> Option<Result<Vec<Setting>, Miss>> {
        of_domain(&Domain::parse(domain).unwrap())
    }

    #[test]
    fn every_row_is_written_as_it_is_looked_up_and_no_name_is_there_twice() {
        let mut names = HashSet::new();
        for provider in PROVIDERS {
            for name in provider.domains {
                assert_eq!(Domain::parse(name).unwrap().as_str(), *name);
                assert!(names.insert(("domain", *name)), "{name}");
            }
            for name in provider.mx {
                assert_eq!(Domain::parse(name).unwrap().as_str(), *name);
                assert!(names.insert(("mx", *name)), "{name}");
            }
            for server in provider.servers {
                assert_eq!(Host::parse(server.host), Some(Host::Name(server.host.to_owned())));
            }
            assert!(!provider.domains.is_empty() || !provider.mx.is_empty());
        }
    }

    #[test]
    fn a_providers_domain_has_its_servers_and_others_have_none() {
        let settings = of("gmail.com").unwrap().unwrap();
        let shown: Vec<_> = settings.iter().map(|one| (one.protocol, one.host.as_str(), one.port)).collect();
        assert_eq!(
            shown,
            [
                (Protocol::Imap, "imap.gmail.com", 993),
                (Protocol::Pop3, "pop.gmail.com", 995),
                (Protocol::Smtp, "smtp.gmail.com", 465)
            ]
        );
        assert!(of("mygmail.com").is_none() && of("sub.gmail.com").is_none());
        assert_eq!(of("proton.me"), Some(Err(Miss::Nothing)));
        assert_eq!(of("icloud.com").unwrap().unwrap()[0].username, Some(Username::LocalPart));
    }

    #[test]
    fn mail_that_goes_to_a_provider_is_read_there_with_the_whole_address() {
        let of = |hosts: &[&str]| {
            let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
            of_mx(&hosts)
                .map(|settings| (settings[0].host.clone(), settings[0].username.clone(), settings[0].source))
        };
        let google = Ok(("imap.gmail.com".to_owned(), Some(Username::Address), Source::Mx));
        assert_eq!(of(&["aspmx.l.google.com", "alt1.aspmx.l.google.com"]), google);
        assert_eq!(of(&["smtp.google.com"]), google);
        assert_eq!(of(&["example-com.mail.protection.outlook.com"]).unwrap().0, "outlook.office365.com");
        for other in [
            &["mx.example.org", "aspmx.l.google.com"][..],
            &["evilgoogle.com"],
            &["google.com.evil.example"],
            &[""],
            &[],
        ] {
            assert_eq!(of(other), Err(Miss::Nothing), "{other:?}");
        }
    }
}
