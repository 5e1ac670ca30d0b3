//! A whole dialect: MessagePack arrays of three texts over WebSocket. `codecs/README.md` explains it.
//!
//! In: `["auth", TOKEN, ""]` first, then `["send", CONVERSATION, TEXT]`. Out: `["auth", "ok", ""]`,
//! `["sent", CONVERSATION, ID]`, `["message", CONVERSATION, TEXT]`, `["refused", WHY, ""]`.

use parlance_codecs::dialect::{self, Decoded, Dialect, EndReason, Form, Frame, PayloadKind};
use parlance_codecs::dialect::{HandshakeSignIn, SignInFrame, SignInResult, Traits, WebSocketDoor};
use parlance_codecs::framing::append_frame;
use parlance_codecs::{Content, Draft, DraftBody, Event, Request, Tag, UserId, plain, text};
use serde::Deserialize as _;

pub struct Arrays;

impl Dialect for Arrays {
    fn traits(&self) -> Traits {
        Traits {
            resume: dialect::Resume::FromNow,
            echo: dialect::Echo::Nothing,
            friends_required: false,
            replaces: dialect::Replaces::Nothing,
            may_sign_in_again: false,
            marks: false,
            notices: false,
        }
    }

    fn websocket_doors(&self) -> &'static [WebSocketDoor] {
        &[WebSocketDoor { path: "/arrays", sign_in: HandshakeSignIn::ByFrame }]
    }

    fn decode(&self, form: &mut Form, user: Option<UserId>, frame: Frame, out: &mut Vec<Decoded>) {
        form.kind = PayloadKind::Binary;
        let end = |reason| Decoded::End { reply: Vec::new(), reason };
        let refused = |why: &str| Decoded::Reply(framed(*form, ["refused", why, ""]));
        let Some([word, name, said]) = three(frame.payload) else {
            return out.push(end(EndReason::Malformed));
        };
        out.push(match (user, &*word) {
            (None, "auth") => Decoded::SignIn(SignInFrame {
                tag: Tag::default(),
                credentials: dialect::Credentials::Token(name),
                device: String::new(),
                receive_bytes_max: None,
            }),
            (None, _) => end(EndReason::NotSignedIn),
            (Some(_), "send") => post(name, said).map_or_else(|e| refused(&e), Decoded::Request),
            (Some(_), _) => refused("unknown word"),
        });
    }

    fn encode(&self, form: Form, event: &Event, out: &mut Vec<u8>) {
        if let Event::Delivered(message) = event
            && let Some(said) = plain::plain(&message.content)
        {
            out.extend(framed(form, ["message", &message.conversation.to_string(), &said]));
        } else if let Event::Posted { tag, results } = event {
            out.extend(results.iter().flat_map(|result| match result {
                Ok(posted) => framed(form, ["sent", &tag.0, &posted.id.to_string()]),
                Err(refusal) => framed(form, ["refused", &refusal.to_string(), ""]),
            }));
        }
    }

    fn encode_sign_in(&self, form: Form, _: &Tag, result: SignInResult, out: &mut Vec<u8>) {
        out.extend(match result {
            SignInResult::Accepted => framed(form, ["auth", "ok", ""]),
            SignInResult::Busy => framed(form, ["refused", "busy", ""]),
            SignInResult::Refused | SignInResult::Expired => framed(form, ["refused", "token", ""]),
        });
    }

    /// The close frame has the reason.
    fn encode_end(&self, _: Form, _: EndReason, _: &mut Vec<u8>) {}
}

/// Three texts with nothing behind them.
fn three(payload: &[u8]) -> Option<[String; 3]> {
    let mut reader = rmp_serde::Deserializer::new(payload);
    let texts = <[String; 3]>::deserialize(&mut reader).ok()?;
    reader.into_inner().is_empty().then_some(texts)
}

fn post(to: String, said: String) -> Result<Request, String> {
    let conversation = to.parse().map_err(|_| "no such conversation")?;
    text::check_text(&said).map_err(|error| format!("the text {error}"))?;
    let body = DraftBody::Content(Content::text(said));
    let draft = Draft { conversation, category: None, body, expires_in_ms: None, key: None };
    Ok(Request::Post { tag: Tag(to.into()), drafts: vec![draft] })
}

fn framed(form: Form, texts: [&str; 3]) -> Vec<u8> {
    let payload = rmp_serde::to_vec(&texts).expect("texts are MessagePack");
    let mut frame = Vec::new();
    append_frame(form.framing, PayloadKind::Binary, &payload, &mut frame);
    frame
}
