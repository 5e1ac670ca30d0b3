//! Where settings come from, and what is said of those that cannot be.

use std::path::PathBuf;

use parlance_codecs::Category;
use parlance_conversation::store::Durability;

use super::raw::KEYS;
use super::{AllowedOrigins, ConfigError, Flag, ListenAddress, Settings, Sources, load, show};

/// Loads a file with this text, these variables and these flags.
fn loaded(
    text: &str,
    variables: &[(&str, &str)],
    flags: &[(&'static str, &'static str, &str)],
) -> Result<super::layers::Loaded, ConfigError> {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("parlance.toml");
    std::fs::write(&path, text).expect("written");
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let flag = |(name, key, value): &(&'static str, &'static str, &str)| Flag {
        name,
        key,
        value: (*value).to_owned(),
    };
    load(&Sources {
        file: Some(path),
        variables: variables.iter().map(own).collect(),
        flags: flags.iter().map(flag).collect(),
    })
}

fn settings(text: &str, variables: &[(&str, &str)]) -> Settings {
    loaded(text, variables, &[]).expect("valid").settings
}

/// The error that a file with this text is, without the file's path.
fn file_error(text: &str) -> String {
    let error = loaded(text, &[], &[]).expect_err(text).to_string();
    match error.split_once("parlance.toml: ") {
        Some((_, rest)) => rest.to_owned(),
        None => error,
    }
}

fn variable_error(name: &str, value: &str) -> String {
    loaded("", &[(name, value)], &[]).expect_err(name).to_string()
}

fn tcp(text: &str) -> ListenAddress {
    ListenAddress::Tcp(text.parse().expect("an address"))
}

#[test]
fn the_defaults_are_those_of_the_documents() {
    let settings = load(&Sources::default()).expect("valid").settings;
    assert_eq!(settings.listen.main, [tcp("127.0.0.1:7700")]);
    assert_eq!(settings.listen.stream, [tcp("127.0.0.1:7701")]);
    assert_eq!(settings.listen.push, [tcp("127.0.0.1:7702")]);
    assert_eq!(settings.listen.operator, [tcp("127.0.0.1:7780")]);
    assert_eq!(settings.server.shards, 0);
    assert_eq!(settings.storage.dir, PathBuf::from("data"));
    for category in Category::ALL {
        assert_eq!(settings.durability.category(category), Durability::Sync, "{category:?}");
    }
    assert!(!settings.auth.open);
    assert!(settings.auth.friends_required);
    assert_eq!(settings.auth.allowed_origins, AllowedOrigins::Any);
    assert_eq!(settings.limits.text_bytes, 32_768);
    assert_eq!(settings.limits.frame_bytes, 65_536);
}

#[test]
fn every_key_has_a_default_and_is_shown() {
    let shown = show(&load(&Sources::default()).expect("valid"));
    for (key, _) in KEYS {
        let (section, name) = key.split_once('.').expect("a section");
        assert!(shown.contains(&format!("[{section}]\n")), "{key}");
        assert!(shown.contains(&format!("\n{name} = ")), "{key} in:\n{shown}");
    }
    // What is shown is a settings file itself.
    assert_eq!(
        show(&loaded(&shown, &[], &[]).expect("valid")).lines().count(),
        shown.lines().count()
    );
}

#[test]
fn later_sources_win() {
    let text = "[server]\nshards = 1\n[listen]\nmain = \"127.0.0.1:1\"\nstream = \"off\"\n";
    let variables = [("PARLANCE_SERVER__SHARDS", "2"), ("PARLANCE_STORAGE__DIR", "from variable")];
    let flags = [("--shards", "server.shards", "3")];
    let loaded = loaded(text, &variables, &flags).expect("valid");
    assert_eq!(loaded.settings.server.shards, 3);
    assert_eq!(loaded.settings.storage.dir, PathBuf::from("from variable"));
    assert_eq!(loaded.settings.listen.main, [tcp("127.0.0.1:1")]);
    assert_eq!(loaded.settings.listen.stream, []);
    let shown = show(&loaded);
    for (line, origin) in [
        ("shards = 3", "flag --shards"),
        ("dir = \"from variable\"", "variable PARLANCE_STORAGE__DIR"),
        ("stream = \"off\"", "parlance.toml"),
        ("open = false", "default"),
    ] {
        let found = shown.lines().find(|shown| shown.starts_with(line)).expect(line);
        assert!(found.ends_with(origin), "{found}");
    }
}

