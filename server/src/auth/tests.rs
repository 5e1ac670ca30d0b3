//! Tokens that are taken, and the many that must not be.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use parlance_codecs::UserId;

use super::verifier::{AuthError, TOKEN_BYTES_MAX, Verifier};
use super::{mint_jwt, mint_sealed, sealed};
use crate::config::{Auth, JwtAlgorithm, JwtKey, Sources, UserClaim, load};
use crate::secrets::Secrets;

const SECRET: &str = "the secret of this server, which is long enough";
const NOW: u64 = 1_800_000_000;
const GOOD_HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn key_file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "src/auth/tests/keys", name].iter().collect()
}

fn auth() -> Auth {
    load(&Sources::default()).expect("the defaults are valid").settings.auth
}

fn verifier(auth: &Auth) -> Verifier {
    let secrets = Secrets {
        jwt: SECRET.to_owned(),
        im: "test".to_owned(),
        operator: "unused here".to_owned(),
    };
    Verifier::new(auth, &secrets).expect("every key is usable")
}

fn signed(header: &str, payload: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm);
    format!("{message}.{}", signature.expect("the key signs"))
}

fn hs256(header: &str, payload: &str) -> String {
    signed(header, payload, &EncodingKey::from_secret(SECRET.as_bytes()), Algorithm::HS256)
}

fn user(raw: u64) -> UserId {
    UserId::new(raw).expect("a valid id")
}

/// Whom the payload names, signed as it should be.
fn claims(payload: &str) -> Result<(u64, Option<u64>), AuthError> {
    let token = hs256(GOOD_HEADER, payload);
    verifier(&auth()).verify_token(&token, NOW).map(|t| (t.user.raw(), t.expires_at_s))
}

#[test]
fn minted_tokens_are_taken() {
    let verifier = verifier(&auth());
    let expires = NOW + 60;
    let jwt = mint_jwt(SECRET, user(7), NOW, expires).expect("minted");
    let sealed = mint_sealed("test", user(7), NOW, expires).expect("minted");
    for token in [jwt, sealed] {
        let taken = verifier.verify_token(&token, NOW).expect("valid");
        assert_eq!((taken.user, taken.expires_at_s), (user(7), Some(expires + 30)), "{token}");
        assert!(verifier.verify_token(&token, expires + 29).is_ok(), "leeway: {token}");
        let late = verifier.verify_token(&token, expires + 30);
        assert_eq!(late, Err(AuthError::Expired), "{token}");
        let early = verifier.verify_token(&token, NOW - 31);
        assert!(matches!(early, Ok(_) | Err(AuthError::NotYetValid)), "{token}");
    }
}

