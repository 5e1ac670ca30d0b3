//! Invitations into groups and applications to them.

use super::check;

#[test]
fn an_invitation_is_accepted() {
    check(
        "shards 2
         call group 7 8 owner=7
         in a 8 push
         in b 9 push
         call own-name 9 name=Cy
         quiet
         call invite 8 1 10
         call invite 8 1 9
         call invite 7 1 9
         call requests 9 after=0
         call accept-invite 9 1
         call requests 9
         call accept-invite 9 1
         call invite 8 1 9
         call members 9 1",
        "answer: refused: no such user
         answer: done
         b told 9n1 8 invites into 1
         answer: refused: this was asked already
         answer: 1 requests, 8 about 1 \"\"
         answer: done
         a told 8n1 9 \"Cy\" in 1 \"name\" by 8
         b told 9n2 9 \"Cy\" in 1 \"name\" by 8
         answer: 0 requests
         answer: refused: no such request
         answer: refused: the user is in it already
         answer: members 7 \"\" Owner, 8 \"\" Member, 9 \"\" Member",
    );
}

#[test]
fn an_invitation_is_refused() {
    check(
        "shards 2
         call group 7 8 owner=7
         in a 8 push
         call ensure 9
         quiet
         call invite 8 1 9
         call refuse-invite 9 1
         call refuse-invite 9 1
         call requests 9
         call members 9 1",
        "answer: done
         answer: done
         a told 8n1 9 does not come into 1
         answer: refused: no such request
         answer: 0 requests
         answer: refused: no such conversation",
    );
}

/// Owner and admins are told of it and decide; the others are not.
#[test]
fn an_application_is_decided_by_who_leads() {
    check(
        "shards 2
         call group 7 8 10 owner=7
         call duty 7 1 8 admin
         in a 8 push
         in b 9 push
         in c 10 push
         quiet
         call apply 10 1
         call apply 9 5
         call apply 9 1
         call apply 9 1
         call let-in 10 1 9
         call group-requests 8 1 after=0
         call turn-away 8 1 9
         call turn-away 8 1 9
         call let-in 8 1 9
         call apply 9 1
         call let-in 7 1 9
         call group-requests 7 1",
        "answer: refused: the user is in it already
         answer: refused: no such conversation
         answer: done
         a told 8n2 9 wants into 1
         answer: refused: this was asked already
         answer: refused: only those who lead the group may do this
         answer: 1 requests, 9 about 1 \"\"
         answer: done
         b told 9n1 not let into 1
         answer: refused: no such request
         answer: refused: no such request
         answer: done
         a told 8n3 9 wants into 1
         answer: done
         a told 8n4 9 \"\" in 1 \"name\" by 7
         b told 9n2 9 \"\" in 1 \"name\" by 7
         c told 10n2 9 \"\" in 1 \"name\" by 7
         answer: 0 requests",
    );
}

/// Who was invited and wants in is in; so both sides have said yes.
#[test]
fn an_invitation_and_an_application_meet() {
    check(
        "call group 7 owner=7
         call ensure 9
         quiet
         call invite 7 1 9
         call apply 9 1
         call members 9 1
         call requests 9",
        "answer: done
         answer: done
         answer: members 7 \"\" Owner, 9 \"\" Member
         answer: 0 requests",
    );
}

/// However one comes in, what stood open is settled.
#[test]
fn who_is_brought_in_has_nothing_open() {
    for come_in in ["call bring 7 1 9", "call add 1 9"] {
        check(
            &format!(
                "shards 3
                 call group 7 owner=7
                 call ensure 9
                 call apply 9 1
                 call invite 7 1 9
                 quiet
                 {come_in}
                 call requests 9
                 call group-requests 7 1"
            ),
            "answer: done
             answer: 0 requests
             answer: 0 requests",
        );
    }
}
