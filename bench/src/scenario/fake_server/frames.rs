//! The server's side of every wire, as little of it as the fake needs.

use std::io::{BufRead, Read};

use serde_json::json;

use crate::wire::{Outgoing, Wire, delimited, onechat, stream};

pub(super) fn synced(wire: Wire) -> Vec<u8> {
    match wire {
        Wire::StreamWsJson => br#"{"sn":"sync","type":2,"postbox":{"posts":[]}}"#.to_vec(),
        Wire::StreamWsProto | Wire::StreamTcp => b"\x0a\x04sync\x18\x02\x5a\x00".to_vec(),
        Wire::Onechat => Vec::new(),
        other => unspoken(other),
    }
}

pub(super) fn acknowledged(wire: Wire, index: u32) -> Vec<u8> {
    let sn = index.to_string();
    match wire {
        Wire::StreamWsJson => json!({"sn": sn, "type": 3, "receipts": {}}).to_string().into_bytes(),
        Wire::StreamWsProto | Wire::StreamTcp => numbered(&sn, b"\x18\x03\x62\x00"),
        Wire::Onechat => {
            json!({"cmd": "ack", "action": "group_chat", "ack": sn}).to_string().into_bytes()
        }
        other => unspoken(other),
    }
}

pub(super) fn refused(wire: Wire, index: u32) -> Vec<u8> {
    let sn = index.to_string();
    match wire {
        Wire::StreamWsJson => {
            json!({"sn": sn, "type": 2, "error": {"code": 5}}).to_string().into_bytes()
        }
        Wire::StreamWsProto | Wire::StreamTcp => numbered(&sn, b"\x18\x02\x7a\x02\x08\x05"),
        Wire::Onechat => json!({"cmd": "error", "msg": "no", "code": 5}).to_string().into_bytes(),
        other => unspoken(other),
    }
}

/// A live message.
pub(super) fn pushed(wire: Wire, outgoing: Outgoing<'_>) -> Vec<u8> {
    match wire {
        Wire::StreamWsJson => stream::to_json(&stream::post(outgoing)),
        Wire::StreamWsProto | Wire::StreamTcp => stream::to_proto(&stream::post(outgoing)),
        Wire::Onechat => {
            let Outgoing { sender, group, text, .. } = outgoing;
            let push =
                json!({"cmd": "group_chat", "from": sender, "to": group, "msg": text, "ack": 9});
            push.to_string().into_bytes()
        }
        other => unspoken(other),
    }
}

/// Sessions of the other wires never come to it.
fn unspoken(wire: Wire) -> ! {
    panic!("the fake speaks no {}", wire.name())
}

/// A protobuf frame of an `sn` and what follows it.
fn numbered(sn: &str, rest: &[u8]) -> Vec<u8> {
    let length = u8::try_from(sn.len()).expect("a short number");
    [&[0x0a, length], sn.as_bytes(), rest].concat()
}

/// A frame as a server writes it.
pub(crate) fn server_frame(wire: Wire, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let opcode = match wire {
        Wire::StreamWsJson => 0x81,
        Wire::StreamWsProto => 0x82,
        Wire::StreamTcp => {
            delimited::write(payload, &mut out);
            return out;
        }
        Wire::Onechat => {
            onechat::write(payload, &mut out);
            return out;
        }
        other => unspoken(other),
    };
    out.push(opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short), _) if short < 126 => out.push(short),
        (_, Ok(medium)) => {
            out.push(126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        (_, Err(_)) => {
            out.push(127);
            out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
    out
}

pub(super) fn read_head(reader: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

pub(super) fn read_masked(reader: &mut impl Read) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 2];
    reader.read_exact(&mut head).ok()?;
    assert!(head[1] & 0x80 != 0, "a client masks its frames");
    let length = match head[1] & 0x7f {
        126 => {
            let mut length = [0; 2];
            reader.read_exact(&mut length).ok()?;
            usize::from(u16::from_be_bytes(length))
        }
        127 => panic!("no client frame here is so long"),
        short => usize::from(short),
    };
    let mut mask = [0; 4];
    reader.read_exact(&mut mask).ok()?;
    let mut payload = vec![0; length];
    reader.read_exact(&mut payload).ok()?;
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Some((head[0] & 0x0f, payload))
}

pub(super) fn read_delimited(reader: &mut impl Read) -> Option<Vec<u8>> {
    let (mut length, mut shift) = (0, 0);
    loop {
        let mut byte = [0];
        reader.read_exact(&mut byte).ok()?;
        length |= usize::from(byte[0] & 0x7f) << shift;
        shift += 7;
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    let mut payload = vec![0; length];
    reader.read_exact(&mut payload).ok()?;
    Some(payload)
}

pub(super) fn read_onechat(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let head = read_head(reader)?;
    let length = head.split("PAYLOAD_LEN: ").nth(1)?.trim().parse().ok()?;
    let mut payload = vec![0; length];
    reader.read_exact(&mut payload).ok()?;
    Some(payload)
}
