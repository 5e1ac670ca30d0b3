//! The scenarios that come with the suite: the files of `bench/scenarios`, by name.

macro_rules! prebuilt {
    ($($name:literal),* $(,)?) => {
        /// Name and text, in the order in which they are listed.
        pub(crate) const PREBUILT: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),*];
    };
}

prebuilt! {
    "fanout-1x1000",
    "fanout-100x10",
    "fanout-1x10000",
    "shards",
    "direct",
    "mixed-dialects",
    "durable-1",
    "durable-64",
    "durable-1024",
    "history",
    "idle-10000",
    "connect-storm",
    "reconnect-storm",
    "slow-consumers",
    "ramp-1x1000",
    "ramp-100x10",
    "soak",
}
