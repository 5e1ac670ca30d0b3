//! The operations that a message's way is made of, each as something to run again and again.
//!
//! Decides what is measured and on what data; how it is measured is left to those who run the
//! operations: criterion (`benches/micro.rs`) takes the time, `parlance-counts` has valgrind count
//! instructions, which come out the same on a noisy machine. Invariant: an operation leaves behind
//! what it found, or what any other of its runs would find just as costly.

pub mod codecs;
pub mod core;
mod sample;
pub mod shell;
mod world;

/// One operation under its name, `group/what`.
pub struct Operation {
    pub name: String,
    /// What it costs depends on the disk too: instructions alone say little about it.
    pub waits: bool,
    make: Box<dyn Fn() -> Box<dyn FnMut()>>,
}

impl Operation {
    fn new<F: FnMut() + 'static>(name: impl Into<String>, make: impl Fn() -> F + 'static) -> Self {
        Self { name: name.into(), waits: false, make: Box::new(move || Box::new(make())) }
    }

    /// Prepares what one run after another needs.
    pub fn prepare(&self) -> Box<dyn FnMut()> {
        (self.make)()
    }
}

/// Every operation, in the order of a message's way.
pub fn operations() -> Vec<Operation> {
    let mut all = codecs::operations();
    all.extend(core::operations());
    all.extend(shell::operations());
    all
}
