//! Which path is which method, what a head must have, and how a status looks.

use std::time::Duration;

use futures_lite::future::block_on;
use http_body_util::BodyExt as _;
use hyper::StatusCode;
use hyper::body::Body as _;
use hyper::http::request::{Builder, Parts};
use parlance_codecs::framing::grpc::GrpcFault;

use super::*;

fn parts(head: impl FnOnce(Builder) -> Builder) -> Parts {
    let request = Request::post("/appootb.message.Chat/Send").header("te", "trailers");
    head(request).body(()).unwrap().into_parts().0
}

fn refusal(parts: Parts) -> Code {
    Head::new(parts).map(|_| ()).unwrap_err().code
}

#[test]
fn every_method_of_the_published_services_is_there() {
    let services = [
        ("appootb.message.Chat", &["Interact", "Send"][..]),
        ("appootb.message.Room", &["Dispatch", "Interact", "Send"]),
        ("appootb.message.InnerChat", &["Deliver", "Kick"]),
        ("grpc.reflection.v1.ServerReflection", &["ServerReflectionInfo"]),
        ("grpc.reflection.v1alpha.ServerReflection", &["ServerReflectionInfo"]),
    ];
    for (service, methods) in services {
        for method in methods {
            let path = format!("/{service}/{method}");
            assert!(Method::of(&path).is_some(), "{path}");
            assert!(is_path(&path), "{path}");
        }
        assert!(Method::of(&format!("/{service}")).is_none());
    }
    assert!(Method::of("/appootb.message.Chat/send").is_none(), "names are exact");
}

#[test]
fn a_head_has_its_deadline_and_encoding() {
    assert_eq!(Head::new(parts(|head| head)).unwrap().deadline(), None);
    let timed = Head::new(parts(|head| head.header("grpc-timeout", "1500m"))).unwrap();
    assert_eq!(timed.deadline(), Some(Duration::from_millis(1500)));
    let identity = parts(|head| head.header("grpc-encoding", "identity"));
    assert!(Head::new(identity).is_ok());
    let gzip = parts(|head| head.header("grpc-encoding", "gzip"));
    assert_eq!(refusal(gzip), Code::Unimplemented);
    let wrong = parts(|head| head.header("grpc-timeout", "soon"));
    assert_eq!(refusal(wrong), Code::InvalidArgument);
    let mut bare = parts(|head| head);
    bare.headers.remove("te");
    assert_eq!(refusal(bare), Code::InvalidArgument);
}

#[test]
fn the_token_is_where_any_client_puts_it() {
    for (name, value) in [
        ("authorization", "Bearer T"),
        ("authorization", "bearer T"),
        ("token", "T"),
        ("grpc-metadata-token", "T"),
        ("appootb-token", "T"),
    ] {
        let head = Head::new(parts(|head| head.header(name, value))).unwrap();
        assert_eq!(head.token(), Some("T"), "{name}");
    }
    assert_eq!(Head::new(parts(|head| head)).unwrap().token(), None);
}

#[test]
fn a_status_alone_is_told_in_the_head() {
    let answer = status::only(&Fault::new(Code::NotFound, "100% ü"));
    assert_eq!(answer.status(), StatusCode::OK);
    let field = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(field("content-type"), Some("application/grpc"));
    assert_eq!(field("grpc-status"), Some("5"));
    assert_eq!(field("grpc-message"), Some("100%25 %C3%BC"));
    assert_eq!(field("grpc-accept-encoding"), None);
    assert!(answer.body().is_end_stream(), "nothing follows the head");
    let unimplemented = status::only(&Fault::new(Code::Unimplemented, "no such method"));
    assert_eq!(unimplemented.headers()["grpc-accept-encoding"], "identity");
}

#[test]
fn one_message_is_followed_by_its_status() {
    let answer = status::one(b"abc");
    let mut body = answer.into_body();
    let message = block_on(body.frame()).unwrap().unwrap().into_data().unwrap();
    assert_eq!(&message[..], b"\0\0\0\0\x03abc");
    let trailers = block_on(body.frame()).unwrap().unwrap().into_trailers().unwrap();
    assert_eq!(trailers["grpc-status"], "0");
    assert_eq!(trailers.len(), 1);
    assert!(block_on(body.frame()).is_none());
}

#[test]
fn a_long_sentence_is_cut_between_two_characters() {
    let trailers = status::trailers(3, &"ü".repeat(5_000));
    let message = trailers["grpc-message"].to_str().unwrap();
    assert_eq!(message, "%C3%BC".repeat(1_024));
}

#[test]
fn what_is_wrong_with_bytes_has_a_code() {
    for (fault, code) in [
        (GrpcFault::Compressed, Code::Unimplemented),
        (GrpcFault::NotOne, Code::Unimplemented),
        (GrpcFault::TooLong { got: 9, max: 8 }, Code::ResourceExhausted),
        (GrpcFault::BrokenOff, Code::InvalidArgument),
        (GrpcFault::Flag(7), Code::InvalidArgument),
    ] {
        assert_eq!(unary::fault_of(fault).code, code, "{fault}");
    }
}
