//! Friendships: asked for, agreed to, refused and ended, over one shard and over several.

use parlance_codecs::{ConversationId, UserId};

use super::check;
use crate::placement::Placement;

/// Who asked is told once the other agrees, however that one says it.
#[test]
fn one_asks_and_the_other_agrees() {
    for agree in ["call accept 8 7", "call ask 8 7"] {
        let answer = if agree.contains("ask") { "friends" } else { "done" };
        for shards in [1, 3] {
            check(
                &format!(
                    "shards {shards}
                     in a 7 push
                     in b 8 push
                     call own-name 7 name=Ada
                     call ask 7 8 text=hello
                     call requests 8 after=0
                     {agree}
                     call requests 8
                     call look 7 7-8
                     call look 8 7-8"
                ),
                &format!(
                    "answer: done
                     answer: asked
                     b told 8n1 7 asks to be friends: \"hello\"
                     answer: 1 requests, 7 about friends \"hello\"
                     answer: {answer}
                     b told 8n2 friends with 7 \"Ada\"
                     a told 7n1 friends with 8 \"\"
                     answer: 0 requests
                     answer: Direct up to 0 with 0 recalls, hidden up to 0, read up to 0
                     answer: Direct up to 0 with 0 recalls, hidden up to 0, read up to 0"
                ),
            );
        }
    }
}

#[test]
fn each_friendship_act_is_refused_where_it_has_no_place() {
    check(
        "in a 7 events
         in b 8 events
         call ask 7 7
         call ask 7 9
         call accept 7 7
         call refuse 7 7
         call unfriend 7 7
         call accept 7 8
         call accept 7 9
         call refuse 7 8
         call unfriend 7 8
         call ask 7 8
         call ask 7 8
         call accept 7 8
         call refuse 7 8
         call accept 8 7
         call ask 7 8
         call ask 8 7
         call accept 8 7
         call refuse 8 7",
        "answer: refused: no such user
         answer: refused: no such user
         answer: refused: no such request
         answer: refused: no such request
         answer: refused: the users are not friends
         answer: refused: no such request
         answer: refused: no such request
         answer: refused: no such request
         answer: refused: the users are not friends
         answer: asked
         answer: refused: this was asked already
         answer: refused: no such request
         answer: refused: no such request
         answer: done
         answer: refused: they are friends already
         answer: refused: they are friends already
         answer: refused: they are friends already
         answer: refused: no such request",
    );
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    let text = "x".repeat(1_025);
    check(
        &format!("call ensure 7\ncall ensure 8\ncall ask 7 8 text={text}\ncall requests 8"),
        "answer: done
         answer: done
         answer: refused: the text has 1025 bytes, and may have 1024
         answer: 0 requests",
    );
}

/// The dialect decides whether one needs a name; a login name is one.
#[test]
fn who_has_no_name_may_be_refused() {
    check(
        "call ensure 7
         call ensure 8
         call create-user id=9 name=nine
         call ask 7 8 named=only
         call ask 9 8 named=only
         call own-name 7 name=Ada
         call ask 7 8 named=only",
        "answer: done
         answer: done
         answer: user 9
         answer: refused: the user has no name yet
         answer: asked
         answer: done
         answer: asked",
    );
}

#[test]
fn a_refused_request_may_be_made_again() {
    check(
        "shards 2
         in a 7 push
         in b 8 events
         call ask 7 8
         call refuse 8 7
         call requests 8
         call ask 7 8
         call requests 8",
        "answer: asked
         answer: done
         a told 7n1 8 refused
         answer: 0 requests
         answer: asked
         answer: 1 requests",
    );
}

/// A message needs a friend, and needs one no longer once the friendship is over.
#[test]
fn friends_part_for_both() {
    check(
        "shards 2
         in a 7 onechat friends=yes
         in b 8 onechat friends=yes
         call befriend 7 8
         a post 7-8 hello
         call unfriend 8 7
         a post 7-8 again
         b post 7-8 too
         call ask 7 8
         call accept 8 7
         b post 7-8 friends",
        "a synced
         b synced
         answer: done
         a posted 7-8#1
         b < 7-8#1 hello
         answer: done
         b told 8n1 no friends with 7 by 8
         a told 7n1 no friends with 8 by 8
         a refused: the users are not friends
         b refused: the users are not friends
         answer: asked
         b told 8n2 7 asks to be friends: \"\"
         answer: done
         b told 8n3 friends with 7 \"\"
         a told 7n2 friends with 8 \"\"
         b posted 7-8#2
         a < 7-8#2 friends",
    );
}

