//! Compiles the `.proto` files to Rust, and keeps their descriptors for server reflection.
//!
//! Prost does not enforce proto2's `required`: it would decode a missing field as its default.
//! So every required field is made optional before generating, and decoding names the missing
//! one itself. The descriptors that clients are shown keep the labels as they are written.
//! The `im` dialect answers in JSON what it answers in protobuf, so its messages serialise as both.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use protox::prost_reflect::prost::Message as _;
use protox::prost_reflect::prost_types::field_descriptor_proto::Label;
use protox::prost_reflect::prost_types::{DescriptorProto, FileDescriptorSet};

const FILES: [&str; 9] = [
    "appootb/message/chat.proto",
    "appootb/message/inner_chat.proto",
    "appootb/message/room.proto",
    "grpc/reflection/v1/reflection.proto",
    "grpc/reflection/v1alpha/reflection.proto",
    "im/chat.proto",
    "im/relation.proto",
    "im/status.proto",
    "parlance/sign_in.proto",
];

const AS_TEXT: &str = "#[serde(serialize_with = \"crate::im::as_text\")]";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut descriptors: FileDescriptorSet = protox::compile(FILES, ["proto"])?;
    for file in &mut descriptors.file {
        // Comments and places: twice as much again as all that clients ask for.
        file.source_code_info = None;
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    // Described for clients only: its messages are those of v1.
    descriptors.file.retain(|file| file.package() != "grpc.reflection.v1alpha");
    for file in &mut descriptors.file {
        file.message_type.iter_mut().for_each(make_optional);
    }
    prost_build::Config::new()
        .include_file("wire.rs")
        .type_attribute(".im", "#[derive(serde::Serialize)]")
        .btree_map([".im"])
        // JSON of protobuf has integers of 64 bits as texts.
        .field_attribute(".im.pingresp.client_timestamp", AS_TEXT)
        .field_attribute(".im.pingresp.server_timestamp", AS_TEXT)
        .field_attribute(".im.pingresp.total_mem", AS_TEXT)
        .field_attribute(".im.pingresp.cur_mem_usage", AS_TEXT)
        .field_attribute(".im.pingresp.max_mem_usage", AS_TEXT)
        .field_attribute(".im.requester_info.cursor", AS_TEXT)
        .compile_fds(descriptors)?;
    Ok(())
}

fn make_optional(message: &mut DescriptorProto) {
    for field in &mut message.field {
        if field.label == Some(Label::Required as i32) {
            field.label = Some(Label::Optional as i32);
        }
    }
    message.nested_type.iter_mut().for_each(make_optional);
}
