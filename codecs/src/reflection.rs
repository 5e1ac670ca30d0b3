//! gRPC server reflection: which services there are, and the files that describe them.
//!
//! Decides what one request of `ServerReflectionInfo` is answered with. Both versions of the
//! service have the same messages, so one set of types does for both. Nothing here knows a user:
//! what is shown is what stands in `codecs/proto`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};

use crate::generated::DESCRIPTORS;
use crate::generated::grpc::reflection::v1::server_reflection_request::MessageRequest;
use crate::generated::grpc::reflection::v1::server_reflection_response::MessageResponse;
use crate::generated::grpc::reflection::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
};
use crate::stream::{Code, Fault};

/// The files by name, and which of them declares a full name.
struct Index {
    files: Vec<Described>,
    /// Places in `files`.
    by_name: BTreeMap<String, usize>,
    by_symbol: BTreeMap<String, usize>,
    services: Vec<String>,
}

struct Described {
    serialised: Vec<u8>,
    imports: Vec<String>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let set = FileDescriptorSet::decode(DESCRIPTORS).expect("build.rs wrote the descriptors");
    Index::new(set)
});

/// Answers one message of the call.
pub fn answer(request: &[u8]) -> Result<Vec<u8>, Fault> {
    let request = ServerReflectionRequest::decode(request).map_err(|error| {
        Fault::new(Code::InvalidArgument, format!("no ServerReflectionRequest: {error}"))
    })?;
    let response = INDEX.respond(request.message_request.as_ref());
    let answer = ServerReflectionResponse {
        valid_host: request.host.clone(),
        original_request: Some(request),
        message_response: Some(response),
    };
    Ok(answer.encode_to_vec())
}

impl Index {
    fn new(set: FileDescriptorSet) -> Self {
        let mut index = Self {
            files: Vec::new(),
            by_name: BTreeMap::new(),
            by_symbol: BTreeMap::new(),
            services: Vec::new(),
        };
        for file in set.file {
            index.add(&file);
        }
        index.services.sort();
        index
    }

    fn add(&mut self, file: &FileDescriptorProto) {
        let place = self.files.len();
        let package = file.package();
        let mut symbols = Vec::new();
        for message in &file.message_type {
            add_message(package, message, &mut symbols);
        }
        symbols.extend(file.enum_type.iter().map(|one| joined(package, one.name())));
        for service in &file.service {
            let name = joined(package, service.name());
            symbols.extend(service.method.iter().map(|method| joined(&name, method.name())));
            self.services.push(name.clone());
            symbols.push(name);
        }
        self.by_symbol.extend(symbols.into_iter().map(|symbol| (symbol, place)));
        self.by_name.insert(file.name().to_owned(), place);
        let serialised = file.encode_to_vec();
        self.files.push(Described { serialised, imports: file.dependency.clone() });
    }

    fn respond(&self, request: Option<&MessageRequest>) -> MessageResponse {
        match request {
            Some(MessageRequest::ListServices(_)) => {
                let service =
                    self.services.iter().map(|name| ServiceResponse { name: name.clone() });
                MessageResponse::ListServicesResponse(ListServiceResponse {
                    service: service.collect(),
                })
            }
            Some(MessageRequest::FileByFilename(name)) => {
                self.with_imports(self.by_name.get(name), "no such file")
            }
            Some(MessageRequest::FileContainingSymbol(symbol)) => {
                let symbol = symbol.strip_prefix('.').unwrap_or(symbol);
                self.with_imports(self.by_symbol.get(symbol), "no such symbol")
            }
            // No message here can be extended.
            Some(MessageRequest::FileContainingExtension(_)) => {
                error(Code::NotFound, "no such extension")
            }
            Some(MessageRequest::AllExtensionNumbersOfType(name)) => {
                if !self.by_symbol.contains_key(name) {
                    return error(Code::NotFound, "no such symbol");
                }
                MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
                    base_type_name: name.clone(),
                    extension_number: Vec::new(),
                })
            }
            None => error(Code::InvalidArgument, "the request asks for nothing"),
        }
    }

    /// A file and all that it imports, so that a client need not ask again.
    fn with_imports(&self, place: Option<&usize>, unknown: &str) -> MessageResponse {
        let Some(place) = place else { return error(Code::NotFound, unknown) };
        let mut waiting = vec![*place];
        let mut taken = BTreeSet::new();
        let mut files = Vec::new();
        while let Some(place) = waiting.pop() {
            let Some(file) = self.files.get(place).filter(|_| taken.insert(place)) else {
                continue;
            };
            files.push(file.serialised.clone());
            waiting.extend(file.imports.iter().filter_map(|name| self.by_name.get(name)));
        }
        MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
            file_descriptor_proto: files,
        })
    }
}

fn add_message(package: &str, message: &DescriptorProto, symbols: &mut Vec<String>) {
    let name = joined(package, message.name());
    symbols.extend(message.field.iter().map(|field| joined(&name, field.name())));
    symbols.extend(message.enum_type.iter().map(|one| joined(&name, one.name())));
    for nested in &message.nested_type {
        add_message(&name, nested, symbols);
    }
    symbols.push(name);
}

fn joined(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

fn error(code: Code, message: &str) -> MessageResponse {
    MessageResponse::ErrorResponse(ErrorResponse {
        error_code: code.number(),
        error_message: message.to_owned(),
    })
}

#[cfg(test)]
mod tests;
