//! JSON Web Tokens: signed with a key that was parsed once, verified by jsonwebtoken on OpenSSL.

use crate::crypto::{self, Algorithm, PrivateKey, PublicKey};
use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error as JwtError, ErrorKind, Result as JwtResult};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{
    AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey, Header, Validation,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longer than any token that we or a provider make.
const LONGEST: usize = 16 * 1024;

/// A key that signs tokens: parsed once, with the header that all its tokens share.
#[derive(Debug, Clone)]
pub struct SigningKey {
    id: String,
    key: PrivateKey,
    public: PublicKey,
    decoding: DecodingKey,
    header: String,
}

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Not three parts of base64url with JSON in them, or too long.
    #[error("This is not a JSON Web Token.")]
    Malformed,
    /// Another algorithm than the key's; `none` is one of them.
    #[error("The token is signed with another algorithm than its key's.")]
    Algorithm,
    /// The header names an extension that must be understood (RFC 7515 section 4.1.11).
    #[error("The token has a critical header that is not understood.")]
    Critical,
    /// The header names no key, or one that is not in the set.
    #[error("The token is signed with a key that is not known.")]
    UnknownKey,
    /// The signature is not that of the key.
    #[error("The token's signature does not fit.")]
    Signature,
}

impl SigningKey {
    /// Prepares a key; `id` becomes the `kid` of its tokens.
    pub fn new(id: impl Into<String>, key: PrivateKey) -> Result<Self> {
        let id = id.into();
        let public = key.public()?;
        let mut header = Header::new(jose(key.algorithm()));
        header.kid = Some(id.clone());
        let header = encode(&header)?;
        let decoding = decoding_key(&public).ok_or_else(|| internal("a key without numbers"))?;
        Ok(Self { id, key, public, decoding, header })
    }

    /// The `kid`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How this key signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs claims: the compact form of RFC 7515 section 3.1.
    pub fn sign<T: Serialize>(&self, claims: &T) -> Result<String> {
        self.sign_under(&self.header, claims)
    }

    /// Signs claims of another kind than ID tokens, which its `typ` names (RFC 8725 section 3.11).
    pub fn sign_typed<T: Serialize>(&self, typ: &str, claims: &T) -> Result<String> {
        let mut header = Header::new(jose(self.algorithm()));
        header.kid = Some(self.id.clone());
        header.typ = Some(typ.to_owned());
        self.sign_under(&encode(&header)?, claims)
    }

    fn sign_under<T: Serialize>(&self, header: &str, claims: &T) -> Result<String> {
        let mut token = format!("{header}.{}", encode(claims)?);
        let signature = self.key.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// Verifies a token that this key signed. Times, issuer and audience are the caller's to check.
    pub fn verify<T: DeserializeOwned>(&self, token: &str) -> Result<T, Invalid> {
        verify(token, &self.decoding, self.algorithm())
    }
}

/// The `kid` that a token names, before anything is believed.
pub fn key_id(token: &str) -> Result<Option<String>, Invalid> {
    if token.len() > LONGEST {
        return Err(Invalid::Malformed);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| Invalid::Malformed)?;
    Ok(header.kid)
}

/// Verifies the signature of a token, with this key and this algorithm only, and returns its claims.
///
/// Times, issuer and audience are the caller's to check: the time is an argument here as everywhere.
pub fn verify<T: DeserializeOwned>(
    token: &str,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> Result<T, Invalid> {
    if token.len() > LONGEST {
        return Err(Invalid::Malformed);
    }
    install();
    let mut validation = Validation::new(jose(algorithm));
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let decoded =
        jsonwebtoken::decode::<T>(token, key, &validation).map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => Invalid::Signature,
            ErrorKind::InvalidAlgorithm => Invalid::Algorithm,
            _ => Invalid::Malformed,
        })?;
    if decoded.header.crit.is_some() {
        return Err(Invalid::Critical);
    }
    Ok(decoded.claims)
}