#[test]
fn variables_are_read_by_the_kind_of_their_setting() {
    let settings = settings(
        "",
        &[
            ("PARLANCE_LISTEN__MAIN", "127.0.0.1:1, unix:/run/p.sock"),
            ("PARLANCE_LISTEN__STREAM", "[::1]:7701"),
            ("PARLANCE_LISTEN__PUSH", "off"),
            ("PARLANCE_LISTEN__OPERATOR", "[\"127.0.0.1:2\", \"localhost:3\"]"),
            ("PARLANCE_AUTH__FRIENDS_REQUIRED", "false"),
            ("PARLANCE_AUTH__IM_SECRET", "12345"),
            ("PARLANCE_OPERATOR__KEY", "[not a list]"),
            ("PARLANCE_DURABILITY__ROOM", "memory"),
            ("PARLANCE_AUTH__KEYS", "[{algorithm=\"EdDSA\",file=\"k.pem\"}]"),
            ("PARLANCE_AUTH__USER_CLAIMS", "jti,sub"),
            ("PARLANCE_LOG", "debug"),
            ("PARLANCE_ANYTHING", "else"),
            ("OTHER__THING", "ignored"),
        ],
    );
    let unix = ListenAddress::Unix(PathBuf::from("/run/p.sock"));
    assert_eq!(settings.listen.main, [tcp("127.0.0.1:1"), unix]);
    assert_eq!(settings.listen.stream, [tcp("[::1]:7701")]);
    assert_eq!(settings.listen.push, []);
    assert_eq!(settings.listen.operator, [tcp("127.0.0.1:2"), tcp("127.0.0.1:3")]);
    assert!(!settings.auth.friends_required);
    assert_eq!(settings.auth.im_secret, "12345");
    assert_eq!(settings.operator.key.as_deref(), Some("[not a list]"));
    assert_eq!(settings.durability.category(Category::Room), Durability::Memory);
    assert_eq!(settings.auth.keys.len(), 1);
    assert_eq!(settings.auth.user_claims.len(), 2);
}

#[test]
fn secrets_are_not_shown() {
    let variables = [("PARLANCE_OPERATOR__KEY", "hush"), ("PARLANCE_AUTH__IM_SECRET", "hush")];
    let loaded = loaded("", &variables, &[]).expect("valid");
    assert!(!show(&loaded).contains("hush"));
    assert!(!format!("{:?}", loaded.settings.operator).contains("hush"));
}

#[test]
fn unknown_keys_name_the_nearest_one() {
    for (text, key, nearest) in [
        ("[server]\nshard = 2", "server.shard", "server.shards"),
        ("shards = 2", "shards", "server.shards"),
        ("[listen]\nmian = \"off\"", "listen.mian", "listen.main"),
        ("[auht]\nopen = true", "auht.open", "auth.open"),
        ("[limits]\ntext_byte = 1", "limits.text_byte", "limits.text_bytes"),
        ("[server.shards]\nx = 1", "server.shards", ""),
    ] {
        let error = file_error(text);
        if nearest.is_empty() {
            assert!(error.starts_with(key), "{error}");
        } else {
            let expected = format!("there is no setting \"{key}\"; the nearest is \"{nearest}\"");
            assert_eq!(error, expected);
        }
    }
    let error = variable_error("PARLANCE_SERVER__SHARD", "2");
    let expected = "variable PARLANCE_SERVER__SHARD: there is no setting \"server.shard\"; \
                    the nearest is \"server.shards\"";
    assert_eq!(error, expected);
    assert!(variable_error("PARLANCE_A__B", "x").contains("there is no setting \"a.b\""));
    assert!(variable_error("PARLANCE_A__B__C", "x").contains("\"a.b.c\""));
}

