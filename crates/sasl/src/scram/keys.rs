//! From a password to the two proofs (RFC 5802, 2.2 and 3). What is derived on the way is overwritten.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Digest;
use zeroize::{Zeroize, Zeroizing};

/// A key or a digest.
type Octets = Zeroizing<Vec<u8>>;

/// The hash of a mechanism. Only what hashes is there once for each; all else is shared.
#[derive(Clone, Copy)]
pub(super) struct Hash {
    hash: fn(&[u8]) -> Octets,
    /// HMAC with a key over octets.
    mac: fn(&[u8], &[u8]) -> Octets,
    rounds: fn(&mut Derivation, u32),
}

impl Hash {
    pub(super) const SHA1: Self = Self::of::<sha1::Sha1, Hmac<sha1::Sha1>>();
    pub(super) const SHA256: Self = Self::of::<sha2::Sha256, Hmac<sha2::Sha256>>();
    pub(super) const SHA512: Self = Self::of::<sha2::Sha512, Hmac<sha2::Sha512>>();

    const fn of<D: Digest, M: Mac + KeyInit + Clone>() -> Self {
        Self {
            hash: |octets| kept(D::digest(octets).as_mut_slice()),
            mac: |key, octets| {
                kept(keyed::<M>(key).chain_update(octets).finalize().into_bytes().as_mut_slice())
            },
            rounds: rounds::<M>,
        }
    }
}

/// `Hi(str, salt, i)`, which is PBKDF2 with one block of output, in as many slices as the caller likes: a browser has one thread.
pub(super) struct Derivation {
    hash: Hash,
    password: Octets,
    /// U1, U2, ... of the text of RFC 5802, 2.2.
    round: Octets,
    /// Their sum so far.
    sum: Octets,
    left: u32,
}

impl Derivation {
    /// Does the first round. There is no derivation of fewer than one.
    pub(super) fn begin(hash: Hash, password: &[u8], salt: &[u8], iterations: u32) -> Self {
        let round = (hash.mac)(password, &[salt, &1_u32.to_be_bytes()].concat());
        let password = Zeroizing::new(password.to_vec());
        Self { hash, password, sum: round.clone(), round, left: iterations.saturating_sub(1) }
    }

    /// Rounds that are left.
    pub(super) const fn left(&self) -> u32 {
        self.left
    }

    pub(super) fn run(&mut self, at_most: u32) {
        let rounds = at_most.min(self.left);
        (self.hash.rounds)(self, rounds);
        self.left -= rounds;
    }

    /// `ClientProof` and `ServerSignature` over the whole exchange (RFC 5802, 3).
    pub(super) fn prove(self, auth_message: &[u8]) -> (Octets, Octets) {
        let Hash { hash, mac, .. } = self.hash;
        let salted_password = self.sum;
        let client_key = mac(&salted_password, b"Client Key");
        let stored_key = hash(&client_key);
        let mut proof = mac(&stored_key, auth_message);
        proof.iter_mut().zip(client_key.iter()).for_each(|(octet, key)| *octet ^= key);
        let server_key = mac(&salted_password, b"Server Key");
        (proof, mac(&server_key, auth_message))
    }
}

/// The password is hashed once for all of them.
fn rounds<M: Mac + KeyInit + Clone>(derivation: &mut Derivation, count: u32) {
    let keyed = keyed::<M>(&derivation.password);
    for _ in 0..count {
        let next = keyed.clone().chain_update(&*derivation.round).finalize().into_bytes();
        derivation.round.copy_from_slice(&next);
        derivation.sum.iter_mut().zip(next).for_each(|(sum, octet)| *sum ^= octet);
    }
}

fn keyed<M: KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("HMAC takes a key of any length (RFC 2104, 2)")
}

/// Moves octets from the stack to where they are overwritten in the end.
fn kept(octets: &mut [u8]) -> Octets {
    let kept = Zeroizing::new(octets.to_vec());
    octets.zeroize();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(hash: Hash, password: &str, salt: &str, iterations: u32, slice: u32) -> String {
        let mut derivation = Derivation::begin(hash, password.as_bytes(), salt.as_bytes(), iterations);
        while derivation.left() > 0 {
            derivation.run(slice);
        }
        derivation.sum.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    #[test]
    fn rfc_6070_2_vectors_of_pbkdf2_in_any_slices() {
        for slice in [1, 7, 4_095, u32::MAX] {
            assert_eq!(
                derived(Hash::SHA1, "password", "salt", 1, slice),
                "0c60c80f961f0e71f3a9b524af6012062fe037a6"
            );
            assert_eq!(
                derived(Hash::SHA1, "password", "salt", 2, slice),
                "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"
            );
            assert_eq!(
                derived(Hash::SHA1, "password", "salt", 4_096, slice),
                "4b007901b765489abead49d926f721d065a429c1"
            );
        }
        assert_eq!(
            derived(Hash::SHA1, "pass\0word", "sa\0lt", 4_096, 1_000).get(..32),
            Some("56fa6aa75548099dcc37d7f03425e0c3")
        );
    }

    /// Computed with Python's `hashlib.pbkdf2_hmac`.
    #[test]
    fn longer_hashes_give_what_python_gives() {
        assert_eq!(
            derived(Hash::SHA256, "password", "salt", 4_096, 999),
            "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"
        );
        assert_eq!(
            derived(Hash::SHA512, "password", "salt", 4_096, 999),
            "d197b1b33db0143e018b12f3d1d1479e6cdebdcc97c5c0f87f6902e072f457b5143f30602641b3d55cd335988cb36b84376060ecd532e039b742a239434af2d5"
        );
    }
}
