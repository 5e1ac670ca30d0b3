//! `parlance-corpus`: the kept inputs to files and back, for `cargo xtask fuzz`.

use std::path::Path;
use std::process::ExitCode;

use parlance_fuzz::corpus;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["unpack", target, folder] => corpus::unpack(target, Path::new(folder))
            .map(|count| format!("{target}: {count} kept inputs")),
        ["pack", target, folder] => corpus::pack(target, Path::new(folder))
            .map(|count| format!("{target}: {count} inputs are new")),
        _ => {
            eprintln!("parlance-corpus unpack|pack TARGET FOLDER");
            return ExitCode::FAILURE;
        }
    };
    match done {
        Ok(words) => {
            println!("{words}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("parlance-corpus: {error}");
            ExitCode::FAILURE
        }
    }
}
