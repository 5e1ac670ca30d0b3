//! Compiles the `.proto` files to Rust.
//!
//! Prost does not enforce proto2's `required`: it would decode a missing field as its default.
//! So every required field is made optional before generating, and decoding names the missing
//! one itself.

use std::error::Error;

use protox::prost_reflect::prost_types::field_descriptor_proto::Label;
use protox::prost_reflect::prost_types::{DescriptorProto, FileDescriptorSet};

const FILES: [&str; 2] = ["appootb/message/chat.proto", "parlance/sign_in.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut descriptors: FileDescriptorSet = protox::compile(FILES, ["proto"])?;
    for file in &mut descriptors.file {
        file.message_type.iter_mut().for_each(make_optional);
    }
    prost_build::Config::new().include_file("wire.rs").compile_fds(descriptors)?;
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