/// The operator's word settles what one of the two had asked; it is told only where it says so.
#[test]
fn the_operator_makes_friends() {
    check(
        "shards 2
         in a 7 push
         in b 8 push
         call ask 7 8
         call befriend 7 8
         call requests 8
         call unfriend 7 8
         quiet
         call befriend 7 8 notify=yes
         call befriend 7 7",
        "answer: done
         a told 7n2 friends with 8 \"\"
         b told 8n3 friends with 7 \"\"
         answer: refused: no such user",
    );
}

/// Both ask at the same time, from shards that cannot hear one another yet: one friendship.
#[test]
fn two_who_ask_at_once_are_friends() {
    check(
        "shards 3
         in a 7 events
         in b 8 events
         hold loads 0
         hold loads 1
         hold loads 2
         call ask 7 8
         call ask 8 7
         let loads 0
         let loads 1
         let loads 2
         call requests 7
         call requests 8
         call unfriend 7 8",
        "answer: asked
         answer: friends
         answer: 0 requests
         answer: 0 requests
         answer: done",
    );
}

/// A crash at any step between the pair's decision and the end of its intents: what was decided
/// comes to both, and nobody is told twice.
#[test]
fn a_crash_between_the_homes_loses_and_doubles_nothing() {
    let (a, b, homes) = users_apart();
    let [of_a, of_b, of_pair] = homes;
    for home in [of_a, of_b] {
        let lost_way_there = format!("mesh {of_pair} {home}");
        let lost_on_arrival = format!("commits {home}");
        let lost_way_back = format!("mesh {home} {of_pair}");
        for held in [lost_way_there, lost_on_arrival, lost_way_back] {
            check(
                &format!(
                    "shards 3
                     call ensure {a}
                     call ensure {b}
                     call ask {a} {b}
                     hold commits {of_pair}
                     call accept {b} {a}
                     hold {held}
                     let commits {of_pair}
                     crash
                     let {held}
                     quiet
                     in a {a} onechat
                     in b {b} onechat
                     call look {a} {a}-{b}
                     call look {b} {a}-{b}
                     call requests {b}"
                ),
                &format!(
                    "a synced
                     b synced
                     a missed {a}n1 friends with {b} \"\"
                     b missed {b}n1 {a} asks to be friends: \"\", {b}n2 friends with {a} \"\"
                     answer: Direct up to 0 with 0 recalls, hidden up to 0, read up to 0
                     answer: Direct up to 0 with 0 recalls, hidden up to 0, read up to 0
                     answer: 0 requests"
                ),
            );
        }
    }
}

/// Two users and the homes of the first, the second and their pair, all three different.
fn users_apart() -> (u64, u64, [u8; 3]) {
    let placement = Placement::new(3);
    let user = |raw| UserId::new(raw).expect("a user");
    let pairs = (7..60).flat_map(|a| (a + 1..60).map(move |b| (a, b)));
    let homes = pairs.map(|(a, b)| {
        let pair = ConversationId::direct(user(a), user(b)).expect("two users");
        let homes = [
            placement.home_of_user(user(a)),
            placement.home_of_user(user(b)),
            placement.home_of_conversation(pair),
        ];
        (a, b, homes.map(|home| home.0))
    });
    let apart = |homes: &[u8; 3]| {
        let [a, b, pair] = homes;
        a != b && a != pair && b != pair
    };
    let mut found = homes.filter(|(_, _, homes)| apart(homes));
    found.next().expect("some users live apart from each other and from their pair")
}

/// Pages go forwards and backwards from a time that they leave out.
#[test]
fn requests_are_listed_in_pages() {
    check(
        "call ensure 1
         call ensure 2
         call ensure 3
         call ensure 9
         still
         call ask 1 9
         call ask 2 9
         call ask 3 9
         quiet
         call requests 9
         call requests 9 after=0
         call requests 9 after=1704068200005000
         call requests 9 before=1704068200005001
         call requests 9 before=1",
        "answer: 3 requests
         answer: 3 requests, 1 about friends \"\", 2 about friends \"\", 3 about friends \"\"
         answer: 3 requests, 2 about friends \"\", 3 about friends \"\"
         answer: 3 requests, 1 about friends \"\"
         answer: 3 requests",
    );
}
