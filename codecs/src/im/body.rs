//! A call's body, in whichever of three forms it came, as the message that it is.
//!
//! Decides what is malformed. JSON is protobuf's: keys as documented or in camel case, integers as
//! numbers or texts, `null` as absent, unknown keys passed over; an empty body has nothing but
//! defaults. Invariant: a field's value is the one that the client wrote, or the body is
//! malformed.

use prost::Message;

use crate::generated::im;
use crate::json::{self, Keys, Object};

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyForm {
    Json,
    Protobuf,
    /// `application/x-www-form-urlencoded`, and what is nothing else.
    Form,
}

impl BodyForm {
    pub fn of_content_type(content_type: &[u8]) -> Self {
        let begins = |with: &[u8]| {
            content_type.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with))
        };
        if begins(b"application/json") {
            Self::Json
        } else if begins(b"application/x-protobuf") {
            Self::Protobuf
        } else {
            Self::Form
        }
    }
}

/// What a call came with.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    pub form: BodyForm,
    pub bytes: &'a [u8],
    /// The URL's query, which a form goes on in.
    pub query: &'a str,
}

/// The body is not what it says, or a field is not what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl Body<'_> {
    pub(super) fn read<M: Readable>(self) -> Result<M, Malformed> {
        match self.form {
            BodyForm::Protobuf => M::decode(self.bytes).map_err(|_| Malformed),
            BodyForm::Json if self.bytes.is_empty() => Ok(M::default()),
            BodyForm::Json => {
                let json = json::parse(self.bytes).map_err(|_| Malformed)?;
                let object = Object::new(&json, Keys::SnakeOrCamel).ok_or(Malformed)?;
                M::read(&Fields::Json(object))
            }
            BodyForm::Form => {
                let mut pairs = form_pairs(self.bytes)?;
                pairs.extend(form_pairs(self.query.as_bytes())?);
                M::read(&Fields::Form(&pairs))
            }
        }
    }
}

/// The fields of a message that is not protobuf.
pub(super) enum Fields<'f> {
    Json(Object<'f, 'f>),
    Form(&'f [(String, String)]),
}

impl Fields<'_> {
    /// The first of a form's fields counts; one that was left empty is as good as absent.
    fn take<T: Field>(&self, name: &'static str) -> Result<T, Malformed> {
        match self {
            Self::Json(object) => T::from_json(*object, name),
            Self::Form(pairs) => match pairs.iter().find(|(key, _)| key == name) {
                Some((_, value)) if !value.is_empty() => T::from_text(value),
                Some(_) | None => Ok(T::default()),
            },
        }
    }
}

/// A field's type.
trait Field: Default {
    fn from_json(object: Object<'_, '_>, name: &'static str) -> Result<Self, Malformed>;
    fn from_text(text: &str) -> Result<Self, Malformed>;
}

impl Field for String {
    fn from_json(object: Object<'_, '_>, name: &'static str) -> Result<Self, Malformed> {
        let text = object.text(name).map_err(|_| Malformed)?;
        Ok(text.unwrap_or_default().to_owned())
    }

    fn from_text(text: &str) -> Result<Self, Malformed> {
        Ok(text.to_owned())
    }
}

impl Field for u64 {
    fn from_json(object: Object<'_, '_>, name: &'static str) -> Result<Self, Malformed> {
        let number = object.u64(name).map_err(|_| Malformed)?;
        Ok(number.unwrap_or_default())
    }

    fn from_text(text: &str) -> Result<Self, Malformed> {
        // `parse` would take a plus sign.
        match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse().map_err(|_| Malformed),
            false => Err(Malformed),
        }
    }
}

impl Field for u32 {
    fn from_json(object: Object<'_, '_>, name: &'static str) -> Result<Self, Malformed> {
        u64::from_json(object, name)?.try_into().map_err(|_| Malformed)
    }

    fn from_text(text: &str) -> Result<Self, Malformed> {
        u64::from_text(text)?.try_into().map_err(|_| Malformed)
    }
}

/// A message that a body can be.
pub(super) trait Readable: Message + Default {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed>;
}

/// Every field of a message is named, or this does not compile.
macro_rules! readable {
    ($($message:ident { $($field:ident),* })+) => {
        $(impl Readable for im::$message {
            fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
                Ok(Self { $($field: fields.take(stringify!($field))?),* })
            }
        })+
    };
}

readable! {
    SendReq { target, target_type, msg, extra }
    RecallReq { target, target_type, msg_index }
    AckReq { target, target_type, msg_index }
    PullReq { target, target_type, direction, start_msg_index, start_recall_index, count }
    UpdateSelfNameReq { new_name }
    UpdateGroupNameReq { group_id, new_name }
    MakeFriendReq { user_id }
    AcceptMakeFriendReq { user_id }
    RefuseMakeFriendReq { user_id }
    GroupInviteReq { group_id, user_id }
    AcceptGroupInviteReq { group_id }
    RefuseGroupInviteReq { group_id }
    GroupApplyReq { group_id }
    AcceptGroupApplyReq { group_id, user_id }
    RefuseGroupApplyReq { group_id, user_id }
    DelFriendReq { user_id }
    LeaveGroupReq { group_id }
    KickGroupReq { group_id, user_id }
    RelationsReq { current_hash }
    RelationReq { target, target_type }
    GroupMembersReq { current_hash, group_id }
    UpdateUserRelationNameReq { target, target_type, new_name }
    UpdateNameInGroupReq { group_id, new_name }
    UpdateDutyInGroupReq { user_id, group_id, new_duty }
    GetSelfRequestsReq { cursor, direction }
    GetGroupRequestsCountReq { group_id }
    GetGroupRequestsReq { group_id, cursor, direction }
}

/// No field is looked at, and the body must still be what it says.
impl Readable for im::GetSelfRequestsCountReq {
    fn read(_: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {})
    }
}

/// The pairs of a form or a query, in their order.
pub(super) fn form_pairs(form: &[u8]) -> Result<Vec<(String, String)>, Malformed> {
    let pairs = form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let mut half = || unescape(halves.next().unwrap_or_default());
            Ok((half()?, half()?))
        })
        .collect()
}

fn unescape(text: &[u8]) -> Result<String, Malformed> {
    let nibble = |byte: Option<u8>| char::from(byte.unwrap_or_default()).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = nibble(rest.next()).ok_or(Malformed)?;
                let low = nibble(rest.next()).ok_or(Malformed)?;
                u8::try_from(high << 4 | low).map_err(|_| Malformed)?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Malformed)
}
