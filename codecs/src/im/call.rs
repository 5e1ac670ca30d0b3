//! Which calls there are, and what each is about.

/// Makes [`Call`] from the calls' lines.
macro_rules! calls {
    ($($name:ident, $path:literal, $about:ident;)+) => {
        /// What a path stands for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Call {
            $($name,)+
        }

        impl Call {
            pub const ALL: &'static [Call] = &[$(Self::$name,)+];

            pub fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path,)+
                }
            }

            pub(super) fn about(self) -> About {
                match self {
                    $(Self::$name => About::$about,)+
                }
            }
        }
    };
}

calls! {
    Send, "/im.chat/send", Chat;
    Recall, "/im.chat/recall", Chat;
    Ack, "/im.chat/ack", Chat;
    Pull, "/im.chat/pull", Chat;

    UpdateSelfName, "/im.relation/update_self_name", Oneself;
    UpdateGroupName, "/im.relation/update_group_name", OwnGroup;
    MakeFriend, "/im.relation/make_friend", Anybody;
    AcceptMakeFriend, "/im.relation/accept_make_friend", Request;
    RefuseMakeFriend, "/im.relation/refuse_make_friend", Request;
    GroupInvite, "/im.relation/group_invite", OwnGroup;
    AcceptGroupInvite, "/im.relation/accept_group_invite", Request;
    RefuseGroupInvite, "/im.relation/refuse_group_invite", Request;
    GroupApply, "/im.relation/group_apply", AnyGroup;
    AcceptGroupApply, "/im.relation/accept_group_apply", OwnGroup;
    RefuseGroupApply, "/im.relation/refuse_group_apply", OwnGroup;
    DelFriend, "/im.relation/del_friend", Friend;
    LeaveGroup, "/im.relation/leave_group", OwnGroup;
    KickGroup, "/im.relation/kick_group", OwnGroup;
    Relations, "/im.relation/relations", Oneself;
    Relation, "/im.relation/relation", Chat;
    GroupMembers, "/im.relation/group_members", OwnGroup;
    UpdateUserRelationName, "/im.relation/update_user_relation_name", Chat;
    UpdateNameInGroup, "/im.relation/update_name_in_group", OwnGroup;
    UpdateDutyInGroup, "/im.relation/update_duty_in_group", OwnGroup;
    GetSelfRequestsCount, "/im.relation/get_self_requests_count", Oneself;
    GetSelfRequests, "/im.relation/get_self_requests", Oneself;
    GetGroupRequestsCount, "/im.relation/get_group_requests_count", OwnGroup;
    GetGroupRequests, "/im.relation/get_group_requests", OwnGroup;
}

impl Call {
    pub fn of(path: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|call| call.path() == path)
    }
}

/// What a call is about, which decides what it is called when that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Oneself,
    /// A user or a group, by `target_type`.
    Chat,
    Friend,
    /// A user who need not know the caller.
    Anybody,
    /// A group that the caller is in.
    OwnGroup,
    /// A group that the caller need not be in.
    AnyGroup,
    /// What somebody asked the caller for.
    Request,
}

/// `target_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChatKind {
    User,
    Group,
}

impl ChatKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }
}
