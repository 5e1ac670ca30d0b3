//! Notices: kept until they are acknowledged, shown once, bounded.

use super::check;
use crate::limits::{NOTICES_MAX, USER_REQUESTS_MAX};

/// Behind what was missed, before what comes; once more at the next sign-in, until it was seen.
#[test]
fn notices_wait_for_who_is_away() {
    check(
        "shards 2
         call group 7 8 owner=7
         call post 8 1 hello
         call ensure 9
         call ask 9 7 text=hi
         quiet
         in a 7 onechat
         call rename 8 1 name=new
         out a
         in b 7 onechat
         b seen 7n1
         out b
         in c 7 onechat
         c seen 7n2 7n2 5
         out c
         crash
         in d 7 onechat",
        "a page 1#1 hello
         a synced
         a missed 7n1 9 asks to be friends: \"hi\"
         answer: done
         a told 7n2 1 renamed \"new\" by 8
         b page 1#1 hello
         b synced
         b missed 7n1 9 asks to be friends: \"hi\", 7n2 1 renamed \"new\" by 8
         c page 1#1 hello
         c synced
         c missed 7n2 1 renamed \"new\" by 8
         d page 1#1 hello
         d synced",
    );
}

/// A session that has no word for them is told nothing, and acknowledges nothing.
#[test]
fn notices_are_for_dialects_that_have_words_for_them() {
    check(
        "call ensure 8
         in a 7 stream
         in b 7 events
         a sync
         quiet
         call ask 8 7
         in c 7 onechat",
        "answer: asked
         c synced
         c missed 7n1 8 asks to be friends: \"\"",
    );
}

/// Live ones only, where the client asks for the past itself.
#[test]
fn who_is_shown_what_comes_is_not_shown_what_was() {
    check(
        "call ensure 8
         call ensure 7
         call ask 8 7
         quiet
         in a 7 push
         call refuse 7 8
         call ask 8 7",
        "answer: done
         answer: asked
         a told 7n2 8 asks to be friends: \"\"",
    );
}

/// A notice that comes while the missed ones wait for the disk, or before they are shown, is
/// shown once.
#[test]
fn what_comes_during_a_sign_in_is_shown_once() {
    let apart = "a missed 7n1 8 asks to be friends: \"\"\na told 7n2 8 asks to be friends: \"\"";
    let joined = "a missed 7n1 8 asks to be friends: \"\", 7n2 8 asks to be friends: \"\"";
    for (held, notices) in [("commits 0", apart), ("reads 0", joined)] {
        check(
            &format!(
                "call group 7 owner=7
                 call post 7 1 hello
                 call ensure 8
                 call ask 8 7
                 quiet
                 hold {held}
                 in a 7 onechat
                 call refuse 7 8
                 call ask 8 7
                 let {held}"
            ),
            &format!(
                "a page 1#1 hello
                 a synced
                 {notices}
                 answer: done
                 answer: asked"
            ),
        );
    }
}

/// Nothing is shown before it is on disk: a crash would take it back.
#[test]
fn a_notice_is_shown_after_its_commit() {
    check(
        "in a 7 push
         call ensure 8
         call ask 8 7
         call refuse 7 8
         quiet
         hold commits 0
         call ask 8 7
         call own-name 8 name=Bob
         let commits 0",
        "a told 7n2 8 asks to be friends: \"\"
         answer: done
         answer: asked",
    );
}

/// The oldest are dropped; what they told can still be asked for.
#[test]
fn too_many_notices_drop_the_oldest() {
    let mut script = String::from("call group 7 8 owner=7\nin a 7 onechat\nquiet\n");
    for n in 0..=NOTICES_MAX {
        script.push_str(&format!("call rename 8 1 name=n{n}\n"));
    }
    script.push_str("quiet\nout a\nin b 7 onechat");
    let notices = (1..=NOTICES_MAX).map(|n| format!("7n{} 1 renamed \"n{n}\" by 8", n + 1));
    let notices: Vec<String> = notices.collect();
    check(&script, &format!("b synced\nb missed {}", notices.join(", ")));
}

#[test]
fn too_many_requests_are_refused() {
    let mut script = String::from("call ensure 7\n");
    for n in 0..=USER_REQUESTS_MAX {
        script.push_str(&format!("call ensure {0}\ncall ask {0} 7\n", n + 1_000));
    }
    script.push_str(
        "quiet
         call ask 5000 7
         call ensure 5000
         call ask 5000 7
         call ask 7 1000
         call ask 5000 7
         call group 1 owner=1
         call invite 1 1 7
         call requests 7",
    );
    check(
        &script,
        "answer: refused: too many requests are open there
         answer: done
         answer: refused: too many requests are open there
         answer: friends
         answer: asked
         answer: conversation 1
         answer: refused: too many requests are open there
         answer: 256 requests",
    );
}
