use super::*;

fn es256() -> PrivateKey {
    PrivateKey::generate(Algorithm::Es256).unwrap()
}

#[test]
fn a_key_verifies_what_it_signed_and_nothing_else() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
        let key = PrivateKey::generate(algorithm).unwrap();
        let public = key.public().unwrap();
        let mut signature = key.sign(b"data").unwrap();
        assert!(public.verify(b"data", &signature));
        assert!(!public.verify(b"date", &signature));
        assert!(!public.verify(b"data", &signature[1..]));
        assert!(!public.verify(b"data", &[]));
        signature[7] ^= 1;
        assert!(!public.verify(b"data", &signature));
        assert!(
            !PrivateKey::generate(algorithm).unwrap().public().unwrap().verify(b"data", &signature)
        );
    }
}

#[test]
fn an_es256_signature_is_always_64_bytes() {
    let key = es256();
    // One in 128 has a shorter r or s.
    for round in 0..300_u32 {
        assert_eq!(key.sign(&round.to_be_bytes()).unwrap().len(), 64);
    }
}

#[test]
fn a_zero_signature_is_refused() {
    assert!(!es256().public().unwrap().verify(b"data", &[0; 64]));
}

#[test]
fn a_key_survives_pem() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
        let key = PrivateKey::generate(algorithm).unwrap();
        let again = PrivateKey::from_pem(key.to_pem().unwrap().reveal()).unwrap();
        assert_eq!(again.algorithm(), algorithm);
        assert!(key.public().unwrap().verify(b"x", &again.sign(b"x").unwrap()));
        assert_eq!(format!("{key:?}"), format!("{algorithm} [secret]"));
    }
}

#[test]
fn a_public_key_survives_its_components() {
    let rsa = PrivateKey::generate(Algorithm::Rs256).unwrap();
    let (n, e) = rsa.public().unwrap().rsa().unwrap();
    assert!(rsa.public().unwrap().p256().is_none());
    assert!(PublicKey::from_rsa(&n, &e).unwrap().verify(b"x", &rsa.sign(b"x").unwrap()));
    let ec = es256();
    let (x, y) = ec.public().unwrap().p256().unwrap();
    assert_eq!((x.len(), y.len()), (32, 32));
    assert!(PublicKey::from_p256(&x, &y).unwrap().verify(b"x", &ec.sign(b"x").unwrap()));
    assert!(ec.public().unwrap().rsa().is_none());
}

#[test]
fn weak_and_foreign_keys_are_refused() {
    let short = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let short = String::from_utf8(short.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let group = EcGroup::from_curve_name(Nid::SECP384R1).unwrap();
    let curve = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let curve = String::from_utf8(curve.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let edwards = PKey::generate_ed25519().unwrap();
    let edwards = String::from_utf8(edwards.private_key_to_pem_pkcs8().unwrap()).unwrap();
    for pem in [short.as_str(), &curve, &edwards, "", "rubbish"] {
        assert!(matches!(PrivateKey::from_pem(pem), Err(Error::Invalid(_))));
    }
    assert!(PublicKey::from_rsa(&[0xff; 64], &[1, 0, 1]).is_err());
    assert!(PublicKey::from_p256(&[1; 32], &[1; 32]).is_err());
    assert!(PublicKey::from_p256_point(&[0]).is_err());
}

#[test]
fn a_key_with_a_passphrase_is_refused_without_asking() {
    let key = PKey::from_ec_key(EcKey::generate(&p256().unwrap()).unwrap()).unwrap();
    let cipher = openssl::symm::Cipher::aes_256_cbc();
    let pem = key.private_key_to_pem_pkcs8_passphrase(cipher, b"secret").unwrap();
    assert!(PrivateKey::from_pem(std::str::from_utf8(&pem).unwrap()).is_err());
}

#[test]
fn a_self_signed_certificate_carries_the_key_and_the_years() {
    let key = PrivateKey::generate(Algorithm::Rs256).unwrap();
    let now = Time::from_unix(1_780_000_000);
    let long = "a very long name ".repeat(10);
    let pem = key.self_signed(&long, 10, now).unwrap();
    let certificate = X509::from_pem(pem.as_bytes()).unwrap();
    assert!(certificate.verify(key.as_openssl()).unwrap());
    let entry = certificate.subject_name().entries().next().unwrap();
    assert_eq!(entry.data().to_string().unwrap(), long[..64]);
    let until = Asn1Time::from_unix(now.plus(TimeDelta::days(3650)).unix()).unwrap();
    assert_eq!(certificate.not_after().diff(&until).unwrap().days, 0);
    assert_eq!(certificate.version(), 2);
}
