//! XMPP over TCP without TLS (RFC 6120: streams, SASL ANONYMOUS, resource binding) and multi-user
//! chat (XEP-0045): as much as it takes to enter a room, speak and listen.

use super::{Outgoing, Piece, Said, Seat, Step, WireFault, post, undecodable};
use crate::limits::SERVER_FRAME_BYTES_MAX;

/// The host of `bench/peers/ejabberd/ejabberd.yml`.
const HOST: &str = "localhost";

/// The stream stands, or stands anew: its features are awaited.
const GREETING: Step = Step::Stage(0);
const AUTHENTICATING: Step = Step::Stage(1);
const RESTARTING: Step = Step::Stage(2);
const BINDING: Step = Step::Stage(3);
const ENTERING: Step = Step::Stage(4);

pub(super) fn open(out: &mut Vec<u8>) -> Step {
    write_stream(out);
    GREETING
}

pub(super) fn proceed(step: Step, seat: Seat, out: &mut Vec<u8>) -> Step {
    if step == GREETING {
        let auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>";
        out.extend_from_slice(auth.as_bytes());
        AUTHENTICATING
    } else if step == AUTHENTICATING {
        write_stream(out);
        RESTARTING
    } else if step == RESTARTING {
        let bind = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
        out.extend_from_slice(bind.as_bytes());
        BINDING
    } else if step == BINDING {
        let Seat { group, user, .. } = seat;
        let enter = format!(
            "<presence to='{}/u{user}'><x xmlns='http://jabber.org/protocol/muc'>\
             <history maxstanzas='0'/></x></presence>",
            room(group)
        );
        out.extend_from_slice(enter.as_bytes());
        ENTERING
    } else {
        Step::Ready
    }
}

/// A stamp and its filler hold nothing that XML escapes.
pub(super) fn publish(outgoing: Outgoing<'_>, out: &mut Vec<u8>) {
    let Outgoing { group, index, text, .. } = outgoing;
    let to = room(group);
    let message =
        format!("<message to='{to}' type='groupchat' id='{index}'><body>{text}</body></message>");
    out.extend_from_slice(message.as_bytes());
}

/// One stanza, or a piece of what frames the stream: its declaration, its opening tag, or blanks.
pub(super) fn cut(bytes: &[u8]) -> Result<Option<(Piece<'_>, usize)>, WireFault> {
    let frame = |end: usize| bytes.get(..end).map(|frame| (Piece::Frame(frame), end));
    let blanks = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    if blanks > 0 {
        return Ok(frame(blanks));
    }
    if bytes.first().is_some_and(|byte| *byte != b'<') {
        return Err(undecodable("a stanza", "text between stanzas", bytes));
    }
    if bytes.len() > SERVER_FRAME_BYTES_MAX {
        return Err(undecodable("a stanza", "it does not end", bytes));
    }
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(start) = find(b'<', bytes, at)
        && let Some(end) = find(b'>', bytes, start)
    {
        at = end + 1;
        let tag = bytes.get(start..at).unwrap_or_default();
        if tag.starts_with(b"</stream:stream") {
            return Ok(Some((Piece::Close(None), at)));
        } else if tag.starts_with(b"<?") || tag.starts_with(b"<stream:stream") {
            return Ok(frame(at));
        } else if tag.starts_with(b"</") {
            depth = depth.saturating_sub(1);
        } else if !tag.ends_with(b"/>") {
            depth += 1;
        }
        if depth == 0 {
            return Ok(frame(at));
        }
    }
    Ok(None)
}

pub(super) fn read(step: Step, frame: &[u8]) -> Result<Said, WireFault> {
    let is = |name: &[u8]| frame.starts_with(name);
    let refused = || {
        let message = String::from_utf8_lossy(frame).into_owned();
        Ok(Said::Refused { code: 0, message })
    };
    if is(b"<failure") || is(b"<stream:error") || holds(frame, b"type='error'") {
        return refused();
    }
    let proceeds = (is(b"<stream:features") && (step == GREETING || step == RESTARTING))
        || (is(b"<success") && step == AUTHENTICATING)
        || (is(b"<iq") && step == BINDING)
        // The room's subject is what follows an entry last (XEP-0045, section 7.2.15).
        || (is(b"<message") && step == ENTERING && holds(frame, b"<subject"));
    if proceeds {
        return Ok(Said::SignedIn);
    }
    if is(b"<message")
        && step == Step::Ready
        && let Some((_, text)) = split(frame, b"<body>")
    {
        let (text, _) = split(text, b"</body>")
            .ok_or_else(|| undecodable("a message", "its body does not end", frame))?;
        return post(text);
    }
    Ok(Said::Other)
}

fn write_stream(out: &mut Vec<u8>) {
    let stream = format!(
        "<?xml version='1.0'?><stream:stream to='{HOST}' version='1.0' xmlns='jabber:client' \
         xmlns:stream='http://etherx.jabber.org/streams'>"
    );
    out.extend_from_slice(stream.as_bytes());
}

fn room(group: u64) -> String {
    format!("g{group}@conference.{HOST}")
}

fn find(byte: u8, bytes: &[u8], from: usize) -> Option<usize> {
    memchr::memchr(byte, bytes.get(from..)?).map(|at| from + at)
}

fn holds(frame: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(frame, part).is_some()
}

fn split<'a>(frame: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let from = memchr::memmem::find(frame, at)?;
    Some((frame.get(..from)?, frame.get(from + at.len()..)?))
}
