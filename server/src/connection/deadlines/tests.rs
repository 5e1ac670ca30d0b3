//! When a connection is judged, and how.

use parlance_codecs::UserId;

use super::*;
use crate::auth::SignedUser;

fn at(monotonic_ms: u64) -> Now {
    Now { monotonic_ms, wall_ms: 1_000_000_000 + monotonic_ms }
}

fn live(expires_at_s: Option<u64>) -> Stage {
    Stage::Live(SignedUser { user: UserId::new(7).unwrap(), expires_at_s })
}

const HEARTBEATS: Heartbeats = Heartbeats { interval_ms: 25_000, timeout_ms: 20_000 };

fn begun(now_ms: u64) -> Deadlines {
    Deadlines::new(now_ms, HEARTBEATS)
}

/// Judges at each time and compares.
fn check(deadlines: &Deadlines, stage: Stage, framing: Framing, expected: &[(u64, Verdict)]) {
    for (now_ms, verdict) in expected {
        assert_eq!(deadlines.judge(stage, framing, at(*now_ms)), *verdict, "at {now_ms}");
    }
}

#[test]
fn a_peer_has_ten_seconds_to_sign_in() {
    let deadlines = begun(5);
    let expired = Verdict::End(EndReason::NotSignedIn);
    let expected = [(10_004, Verdict::Fine), (10_005, expired)];
    check(&deadlines, Stage::Greeting, Framing::Onechat, &expected);
    assert_eq!(deadlines.next_ms(Stage::Greeting, Framing::Onechat, at(5)), 10_005);
}

#[test]
fn a_frame_has_ten_seconds_however_slowly_it_comes() {
    let deadlines = begun(0);
    deadlines.mid_frame(true, false, 1_000);
    deadlines.mid_frame(true, false, 9_000);
    let late = Verdict::End(EndReason::Protocol);
    let expected = [(10_999, Verdict::Fine), (11_000, late)];
    check(&deadlines, live(None), Framing::Delimited, &expected);
    deadlines.mid_frame(true, true, 10_000);
    check(&deadlines, live(None), Framing::Delimited, &[(19_999, Verdict::Fine), (20_000, late)]);
    deadlines.mid_frame(false, true, 10_000);
    check(&deadlines, live(None), Framing::Delimited, &[(90_000, Verdict::Fine)]);
    assert_eq!(deadlines.next_ms(live(None), Framing::Delimited, at(10_000)), u64::MAX);
}

#[test]
fn silence_is_asked_once_and_then_ended() {
    let deadlines = begun(0);
    let expected = [
        (29_999, Verdict::Fine),
        (30_000, Verdict::Ping),
        (45_000, Verdict::Fine),
        (60_000, Verdict::End(EndReason::Idle)),
    ];
    check(&deadlines, live(None), Framing::WebSocket, &expected);
    deadlines.heard(60_000);
    check(&deadlines, live(None), Framing::WebSocket, &[(90_000, Verdict::Ping)]);
}

#[test]
fn a_session_ends_within_a_minute_of_its_token() {
    let deadlines = begun(0);
    let stage = live(Some(1_000_100));
    let expected = [(129_999, Verdict::Fine), (130_000, Verdict::End(EndReason::Expired))];
    check(&deadlines, stage, Framing::Delimited, &expected);
    assert_eq!(deadlines.next_ms(stage, Framing::Delimited, at(0)), EXPIRY_CHECK_MS);
}

#[test]
fn who_is_not_read_from_owes_nothing() {
    let deadlines = begun(0);
    deadlines.mid_frame(true, false, 0);
    deadlines.paused(9_000);
    check(&deadlines, live(None), Framing::WebSocket, &[(38_999, Verdict::Fine)]);
}

#[test]
fn who_has_hung_up_is_owed_answers_for_a_minute() {
    let deadlines = begun(0);
    assert_eq!(deadlines.next_ms(live(None), Framing::Grpc, at(0)), u64::MAX);
    deadlines.hung_up(5_000);
    assert_eq!(deadlines.next_ms(live(None), Framing::Grpc, at(5_000)), 65_000);
    let expected = [(64_999, Verdict::Fine), (65_000, Verdict::End(EndReason::Idle))];
    check(&deadlines, live(None), Framing::Grpc, &expected);
}

