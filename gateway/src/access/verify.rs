//! Signatures of tokens, by the crypto that TLS uses here too. A key is of one kind and takes one algorithm: no header of
//! a token can have a public key taken for a secret (RFC 8725, 3.1).

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::{hmac, signature as with};
use signature::{Error, Verifier};

/// Makes it the crypto of the library for the whole process, if nothing else is.
pub(super) fn install() {
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: no_signer,
        verifier_factory: verifier,
        key_utils: KeyUtils::new_unimplemented(),
    };
    // Another gateway in the same process was first.
    let _ = PROVIDER.install_default();
}

/// Tokens are only checked here.
fn no_signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    Err(new_error(ErrorKind::UnsupportedAlgorithm))
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let family = match algorithm {
        Algorithm::HS256 => AlgorithmFamily::Hmac,
        Algorithm::RS256 => AlgorithmFamily::Rsa,
        Algorithm::ES256 => AlgorithmFamily::Ec,
        Algorithm::EdDSA => AlgorithmFamily::Ed,
        _ => return Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    };
    if key.family() != family {
        return Err(new_error(ErrorKind::InvalidAlgorithm));
    }
    Ok(Box::new(Check { algorithm: *algorithm, key: key.clone() }))
}

struct Check {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl JwtVerifier for Check {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for Check {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let refused = |_| Error::new();
        let (algorithm, octets): (&dyn with::VerificationAlgorithm, &[u8]) =
            match (self.algorithm, self.key.kind()) {
                (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                    let key = with::RsaPublicKeyComponents { n, e };
                    return key
                        .verify(&with::RSA_PKCS1_2048_8192_SHA256, message, signature)
                        .map_err(refused);
                }
                (Algorithm::HS256, DecodingKeyKind::SecretOrDer(secret)) => {
                    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                    return hmac::verify(&key, message, signature).map_err(refused);
                }
                (Algorithm::ES256, DecodingKeyKind::SecretOrDer(point)) => {
                    (&with::ECDSA_P256_SHA256_FIXED, point)
                }
                (Algorithm::EdDSA, DecodingKeyKind::SecretOrDer(point)) => (&with::ED25519, point),
                _ => return Err(Error::new()),
            };
        with::UnparsedPublicKey::new(algorithm, octets).verify(message, signature).map_err(refused)
    }
}
