//! What users do in groups, who may do it, and who is told.

use super::check;

/// One line per act that a plain member, a stranger and a wrong number are refused.
#[test]
fn what_one_may_not_see_does_not_exist() {
    let acts = [
        "delete 9 {}",
        "leave 9 {}",
        "rename 9 {} name=x",
        "rename 9 {} by=leaders name=x",
        "bring 9 {} 8",
        "throw-out 9 {} 8",
        "invite 9 {} 8",
        "let-in 9 {} 8",
        "turn-away 9 {} 8",
        "duty 9 {} 8 admin",
        "name-in 9 {} name=x",
        "members 9 {}",
        "group-requests 9 {}",
    ];
    for act in acts {
        let (there, missing) = (act.replace("{}", "1"), act.replace("{}", "5"));
        check(
            &format!("call group 7 8 owner=7\ncall ensure 9\nquiet\ncall {there}\ncall {missing}"),
            "answer: refused: no such conversation\nanswer: refused: no such conversation",
        );
    }
    for act in ["accept-invite 9 {}", "refuse-invite 9 {}"] {
        let (there, missing) = (act.replace("{}", "1"), act.replace("{}", "5"));
        check(
            &format!("call group 7 8 owner=7\ncall ensure 9\nquiet\ncall {there}\ncall {missing}"),
            "answer: refused: no such request\nanswer: refused: no such request",
        );
    }
}

/// Channels and rooms have no duties to give and no door to knock at.
#[test]
fn only_groups_are_changed_by_their_members() {
    for kind in ["channel 7 8 owner=7", "room owner=7"] {
        check(
            &format!(
                "call {kind}
                 call ensure 9
                 quiet
                 call delete 7 1
                 call leave 7 1
                 call apply 9 1
                 call members 7 1"
            ),
            "answer: refused: no such conversation
             answer: refused: no such conversation
             answer: refused: no such conversation
             answer: refused: no such conversation",
        );
    }
}

#[test]
fn duties_say_who_may_what() {
    check(
        "shards 2
         call group 7 8 9 10 owner=8
         quiet
         call delete 7 1
         call rename 7 1 by=leaders name=x
         call rename 7 1 name=any
         call throw-out 7 1 9
         call duty 7 1 9 admin
         call group-requests 7 1
         call duty 8 1 7 admin
         call rename 7 1 by=leaders name=x
         call group-requests 7 1
         call throw-out 7 1 8
         call throw-out 7 1 11
         call duty 7 1 9 admin
         call delete 7 1
         call duty 8 1 11 admin
         call duty 8 1 8 member
         call duty 8 1 9 admin
         call throw-out 7 1 9
         call members 7 1
         call duty 8 1 7 owner
         call members 8 1
         call duty 8 1 10 admin",
        "answer: refused: only those who lead the group may do this
         answer: refused: only those who lead the group may do this
         answer: done
         answer: refused: only those who lead the group may do this
         answer: refused: only those who lead the group may do this
         answer: refused: only those who lead the group may do this
         answer: done
         answer: done
         answer: 0 requests
         answer: refused: only those who lead the group may do this
         answer: refused: the user is not in the group
         answer: refused: only those who lead the group may do this
         answer: refused: only those who lead the group may do this
         answer: refused: the user is not in the group
         answer: refused: only those who lead the group may do this
         answer: done
         answer: done
         answer: members 7 \"\" Admin, 8 \"\" Owner, 10 \"\" Member
         answer: done
         answer: members 7 \"\" Owner, 8 \"\" Admin, 10 \"\" Member
         answer: refused: only those who lead the group may do this",
    );
}

#[test]
fn a_member_brings_others_in() {
    check(
        "shards 2
         call group 7 owner=7
         in a 7 push
         in b 8 push
         call own-name 8 name=Bob
         quiet
         call bring 7 1 9
         call bring 7 1 8
         call bring 7 1 8
         call bring 8 1 7
         a post 1 hello",
        "answer: refused: no such user
         answer: done
         a told 7n1 8 \"Bob\" in 1 \"name\" by 7
         b told 8n1 8 \"Bob\" in 1 \"name\" by 7
         answer: refused: the user is in it already
         answer: refused: the user is in it already
         a posted 1#1
         a < 1#1 hello
         b < 1#1 hello",
    );
}

