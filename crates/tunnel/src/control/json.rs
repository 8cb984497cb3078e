//! Control messages as JSON: an object with the word of the message as `type` and its members, flat but for `tls`.

use super::{Control, Tls, TlsMode, Token};
use crate::{Fault, Frame, MAX_CONTROL, Violation};
use waypost_json::{Object, Value, Writer};

impl Control {
    /// The frame that carries this message.
    #[must_use]
    pub fn to_frame(&self) -> Frame {
        let members = Writer::new().text("type", self.name());
        let members = match self {
            Self::Open { host, port, tls, token, credit } => {
                let open =
                    members.text("host", host).number("port", u64::from(*port)).text("tls", tls.as_str());
                let open = match token {
                    Some(token) => open.text("token", token.expose()),
                    None => open,
                };
                open.number("credit", u64::from(*credit))
            }
            Self::Opened { tls, credit } => {
                with_tls(members, tls.as_ref()).number("credit", u64::from(*credit))
            }
            Self::Upgrade { received, sent } => members.number("received", *received).number("sent", *sent),
            Self::Upgraded { tls } => with_tls(members, tls.as_ref()),
            Self::Move { within } => members.number("within", u64::from(*within)),
            Self::Credit { bytes } => members.number("bytes", u64::from(*bytes)),
            Self::End { clean } => members.flag("clean", *clean),
            Self::Error { code, fault, retry, message } => members
                .text("code", code)
                .text("fault", fault.as_str())
                .flag("retry", *retry)
                .text("message", message),
        };
        Frame::Text(members.finish())
    }

    /// Reads the text of a frame.
    ///
    /// # Errors
    /// The peer sent something that is no control message of this version.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        if text.len() > MAX_CONTROL {
            return Err(Violation::ControlTooLong);
        }
        match waypost_json::parse(text) {
            Ok(Value::Object(members)) => {
                Self::from_members(Members(members)).ok_or(Violation::UnknownControl)
            }
            Ok(_) => Err(Violation::UnknownControl),
            Err(_) => Err(Violation::NotJson),
        }
    }

    /// `None` if one of its members is missing, is there twice, or is something else than it should be.
    fn from_members(mut members: Members) -> Option<Self> {
        Some(match members.text("type")?.as_str() {
            "open" => Self::Open {
                host: members.text("host")?,
                port: members.number("port")?,
                tls: members.word("tls", TlsMode::ALL, TlsMode::as_str)?,
                token: members.optional("token", text)?.map(Token::new),
                credit: members.number("credit")?,
            },
            "opened" => {
                Self::Opened { tls: members.optional("tls", tls)?, credit: members.number("credit")? }
            }
            "upgrade" => {
                Self::Upgrade { received: members.number("received")?, sent: members.number("sent")? }
            }
            "upgraded" => Self::Upgraded { tls: members.optional("tls", tls)? },
            "move" => Self::Move { within: members.number("within")? },
            "credit" => Self::Credit { bytes: members.number("bytes")? },
            "end" => Self::End { clean: members.flag("clean")? },
            "error" => Self::Error {
                code: members.text("code")?,
                fault: members.word("fault", Fault::ALL, Fault::as_str)?,
                retry: members.flag("retry")?,
                message: members.text("message")?,
            },
            _ => return None,
        })
    }
}

fn with_tls(members: Writer, tls: Option<&Tls>) -> Writer {
    let Some(Tls { version, cipher, fingerprint }) = tls else { return members };
    let agreed =
        Writer::new().text("version", version).text("cipher", cipher).text("fingerprint", fingerprint);
    members.object("tls", agreed)
}

/// The members of a message, each of which is taken once. What is left over is of a later version.
struct Members(Object);

impl Members {
    /// Outside `None` if the member is there twice or is something else; inside if it is absent or `null`.
    fn optional<T>(&mut self, name: &str, read: impl FnOnce(Value) -> Option<T>) -> Option<Option<T>> {
        match self.0.take(name).ok()? {
            None | Some(Value::Null) => Some(None),
            Some(value) => read(value).map(Some),
        }
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.optional(name, text)?
    }

    fn number<T: TryFrom<u64>>(&mut self, name: &str) -> Option<T> {
        self.optional(name, |value| T::try_from(value.as_u64()?).ok())?
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        self.optional(name, |value| if let Value::Bool(flag) = value { Some(flag) } else { None })?
    }

