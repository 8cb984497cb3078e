//! ANONYMOUS ([RFC 4505](https://www.rfc-editor.org/rfc/rfc4505)): nobody in particular, with a trace for the server's log.

use crate::SaslError;
use crate::exchange::Begun;
use crate::registry::Start;

/// ```abnf
/// message = [ email / token ]
/// token   = 1*255TCHAR
/// ```
/// The trace may be empty. It holds no control characters (RFC 4505, 3: the profile "trace" of stringprep forbids them).
pub(crate) fn start(start: &Start<'_>) -> Result<Begun, SaslError> {
    let trace = &start.attempt.credentials.username;
    if trace.chars().count() > LONGEST_TRACE || trace.chars().any(char::is_control) {
        return Err(SaslError::Unencodable("trace"));
    }
    Ok(Begun::once(trace.as_bytes().to_vec()))
}

/// Characters (RFC 4505, 2).
const LONGEST_TRACE: usize = 255;

#[cfg(test)]
mod tests {
    use crate::testing::begin;
    use crate::{Credentials, SaslError};

    #[test]
    fn rfc_4505_4_example_is_the_answer_to_an_empty_challenge() {
        let mut exchange = begin("ANONYMOUS", &Credentials::anonymous("sirhc")).unwrap();
        assert_eq!(exchange.respond_at_once(b"").unwrap().expose(), b"sirhc");
    }

    #[test]
    fn rfc_4505_2_a_trace_has_255_characters_at_most_and_may_be_empty() {
        let initial = |trace: &str| {
            let mut exchange = begin("ANONYMOUS", &Credentials::anonymous(trace))?;
            Ok(exchange.initial().unwrap().expose().clone())
        };
        assert_eq!(initial(""), Ok(Vec::new()));
        assert_eq!(initial(&"ü".repeat(255)), Ok("ü".repeat(255).into_bytes()));
        for trace in ["x".repeat(256).as_str(), "a\0b", "a\r\nb"] {
            assert_eq!(initial(trace), Err(SaslError::Unencodable("trace")));
        }
    }
}