#[test]
fn wrong_values_say_where_and_what() {
    for (text, words) in [
        ("[server]\nshards = \"two\"", "server.shards: "),
        ("[server]\nshards = -1", "server.shards: "),
        ("[server]\nshards = 65", "server.shards: found 65, expected 0 to 64"),
        ("[auth]\nopen = \"yes\"", "auth.open: "),
        ("[durability]\nroom = \"none\"", "durability.room: "),
        ("[storage]\ndir = \"\"", "storage.dir: "),
        ("[storage]\ndir = 7", "storage.dir: "),
        ("[listen]\nmain = 7700", "listen.main: "),
        ("[listen]\nmain = \"7700\"", "listen.main: \"7700\" is no address"),
        ("[listen]\nmain = \":7700\"", "listen.main: \":7700\" is no address"),
        ("[listen]\nmain = \"127.0.0.1:70000\"", "listen.main: "),
        ("[listen]\nmain = []", "listen.main: an empty list"),
        ("[listen]\nmain = [\"off\", \"127.0.0.1:1\"]", "listen.main: \"off\" is no address"),
        ("[listen]\nmain = \"unix:\"", "listen.main: \"unix:\""),
        ("[auth]\nallowed_origins = [\"example.org\"]", "auth.allowed_origins: "),
        ("[auth]\nallowed_origins = [\"*\", \"https://a\"]", "auth.allowed_origins: "),
        ("[auth]\nuser_claims = []", "auth.user_claims: "),
        ("[auth]\nuser_claims = [\"email\"]", "auth.user_claims"),
        ("[auth]\nim_secret = \"123456789012345678901234567890123\"", "auth.im_secret: "),
        ("[[auth.keys]]\nalgorithm = \"none\"\nfile = \"k\"", "auth.keys"),
        ("[[auth.keys]]\nalgorithm = \"HS256\"", "auth.keys"),
        ("[[auth.keys]]\nalgorithm = \"HS256\"\nfile = \"k\"\nkid = \"x\"", "auth.keys"),
        ("[limits]\ntext_bytes = 0", "limits.text_bytes: found 0, expected 1 to 32768"),
        ("[limits]\nframe_gap_ms = 1001", "limits.frame_gap_ms: found 1001, expected 0 to 1000"),
        ("[limits]\nframe_bytes = 1", "limits.frame_bytes: "),
        ("[im]\nheart_probe_s = 0", "im.heart_probe_s: found 0, expected 1 to 3600"),
        ("[im]\nsends_per_second = -1", "im.sends_per_second: "),
        ("listen = \"127.0.0.1:1\"", "\"listen\" is a section"),
        ("[server\n", "not TOML: "),
    ] {
        let error = file_error(text);
        assert!(error.starts_with(words), "{text:?} gave {error:?}");
        assert!(!error.contains('\n'), "one line: {error:?}");
    }
    for (name, value) in [
        ("PARLANCE_SERVER__SHARDS", "two"),
        ("PARLANCE_SERVER__SHARDS", ""),
        ("PARLANCE_AUTH__OPEN", "yes"),
        ("PARLANCE_LISTEN__MAIN", ""),
    ] {
        let error = variable_error(name, value);
        assert!(error.starts_with(&format!("variable {name}: ")), "{error}");
    }
    let missing = Sources { file: Some(PathBuf::from("/nowhere/p.toml")), ..Sources::default() };
    assert!(matches!(load(&missing), Err(ConfigError::Unreadable { .. })));
}

#[test]
fn combinations_that_cannot_work_are_refused() {
    for (text, words) in [
        ("[auth]\nopen = true\n[listen]\nmain = \"0.0.0.0:7700\"", "listen.main is 0.0.0.0:7700"),
        ("[auth]\nopen = true\n[listen]\noperator = \"[::]:1\"", "listen.operator is [::]:1"),
        ("[listen]\nmain = \"off\"\nstream = \"off\"\npush = \"off\"", "all off"),
        ("[listen]\nstream = \"127.0.0.1:7700\"", "are both 127.0.0.1:7700"),
        ("[limits]\nframe_bytes = 32768", "does not fit a frame"),
        ("[limits]\noutbox_bytes = 65536", "limits.outbox_bytes = 65536 must hold"),
    ] {
        let error = file_error(text);
        assert!(error.contains(words), "{text:?} gave {error:?}");
    }
    let open = "[auth]\nopen = true\n[listen]\nmain = [\"[::ffff:127.0.0.1]:1\", \"unix:s\"]";
    assert!(settings(open, &[]).auth.open);
    // Port 0 is another port each time.
    settings("[listen]\nmain = \"127.0.0.1:0\"\nstream = \"127.0.0.1:0\"", &[]);
}

#[test]
fn origins_are_compared_as_browsers_spell_them() {
    let parse = |entries: &[&str]| {
        let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        AllowedOrigins::parse(&entries)
    };
    let listed = parse(&["https://Example.org:443/", "http://localhost:3000"]).expect("valid");
    for (origin, allowed) in [
        (None, true),
        (Some("https://example.org"), true),
        (Some("HTTPS://EXAMPLE.ORG"), true),
        (Some("http://localhost:3000"), true),
        (Some("http://example.org"), false),
        (Some("https://example.org:444"), false),
        (Some("https://example.org.evil.net"), false),
        (Some("https://evil.net/https://example.org"), false),
        (Some("http://localhost"), false),
        (Some("null"), false),
        (Some(""), false),
    ] {
        assert_eq!(listed.allows(origin.map(str::as_bytes)), allowed, "{origin:?}");
    }
    assert!(parse(&["*"]).expect("valid").allows(Some(b"null")));
    assert!(!parse(&[]).expect("valid").allows(Some(b"https://a")));
    for wrong in ["", "example.org", "https://", "https://a/b", "https://a@b", "*.a", "https://*.a"]
    {
        assert!(parse(&[wrong]).is_err(), "{wrong}");
    }
}
