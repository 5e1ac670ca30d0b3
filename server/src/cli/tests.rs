//! What the command line takes and refuses.

use clap::{CommandFactory as _, Parser as _};

use super::{Command, CommandLine};

#[test]
fn the_command_line_is_consistent() {
    CommandLine::command().debug_assert();
}

#[test]
fn flags_set_their_keys() {
    let line = ["parlance", "serve", "--data", "d", "--listen", "127.0.0.1:1", "--listen"];
    let line = line.into_iter().chain(["unix:s", "--shards", "2", "--open"]);
    let Command::Serve(args) = CommandLine::try_parse_from(line).expect("valid").command else {
        panic!("serve was asked for");
    };
    let flags = args.sources().expect("valid").flags;
    let set: Vec<_> = flags.iter().map(|flag| (flag.key, flag.value.as_str())).collect();
    let expected = [
        ("storage.dir", "d"),
        ("listen.main", "127.0.0.1:1,unix:s"),
        ("server.shards", "2"),
        ("auth.open", "true"),
    ];
    assert_eq!(set, expected);
}

#[test]
fn tokens_need_a_user_and_a_sane_duration() {
    for wrong in [
        &["parlance", "token"][..],
        &["parlance", "token", "--user", "0"],
        &["parlance", "token", "--user", "-1"],
        &["parlance", "token", "--user", "x"],
        &["parlance", "token", "--user", "7", "--ttl", "0s"],
        &["parlance", "token", "--user", "7", "--ttl", "24"],
        &["parlance", "token", "--user", "7", "--ttl", "99y"],
        &["parlance", "token", "--user", "7", "--format", "saml"],
    ] {
        assert!(CommandLine::try_parse_from(wrong).is_err(), "{wrong:?}");
    }
    let right = ["parlance", "token", "--user", "7", "--ttl", "1h 30m", "--format", "im"];
    assert!(CommandLine::try_parse_from(right).is_ok());
}