/// Engine.IO 4: the server asks once per interval, whatever it hears, because clients count the
/// time since they were asked last.
#[test]
fn protocol_4_is_asked_in_every_interval() {
    let deadlines = begun(0);
    let framing = Framing::EngineIo4;
    assert_eq!(deadlines.next_ms(Stage::Nameless, framing, at(0)), 25_000);
    let expected = [(24_999, Verdict::Fine), (25_000, Verdict::Ping), (25_001, Verdict::Fine)];
    check(&deadlines, Stage::Nameless, framing, &expected);
    assert_eq!(deadlines.next_ms(Stage::Nameless, framing, at(25_001)), 45_000);
    deadlines.heard(26_000);
    check(&deadlines, live(None), framing, &[(49_999, Verdict::Fine), (50_000, Verdict::Ping)]);
    let gone = Verdict::End(EndReason::Idle);
    check(&deadlines, live(None), framing, &[(70_999, Verdict::Fine), (71_000, gone)]);
}

/// Engine.IO 3: the client asks, and is gone where it does not.
#[test]
fn protocol_3_asks_by_itself() {
    let deadlines = begun(0);
    let framing = Framing::EngineIo3;
    assert_eq!(deadlines.next_ms(Stage::Nameless, framing, at(0)), 45_000);
    deadlines.heard(20_000);
    let gone = Verdict::End(EndReason::Idle);
    let expected = [(25_000, Verdict::Fine), (64_999, Verdict::Fine), (65_000, gone)];
    check(&deadlines, Stage::Nameless, framing, &expected);
}

/// Whoever is let in without a user has all the time of its heartbeats to name one.
#[test]
fn the_nameless_need_not_sign_in() {
    let deadlines = begun(0);
    check(&deadlines, Stage::Nameless, Framing::EngineIo4, &[(11_000, Verdict::Fine)]);
    let not_signed_in = Verdict::End(EndReason::NotSignedIn);
    check(&deadlines, Stage::Greeting, Framing::EngineIo4, &[(11_000, not_signed_in)]);
}

#[test]
fn who_must_echo_is_pinged_at_once_and_then_at_a_pace() {
    let deadlines = begun(0);
    deadlines.watch_echoes(60_000, 5_000);
    let stage = live(None);
    assert_eq!(deadlines.next_ms(stage, Framing::Pieces, at(5_000)), 5_000);
    check(&deadlines, stage, Framing::Pieces, &[(5_000, Verdict::Probe)]);
    assert_eq!(deadlines.probed(at(5_000)), 1_000_005_000_000_000_u64.to_be_bytes());
    assert_eq!(deadlines.next_ms(stage, Framing::Pieces, at(5_000)), 65_000);
    check(&deadlines, stage, Framing::Pieces, &[(64_999, Verdict::Fine), (65_000, Verdict::Probe)]);
}

/// Whatever else it sends.
#[test]
fn who_does_not_echo_is_gone_after_three_pings_and_a_third() {
    let gone = Verdict::End(EndReason::Idle);
    let deadlines = begun(0);
    deadlines.watch_echoes(60_000, 0);
    for ping in 0..4 {
        let now = at(ping * 60_000);
        check(&deadlines, live(None), Framing::Pieces, &[(now.monotonic_ms, Verdict::Probe)]);
        deadlines.probed(now);
        deadlines.heard(now.monotonic_ms);
        deadlines.echoed(7, now.monotonic_ms);
    }
    check(&deadlines, live(None), Framing::Pieces, &[(199_999, Verdict::Fine), (200_000, gone)]);
}

#[test]
fn an_echo_of_one_of_the_last_two_pings_counts() {
    let deadlines = begun(0);
    deadlines.watch_echoes(60_000, 0);
    let first = u64::from_be_bytes(deadlines.probed(at(0)));
    deadlines.probed(at(60_000));
    deadlines.echoed(first, 61_000);
    deadlines.probed(at(120_000));
    deadlines.echoed(first, 121_000);
    let gone = Verdict::End(EndReason::Idle);
    let expected = [(179_999, Verdict::Fine), (180_000, Verdict::Probe), (261_000, gone)];
    check(&deadlines, live(None), Framing::Pieces, &expected);
}
