use super::*;
use serde_json::{Value, json};

// RFC 7515 appendix A.2 and A.3: the same payload, signed with RS256 and with ES256.
const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt\
    cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const A2_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4\
    qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OM\
    g0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3\
    qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4F\
    RWyuXpoQ";
const A2_SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AA\
    uHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWz\
    O75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZ\
    ESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioy\
    pGlUPQGe77Rw";
const A3_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const A3_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const A3_SIGNATURE: &str =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn signing_key(algorithm: Algorithm) -> SigningKey {
    SigningKey::new("key_1", PrivateKey::generate(algorithm).unwrap()).unwrap()
}

#[test]
fn the_example_of_rfc_7515_a2_verifies() {
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.{A2_SIGNATURE}");
    let key = DecodingKey::from_rsa_raw_components(&bytes(A2_N), &bytes("AQAB"));
    let claims: Value = verify(&token, &key, Algorithm::Rs256).unwrap();
    assert_eq!(claims["iss"], "joe");
    assert_eq!(verify::<Value>(&token, &key, Algorithm::Es256), Err(Invalid::Algorithm));
}

#[test]
fn the_example_of_rfc_7515_a3_verifies() {
    let token = format!("eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}.{A3_SIGNATURE}");
    let key = DecodingKey::from_ec_components(A3_X, A3_Y).unwrap();
    let claims: Value = verify(&token, &key, Algorithm::Es256).unwrap();
    assert_eq!(claims["exp"], 1_300_819_380);
    let other = signing_key(Algorithm::Es256).decoding;
    assert_eq!(verify::<Value>(&token, &other, Algorithm::Es256), Err(Invalid::Signature));
}

#[test]
fn a_token_is_what_jsonwebtoken_makes_of_the_same_claims() {
    // RS256 is deterministic, so the two must agree to the last letter.
    install();
    let key = PrivateKey::generate(Algorithm::Rs256).unwrap();
    let pem = key.to_pem().unwrap();
    let ours = SigningKey::new("key_1", key).unwrap().sign(&json!({"sub": "ada"})).unwrap();
    let mut header = Header::new(jsonwebtoken::Algorithm::RS256);
    header.kid = Some("key_1".to_owned());
    let theirs = EncodingKey::from_rsa_pem(pem.reveal().as_bytes()).unwrap();
    let theirs = jsonwebtoken::encode(&header, &json!({"sub": "ada"}), &theirs).unwrap();
    assert_eq!(ours, theirs);
}

#[test]
fn a_token_by_jsonwebtoken_with_es256_verifies() {
    install();
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    let pem = key.to_pem().unwrap();
    let ours = SigningKey::new("key_1", key).unwrap();
    let theirs = EncodingKey::from_ec_pem(pem.reveal().as_bytes()).unwrap();
    let header = Header::new(jsonwebtoken::Algorithm::ES256);
    let token = jsonwebtoken::encode(&header, &json!({"sub": "ada"}), &theirs).unwrap();
    assert_eq!(ours.verify::<Value>(&token).unwrap()["sub"], "ada");
}

#[test]
fn a_token_verifies_with_its_key_only() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
        let key = signing_key(algorithm);
        let token = key.sign(&json!({"sub": "ada"})).unwrap();
        assert_eq!(key_id(&token).unwrap().as_deref(), Some("key_1"));
        assert_eq!(key.verify::<Value>(&token).unwrap()["sub"], "ada");
        assert!(signing_key(algorithm).verify::<Value>(&token).is_err());
        let forged = token.replacen('.', ".e", 1);
        assert_eq!(key.verify::<Value>(&forged), Err(Invalid::Signature));
    }
}

#[test]
fn a_token_without_signature_is_refused() {
    let key = signing_key(Algorithm::Es256);
    let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"eve"}"#);
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    let es256 = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#);
    assert!(key.verify::<Value>(&format!("{none}.{claims}.")).is_err());
    assert_eq!(key.verify::<Value>(&format!("{es256}.{claims}.")), Err(Invalid::Signature));
}

#[test]
fn a_public_key_is_no_hmac_secret() {
    // The old trick: HS256 with the text of the public key as its secret.
    let key = signing_key(Algorithm::Rs256);
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(r#"{"sub":"eve"}"#));
    let (n, _) = key.public().rsa().unwrap();
    let mac = crypto::hmac_sha256(&n, message.as_bytes()).unwrap();
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac));
    assert_eq!(key.verify::<Value>(&token), Err(Invalid::Algorithm));
}

#[test]
fn a_critical_header_is_refused() {
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","crit":["b64"],"b64":true}"#);
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode("{}"));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()).unwrap());
    let key = SigningKey::new("key_1", key).unwrap();
    let token = format!("{message}.{signature}");
    assert_eq!(key.verify::<Value>(&token), Err(Invalid::Critical));
}

#[test]
fn rubbish_is_no_token() {
    let key = signing_key(Algorithm::Es256);
    let long = "a".repeat(LONGEST + 1);
    for rubbish in ["", ".", "..", "...", "a.b.c", "e30.e30.e30", &long] {
        assert_eq!(key.verify::<Value>(rubbish), Err(Invalid::Malformed), "{rubbish}");
        assert_eq!(key_id(rubbish), Err(Invalid::Malformed));
    }
}

#[test]
fn at_hash_is_that_of_the_specification() {
    // OIDC Core appendix A.3: this access token and its at_hash.
    assert_eq!(half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
}