/// [`verify`] with a key of somebody else's, for the algorithm that such a key has.
pub fn verify_by<T: DeserializeOwned>(token: &str, key: &PublicKey) -> Result<T, Invalid> {
    let decoding = decoding_key(key).ok_or(Invalid::UnknownKey)?;
    verify(token, &decoding, key.algorithm())
}

/// Gives jsonwebtoken OpenSSL for its cryptography. Doing it again changes nothing.
fn install() {
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: |algorithm, key| Ok(Box::new(OpenSsl::signer(*algorithm, key)?)),
        verifier_factory: |algorithm, key| Ok(Box::new(OpenSsl::verifier(*algorithm, key)?)),
        key_utils: KeyUtils::new_unimplemented(),
    };
    // An error says that it is installed already.
    let _ = PROVIDER.install_default();
}

/// One of our keys, as jsonwebtoken wants it.
struct OpenSsl<K> {
    key: K,
    algorithm: jsonwebtoken::Algorithm,
}

impl OpenSsl<PrivateKey> {
    fn signer(algorithm: jsonwebtoken::Algorithm, key: &EncodingKey) -> JwtResult<Self> {
        if key.family() == AlgorithmFamily::Hmac {
            return Err(ErrorKind::InvalidKeyFormat.into());
        }
        let key = PrivateKey::from_der(key.as_bytes()).map_err(|error| provider(&error))?;
        fits(algorithm, key.algorithm())?;
        Ok(Self { key, algorithm })
    }
}

impl OpenSsl<PublicKey> {
    fn verifier(algorithm: jsonwebtoken::Algorithm, key: &DecodingKey) -> JwtResult<Self> {
        let key = match (key.family(), key.kind()) {
            (AlgorithmFamily::Rsa, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                PublicKey::from_rsa(n, e)
            }
            (AlgorithmFamily::Ec, DecodingKeyKind::SecretOrDer(point)) => {
                PublicKey::from_p256_point(point)
            }
            _ => return Err(ErrorKind::InvalidKeyFormat.into()),
        };
        let key = key.map_err(|error| provider(&error))?;
        fits(algorithm, key.algorithm())?;
        Ok(Self { key, algorithm })
    }
}

impl Signer<Vec<u8>> for OpenSsl<PrivateKey> {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        self.key.sign(message).map_err(SignatureError::from_source)
    }
}

impl JwtSigner for OpenSsl<PrivateKey> {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for OpenSsl<PublicKey> {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        if self.key.verify(message, signature) { Ok(()) } else { Err(SignatureError::new()) }
    }
}

impl JwtVerifier for OpenSsl<PublicKey> {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.algorithm
    }
}

/// A key signs with its own algorithm and no other: RS512 with an RS256 key is a mistake or an attack.
fn fits(asked: jsonwebtoken::Algorithm, algorithm: Algorithm) -> JwtResult<()> {
    if asked == jose(algorithm) { Ok(()) } else { Err(ErrorKind::InvalidAlgorithm.into()) }
}

fn jose(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
    }
}

fn decoding_key(key: &PublicKey) -> Option<DecodingKey> {
    match key.algorithm() {
        Algorithm::Rs256 => key.rsa().map(|(n, e)| DecodingKey::from_rsa_raw_components(&n, &e)),
        Algorithm::Es256 => {
            key.p256().map(|(x, y)| DecodingKey::from_ec_der(&[&[4], &x[..], &y].concat()))
        }
    }
}

fn encode<T: Serialize>(part: &T) -> Result<String> {
    let json = serde_json::to_vec(part).map_err(|error| Error::Internal(error.into()))?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn provider(error: &Error) -> JwtError {
    ErrorKind::Provider(error.to_string()).into()
}

fn internal(what: &'static str) -> Error {
    Error::Internal(anyhow::anyhow!(what))
}

/// The left half of the SHA-256 of a token: `at_hash` of OIDC Core section 3.1.3.6.
#[must_use]
pub fn half_hash(token: &str) -> String {
    let digest = crypto::sha256(token.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests;
