//! The `onechat` dialect.
use crate::dialect::*;
use crate::event::Event;
use crate::request::Tag;
pub struct Onechat;
impl Dialect for Onechat {
    fn traits(&self) -> Traits {
        Traits { resumes_by_id: false, echo: true, friends_required: true, one_session_per_device: true, marks: false }
    }
    fn decode(&self, _: &mut Form, _: Option<crate::UserId>, _: Frame<'_>, _: &mut Vec<Decoded>) {}
    fn encode(&self, _: Form, _: &Event, _: &mut Vec<u8>) {}
    fn encode_sign_in(&self, _: Form, _: &Tag, _: SignInResult, _: &mut Vec<u8>) {}
    fn encode_end(&self, _: Form, _: EndReason, _: &mut Vec<u8>) {}
}
