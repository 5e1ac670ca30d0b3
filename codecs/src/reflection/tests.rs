//! Every kind of request, and that the labels shown are those that are written.

use prost::Message as _;
use prost_types::FileDescriptorProto;
use prost_types::field_descriptor_proto::Label;

use super::answer;
use crate::generated::grpc::reflection::v1::server_reflection_request::MessageRequest;
use crate::generated::grpc::reflection::v1::server_reflection_response::MessageResponse;
use crate::generated::grpc::reflection::v1::{
    ExtensionRequest, ServerReflectionRequest, ServerReflectionResponse,
};
use crate::stream::Code;

fn asked(request: Option<MessageRequest>) -> MessageResponse {
    let request = ServerReflectionRequest { host: "here".to_owned(), message_request: request };
    let bytes = answer(&request.encode_to_vec()).expect("an answer");
    let answer = ServerReflectionResponse::decode(&*bytes).expect("a response");
    assert_eq!((&*answer.valid_host, answer.original_request), ("here", Some(request)));
    answer.message_response.expect("a response")
}

fn files(request: MessageRequest) -> Vec<FileDescriptorProto> {
    let MessageResponse::FileDescriptorResponse(found) = asked(Some(request)) else {
        panic!("no files")
    };
    let files = found.file_descriptor_proto.iter();
    files.map(|file| FileDescriptorProto::decode(&**file).expect("a file")).collect()
}

fn code(request: Option<MessageRequest>) -> i32 {
    match asked(request) {
        MessageResponse::ErrorResponse(error) => error.error_code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn services_are_listed() {
    let MessageResponse::ListServicesResponse(list) =
        asked(Some(MessageRequest::ListServices(String::new())))
    else {
        panic!("no list")
    };
    let names: Vec<_> = list.service.iter().map(|service| &*service.name).collect();
    for name in ["Chat", "Room", "InnerChat"] {
        assert!(names.contains(&&*format!("appootb.message.{name}")), "{names:?}");
    }
    for version in ["v1", "v1alpha"] {
        let name = format!("grpc.reflection.{version}.ServerReflection");
        assert!(names.contains(&&*name), "{names:?}");
    }
}

#[test]
fn a_symbol_is_answered_by_its_file_and_all_that_it_imports() {
    for symbol in ["appootb.message.Chat", ".appootb.message.Chat", "appootb.message.Chat.Send"] {
        let found = files(MessageRequest::FileContainingSymbol(symbol.to_owned()));
        let names: Vec<_> = found.iter().map(FileDescriptorProto::name).collect();
        assert_eq!(names.first(), Some(&"appootb/message/chat.proto"), "{symbol}");
        assert!(names.contains(&"appootb/message/include.proto"), "{names:?}");
        assert!(names.contains(&"google/protobuf/timestamp.proto"), "{names:?}");
    }
    let name = "appootb/message/include.proto".to_owned();
    let found = files(MessageRequest::FileByFilename(name));
    let include = found.first().expect("the file");
    let postmark = include.message_type.iter().find(|one| one.name() == "Postmark");
    let category = postmark.and_then(|one| one.field.first()).expect("its first field");
    assert_eq!(category.label(), Label::Required, "as it is written");
}

#[test]
fn what_is_not_there_is_not_found() {
    let unknown = "appootb.message.Nothing".to_owned();
    let extension = ExtensionRequest {
        containing_type: "appootb.message.Post".to_owned(),
        extension_number: 1,
    };
    for request in [
        MessageRequest::FileContainingSymbol(unknown.clone()),
        MessageRequest::FileByFilename("no.proto".to_owned()),
        MessageRequest::AllExtensionNumbersOfType(unknown),
        MessageRequest::FileContainingExtension(extension),
    ] {
        assert_eq!(code(Some(request)), Code::NotFound.number());
    }
    assert_eq!(code(None), Code::InvalidArgument.number());
    assert_eq!(answer(b"\xff").expect_err("no request").code, Code::InvalidArgument);
}