/// Everybody is told who left, the one who left too; the smallest id leads, the last one out
/// takes the group along.
#[test]
fn the_owner_leaves_and_the_last_member_ends_the_group() {
    check(
        "shards 2
         call group 7 8 9 owner=9
         in a 7 push
         quiet
         call leave 9 1
         call members 8 1
         call leave 9 1
         call leave 8 1
         call leave 7 1
         call members 7 1
         call memberships 7
         a post 1 hello
         call describe 1
         call apply 8 1",
        "answer: done
         a told 7n1 9 out of 1 by 9
         a told 7n2 7 is Owner in 1
         answer: members 7 \"\" Owner, 8 \"\" Member
         answer: refused: no such conversation
         answer: done
         a told 7n3 8 out of 1 by 8
         answer: done
         a told 7n4 7 out of 1 by 7
         answer: refused: no such conversation
         answer: in nothing
         a refused: no such conversation
         answer: refused: no such conversation
         answer: refused: no such conversation",
    );
}

/// Its log is unreadable, sends find nothing, what was asked about it is settled.
#[test]
fn a_deleted_group_is_gone_for_everyone() {
    for shards in [1, 2, 4] {
        check(
            &format!(
                "shards {shards}
                 call group 7 8 owner=8
                 call ensure 9
                 call ensure 10
                 in a 7 stream
                 a post 1 hello
                 call invite 7 1 9
                 call apply 10 1
                 in b 10 push
                 quiet
                 call delete 8 1
                 call requests 9
                 a post 1 again
                 a sync group=0
                 call look 7 1
                 call describe 1
                 call memberships 8
                 crash
                 in a 7 stream
                 a sync group=0
                 a post 1 after
                 call post 8 1 after"
            ),
            "answer: done
                 b told 10n1 not let into 1
                 answer: 0 requests
                 a refused: no such conversation
                 a synced
                 answer: refused: no such conversation
                 answer: refused: no such conversation
                 answer: in nothing
                 a synced
                 a refused: no such conversation
                 answer: refused: no such conversation",
        );
    }
}

#[test]
fn names_are_shown_and_taken_back() {
    let long = "x".repeat(257);
    check(
        &format!(
            "call group 7 8 owner=7
             call befriend 7 8
             quiet
             call name-in 8 1 name=Bobby
             call members 7 1
             call name-in 8 1 name=
             call members 7 1
             call name-in 8 1 name={long}
             call rename 7 1 name=
             call rename 7 1 name={long}
             call own-name 7 name=
             call own-name 7 name={long}
             call own-name 7 name=Ada
             call profile 7
             call alias 7 7-8 name=B
             call alias 7 1 name=G
             call related 7
             call alias 7 1 name=
             call related 7
             call alias 7 7-9 name=N
             call alias 7 8-9 name=N
             call alias 7 5 name=N
             call alias 7 1 name={long}"
        ),
        "answer: done
         answer: members 7 \"\" Owner, 8 \"Bobby\" Member
         answer: done
         answer: members 7 \"\" Owner, 8 \"\" Member
         answer: refused: a name has 1 to 256 bytes without NUL, not 257
         answer: refused: a name has 1 to 256 bytes without NUL, not 0
         answer: refused: a name has 1 to 256 bytes without NUL, not 257
         answer: refused: a name has 1 to 256 bytes without NUL, not 0
         answer: refused: a name has 1 to 256 bytes without NUL, not 257
         answer: done
         answer: user 7 name \"Ada\" external none
         answer: done
         answer: done
         answer: \"Ada\" with 7-8 as B, 1 as G
         answer: done
         answer: \"Ada\" with 7-8 as B, 1
         answer: refused: the users are not friends
         answer: refused: the users are not friends
         answer: refused: no such conversation
         answer: refused: a name has 1 to 256 bytes without NUL, not 257",
    );
}

/// Before a group is made, its members are asked whether they are there.
#[test]
fn who_may_come_into_a_new_group() {
    check(
        "call ensure 7\ncall may-relate 7\ncall may-relate 8",
        "answer: done\nanswer: done\nanswer: refused: no such user",
    );
}

/// The operator's calls tell nobody, unless they say so; then those whom they concern.
#[test]
fn the_operator_may_have_members_told() {
    check(
        "shards 2
         in a 7 push
         in b 8 push
         call own-name 8 name=Bob
         call group 7 owner=7
         call add 1 8
         call remove 1 8
         quiet
         call add 1 8 notify=yes
         call remove 1 8 notify=yes
         call group 8 notify=yes",
        "answer: done
         b told 8n1 8 \"Bob\" in 1 \"name\" by 7
         answer: done
         b told 8n2 8 out of 1 by 7
         answer: conversation 2
         b told 8n3 2 \"name\" made by 8",
    );
}

/// A group whose owner the operator takes out is led by another member, or by nobody.
#[test]
fn the_operator_removes_an_owner() {
    check(
        "call group 7 8 9 owner=7
         quiet
         call remove 1 7
         call members 8 1
         call remove 1 8 9
         call add 1 8
         call members 8 1",
        "answer: done
         answer: members 8 \"\" Owner, 9 \"\" Member
         answer: done
         answer: done
         answer: members 8 \"\" Member",
    );
}