    fn word<T, const N: usize>(&mut self, name: &str, all: [T; N], word: fn(T) -> &'static str) -> Option<T>
    where
        T: Copy,
    {
        let text = self.text(name)?;
        all.into_iter().find(|one| word(*one) == text)
    }
}

fn text(value: Value) -> Option<String> {
    if let Value::Text(text) = value { Some(text) } else { None }
}

fn tls(value: Value) -> Option<Tls> {
    let Value::Object(members) = value else { return None };
    let mut members = Members(members);
    Some(Tls {
        version: members.text("version")?,
        cipher: members.text("cipher")?,
        fingerprint: members.text("fingerprint")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[test]
    fn every_example_reads_back_as_itself() {
        let all = [
            r#"{"type":"open","host":"mail.example","port":993,"tls":"implicit","token":"t","credit":1}"#,
            r#"{"type":"opened","tls":{"version":"TLSv1.3","cipher":"X","fingerprint":"ab"},"credit":2}"#,
            r#"{"type":"upgrade","received":9007199254740991,"sent":3}"#,
            r#"{"type":"upgraded","tls":{"version":"TLSv1.2","cipher":"Y","fingerprint":"cd"}}"#,
            r#"{"type":"upgraded"}"#,
            r#"{"type":"move","within":30}"#,
            r#"{"type":"credit","bytes":32768}"#,
            r#"{"type":"end","clean":false}"#,
            r#"{"type":"error","code":"refused","fault":"server","retry":true,"message":"No."}"#,
        ];
        for text in all {
            let control = Control::parse(text).unwrap();
            assert_eq!(control.to_frame(), Frame::Text(text.to_owned()));
            assert!(text.starts_with(&format!("{{\"type\":\"{}\"", control.name())));
        }
    }

    #[test]
    fn unknown_fields_are_ignored_and_unknown_types_are_not() {
        assert!(Control::parse(r#"{"type":"end","clean":true,"later":[1]}"#).is_ok());
        assert_eq!(Control::parse(r#"{"type":"resume"}"#), Err(Violation::UnknownControl));
        assert_eq!(Control::parse(r#"{"type":"credit","bytes":-1}"#), Err(Violation::UnknownControl));
        assert_eq!(Control::parse("{"), Err(Violation::NotJson));
        assert_eq!(Control::parse(""), Err(Violation::NotJson));
        assert_eq!(Control::parse(&" ".repeat(MAX_CONTROL + 1)), Err(Violation::ControlTooLong));
    }

    /// The messages as serde's derive reads and writes them, which the gateways and clients before this one had.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    enum Derived {
        Open {
            host: String,
            port: u16,
            tls: TlsMode,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            token: Option<String>,
            credit: u32,
        },
        Opened {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            tls: Option<Agreed>,
            credit: u32,
        },
        Upgrade {
            received: u64,
            sent: u64,
        },
        Upgraded {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            tls: Option<Agreed>,
        },
        Move {
            within: u32,
        },
        Credit {
            bytes: u32,
        },
        End {
            clean: bool,
        },
        Error {
            code: String,
            fault: String,
            retry: bool,
            message: String,
        },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Agreed {
        version: String,
        cipher: String,
        fingerprint: String,
    }

    fn messages() -> impl Strategy<Value = Derived> {
        let agreed = || {
            let agreed = any::<(String, String, String)>();
            proptest::option::of(agreed.prop_map(|(version, cipher, fingerprint)| Agreed {
                version,
                cipher,
                fingerprint,
            }))
        };
        prop_oneof![
            (any::<(String, u16, Option<String>, u32)>(), proptest::sample::select(TlsMode::ALL.to_vec()))
                .prop_map(|((host, port, token, credit), tls)| Derived::Open {
                    host,
                    port,
                    tls,
                    token,
                    credit
                }),
            (agreed(), any::<u32>()).prop_map(|(tls, credit)| Derived::Opened { tls, credit }),
            any::<(u64, u64)>().prop_map(|(received, sent)| Derived::Upgrade { received, sent }),
            agreed().prop_map(|tls| Derived::Upgraded { tls }),
            any::<u32>().prop_map(|within| Derived::Move { within }),
            any::<u32>().prop_map(|bytes| Derived::Credit { bytes }),
            any::<bool>().prop_map(|clean| Derived::End { clean }),
            (any::<(String, bool, String)>(), proptest::sample::select(Fault::ALL.to_vec())).prop_map(
                |((code, retry, message), fault)| {
                    let fault = fault.as_str().to_owned();
                    Derived::Error { code, fault, retry, message }
                }
            ),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_message_is_written_as_serde_writes_it(message in messages()) {
            let text = serde_json::to_string(&message).expect("text");
            let control = Control::parse(&text).expect("a message");
            prop_assert_eq!(control.to_frame(), Frame::Text(text));
        }

        /// One member is another value, is named otherwise, is there twice or is missing.
        #[test]
        fn what_is_no_message_to_serde_is_none(
            message in messages(),
            at in any::<proptest::sample::Index>(),
            name in proptest::option::of("[a-z]{1,8}"),
            value in "null|true|-?[1-9][0-9]{0,10}|1[.]0|\"[a-z]{0,9}\"|\"none\"|\\[\\]|\\{\\}",
            keeps in any::<bool>(),
        ) {
            let whole = serde_json::to_value(&message).expect("a value");
            let members = whole.as_object().expect("an object");
            let at = at.index(members.len());
            let mut texts: Vec<String> = Vec::new();
            for (index, (member, was)) in members.iter().enumerate() {
                if index != at || keeps {
                    texts.push(format!("{}:{was}", serde_json::json!(member)));
                }
                if index == at {
                    texts.push(format!("\"{}\":{value}", name.as_ref().unwrap_or(member)));
                }
            }
            let text = format!("{{{}}}", texts.join(","));
            let theirs = serde_json::from_str::<Derived>(&text);
            let known = !matches!(&theirs, Ok(Derived::Error { fault, .. }) if Fault::ALL.iter().all(|one| one.as_str() != fault));
            match Control::parse(&text) {
                Ok(control) => prop_assert_eq!(
                    control.to_frame(),
                    Frame::Text(serde_json::to_string(&theirs.expect("a message to serde too")).expect("text"))
                ),
                Err(violation) => {
                    prop_assert!(theirs.is_err() || !known, "{}", text);
                    prop_assert_eq!(violation, Violation::UnknownControl);
                }
            }
        }
    }
}