#[test]
fn users_and_times_are_read_from_the_configured_claims() {
    let ok = Ok((7, Some(NOW + 90)));
    let exp = NOW + 60;
    assert_eq!(claims(&format!(r#"{{"sub":"7","exp":{exp}}}"#)), ok);
    assert_eq!(claims(&format!(r#"{{"sub":7,"exp":{exp}.9}}"#)), ok);
    assert_eq!(claims(&format!(r#"{{"id":"7","expires":{exp}}}"#)), ok);
    assert_eq!(claims(&format!(r#"{{"id":7,"expires":{exp},"exp":{}}}"#, exp + 99)), ok);
    assert_eq!(claims(&format!(r#"{{"sub":"7","id":"9","exp":{exp},"nbf":{}}}"#, NOW + 30)), ok);
    // `jti` is most issuers' id of the token itself: only where it is configured.
    let by_jti = format!(r#"{{"sub":"WEB","jti":"7","exp":{exp}}}"#);
    assert_eq!(claims(&by_jti), Err(AuthError::NoUser));
    let configured = Auth { user_claims: vec![UserClaim::Jti], ..auth() };
    let token = hs256(GOOD_HEADER, &by_jti);
    assert_eq!(verifier(&configured).verify_token(&token, NOW).map(|t| t.user), Ok(user(7)));
}

#[test]
fn hostile_claims_are_refused() {
    use AuthError::{Expired, Malformed, NoExpiry, NoUser, NotYetValid};
    let exp = NOW + 60;
    let with = |rest: &str| format!(r#"{{"exp":{exp},{rest}}}"#);
    for (payload, expected) in [
        (format!(r#"{{"sub":"7","exp":{}}}"#, NOW - 30), Expired),
        (r#"{"sub":"7","exp":-1}"#.to_owned(), Expired),
        (r#"{"sub":"7"}"#.to_owned(), NoExpiry),
        (r#"{"sub":"7","exp":null}"#.to_owned(), Malformed),
        (format!(r#"{{"sub":"7","exp":"{exp}"}}"#), Malformed),
        (r#"{"sub":"7","exp":1e400}"#.to_owned(), Malformed),
        (format!(r#"{{"sub":"7","exp":{exp},"nbf":{}}}"#, NOW + 31), NotYetValid),
        (format!(r#"{{"sub":"7","exp":{exp},"nbf":"soon"}}"#), Malformed),
        (format!(r#"{{"exp":{exp}}}"#), NoUser),
        (with(r#""sub":"""#), NoUser),
        (with(r#""sub":"0""#), NoUser),
        (with(r#""sub":0"#), NoUser),
        (with(r#""sub":-7"#), NoUser),
        (with(r#""sub":7.0"#), NoUser),
        (with(r#""sub":"7\nadmin""#), NoUser),
        (with(r#""sub":" 7""#), NoUser),
        (with(r#""sub":"+7""#), NoUser),
        (with(r#""sub":9223372036854775808"#), NoUser),
        (with(r#""sub":null,"id":"7""#), NoUser),
        (with(r#""sub":["7"]"#), NoUser),
        (with(r#""sub":"7","sub":"8""#), Malformed),
        (with(r#""sub":"7","s\u0075b":"8""#), Malformed),
        (with(r#""sub":"7","x":{"a":1,"a":2}"#), Malformed),
        (with(r#""sub":"\ud800""#), Malformed),
        (format!("[{exp}]"), Malformed),
        ("{}x".to_owned(), Malformed),
        (String::new(), Malformed),
        (format!("{}1{}", "[".repeat(1000), "]".repeat(1000)), Malformed),
    ] {
        assert_eq!(claims(&payload), Err(expected), "{payload}");
    }
}

#[test]
fn hostile_headers_are_refused() {
    let payload = format!(r#"{{"sub":"7","exp":{}}}"#, NOW + 60);
    let verifier = verifier(&auth());
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"NONE"}"#,
        r#"{"alg":""}"#,
        r#"{"alg":null}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":"HS384"}"#,
        r#"{"alg":"HS512"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"alg":"EdDSA"}"#,
        r#"{"typ":"JWT"}"#,
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"HS256","crit":["exp"]}"#,
        r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
        "[]",
        "",
    ] {
        let token = hs256(header, &payload);
        assert!(verifier.verify_token(&token, NOW).is_err(), "{header}");
        let (unsigned, _) = token.rsplit_once('.').expect("three parts");
        assert!(verifier.verify_token(&format!("{unsigned}."), NOW).is_err(), "{header}");
    }
    // What a header points at is not followed: such a token stands by its signature alone.
    let pointing = r#"{"alg":"HS256","kid":"../../dev/null","jku":"http://x/","jwk":{"k":"AA"}}"#;
    assert!(verifier.verify_token(&hs256(pointing, &payload), NOW).is_ok());
    let forged = signed(pointing, &payload, &EncodingKey::from_secret(b""), Algorithm::HS256);
    assert_eq!(verifier.verify_token(&forged, NOW), Err(AuthError::Signature));
}

#[test]
fn hostile_forms_are_refused() {
    let payload = format!(r#"{{"sub":"7","exp":{}}}"#, NOW + 60);
    let verifier = verifier(&auth());
    let good = hs256(GOOD_HEADER, &payload);
    assert!(verifier.verify_token(&good, NOW).is_ok());
    let parts: Vec<&str> = good.split('.').collect();
    let [header, body, signature] = parts.as_slice() else { panic!("three parts") };
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let padded = URL_SAFE.encode(payload.replace('7', "77"));
    let wrong_key =
        signed(GOOD_HEADER, &payload, &EncodingKey::from_secret(b"another"), Algorithm::HS256);
    for token in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "7".to_owned(),
        format!("{header}.{body}"),
        format!("{header}.{body}."),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!("{good}.{body}.{signature}"),
        format!("{header}.{body}.{flipped}{}", signature.get(1..).unwrap_or_default()),
        format!("{header}.{body}.{signature}="),
        format!("{header}.{padded}.{signature}"),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{good}\0"),
        wrong_key,
    ] {
        assert!(verifier.verify_token(&token, NOW).is_err(), "{token:?}");
    }
    let long = "a".repeat(1 << 20);
    let expected = AuthError::TooLong { got: 1 << 20, max: TOKEN_BYTES_MAX };
    assert_eq!(verifier.verify_token(&long, NOW), Err(expected));
}

#[test]
fn other_keys_verify_their_own_algorithm_only() {
    let pairs = [
        (JwtAlgorithm::Rs256, Algorithm::RS256, "rsa"),
        (JwtAlgorithm::Es256, Algorithm::ES256, "ec"),
        (JwtAlgorithm::EdDsa, Algorithm::EdDSA, "ed"),
    ];
    let payload = format!(r#"{{"sub":"7","exp":{}}}"#, NOW + 60);
    for (algorithm, signs, name) in pairs {
        let public = key_file(&format!("{name}.pub.pem"));
        let private = std::fs::read(key_file(&format!("{name}.pem"))).expect("a key");
        let encoding = match algorithm {
            JwtAlgorithm::Rs256 => EncodingKey::from_rsa_pem(&private),
            JwtAlgorithm::Es256 => EncodingKey::from_ec_pem(&private),
            JwtAlgorithm::EdDsa | JwtAlgorithm::Hs256 => EncodingKey::from_ed_pem(&private),
        };
        let encoding = encoding.expect("a private key");
        let keys = vec![JwtKey { algorithm, file: public.clone() }];
        let verifier = verifier(&Auth { keys, ..auth() });
        let header = format!(r#"{{"alg":"{}"}}"#, algorithm.as_str());
        let token = signed(&header, &payload, &encoding, signs);
        assert_eq!(verifier.verify_token(&token, NOW).map(|t| t.user), Ok(user(7)), "{name}");
        // The public key as an HMAC secret, under each algorithm's name.
        let text = std::fs::read(&public).expect("a key");
        let confused = EncodingKey::from_secret(&text);
        for header in [header.as_str(), GOOD_HEADER] {
            let forged = signed(header, &payload, &confused, Algorithm::HS256);
            assert_eq!(verifier.verify_token(&forged, NOW), Err(AuthError::Signature), "{name}");
        }
        // This server's own tokens stay valid beside it.
        assert!(verifier.verify_token(&hs256(GOOD_HEADER, &payload), NOW).is_ok(), "{name}");
    }
}

#[test]
fn unusable_keys_are_errors_at_the_start() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let short = dir.path().join("short");
    std::fs::write(&short, "short\n").expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&short, mode).expect("a mode");
    for (algorithm, file) in [
        (JwtAlgorithm::Hs256, short.clone()),
        (JwtAlgorithm::Rs256, short),
        (JwtAlgorithm::Rs256, key_file("ec.pub.pem")),
        (JwtAlgorithm::Es256, key_file("rsa.pub.pem")),
        (JwtAlgorithm::EdDsa, key_file("ec.pub.pem")),
        (JwtAlgorithm::EdDsa, key_file("ed.pem")),
        (JwtAlgorithm::EdDsa, dir.path().join("missing")),
    ] {
        let keys = vec![JwtKey { algorithm, file: file.clone() }];
        let secrets =
            Secrets { jwt: SECRET.to_owned(), im: "test".to_owned(), operator: String::new() };
        let made = Verifier::new(&Auth { keys, ..auth() }, &secrets);
        assert!(made.is_err(), "{algorithm:?} {file:?}");
    }
}

#[test]
fn open_servers_take_bare_ids_and_closed_ones_do_not() {
    let open = verifier(&Auth { open: true, ..auth() });
    let taken = open.verify_token("7", NOW).expect("anyone may");
    assert_eq!((taken.user, taken.expires_at_s), (user(7), None));
    for text in ["0", "", "-7", "seven", "7 "] {
        assert!(open.verify_token(text, NOW).is_err(), "{text:?}");
    }
    assert!(verifier(&auth()).verify_token("7", NOW).is_err());
}

#[test]
fn sealed_tokens_are_what_the_dialect_says() {
    let cipher = sealed::cipher("test").expect("short enough");
    let token = sealed::seal(user(7), NOW, NOW + 60, [0; 12], &cipher).expect("sealed");
    assert!(token.starts_with("000000000000000000000000"), "the nonce comes first: {token}");
    assert!(sealed::open(&token, &cipher, NOW).is_ok());
    assert!(sealed::open(&token.to_uppercase(), &cipher, NOW).is_ok());
    let other = sealed::cipher("tess").expect("short enough");
    assert_eq!(sealed::open(&token, &other, NOW), Err(AuthError::Signature));
    for broken in ["", "0", "zz", "00", &token[..24], &token[2..], &token[..token.len() - 2]] {
        assert!(sealed::open(broken, &cipher, NOW).is_err(), "{broken}");
    }
    assert!(sealed::cipher(&"x".repeat(32)).is_some());
    assert!(sealed::cipher(&"x".repeat(33)).is_none());
}

#[test]
fn nobodys_hash_costs_what_a_real_one_does() {
    use argon2::password_hash::PasswordHash;
    let hash = PasswordHash::new(super::sign_in::NOBODYS_HASH).expect("a PHC string");
    let params = argon2::Params::try_from(&hash).expect("argon2's parameters");
    let default = argon2::Params::default();
    assert_eq!(
        (params.m_cost(), params.t_cost(), params.p_cost()),
        (default.m_cost(), default.t_cost(), default.p_cost())
    );
}
