//! What a run's report says, for clean, faulty and limited runs.

use super::*;
use crate::histogram::Quantiles;
use crate::host::process::{CpuTime, Memory};
use crate::report::table::render;
use crate::scenario::MemoryStages;
use crate::scenario::fanout::{Generator, ServerCpu, Timelines};
use crate::scenario::tally::Faults;
use crate::wire::Wire;

fn machine() -> Machine {
    Machine {
        cpu: "Testchip".to_owned(),
        cores: 2,
        memory_bytes: 1 << 30,
        kernel: "6.18".to_owned(),
        load_before: 0.5,
    }
}

fn stages() -> MemoryStages {
    let memory = |mebibytes: u64| Memory {
        rss_bytes: mebibytes << 20,
        pss_bytes: Some((mebibytes << 20) - (1 << 19)),
        slab_bytes: mebibytes << 18,
        ..Memory::default()
    };
    MemoryStages::new(memory(10), memory(12), memory(20), 1_024)
}

fn fanout() -> Outcome {
    let delivery = Quantiles {
        count: 1_000_000,
        p50_us: 812.34,
        p90_us: 1_900.0,
        p99_us: 4_100.0,
        p999_us: 12_345.6,
        max_us: 1_234_567.0,
        mean_us: 1_000.0,
    };
    let workload = Fanout {
        groups: 10,
        members: 1_000,
        rate: 2.5,
        size: 200,
        seconds: 30,
        warmup: 5,
        wires: vec![Wire::StreamWsJson, Wire::Onechat],
        ..Fanout::default()
    };
    let result = FanoutResult {
        interrupted: false,
        faults: Faults::default(),
        fault_examples: Vec::new(),
        published: 875,
        receipts: 875_000,
        window_seconds: 30.0,
        window_deliveries: 750_000,
        deliveries_per_second: 25_000.0,
        offered_deliveries_per_second: 25_000.0,
        delivery,
        last_recipient: delivery,
        acknowledgement: Quantiles::default(),
        server_cpu: Some(ServerCpu {
            time: CpuTime { user_ns: 1_000_000_000, system_ns: 2_000_000_000 },
            cores_used: 0.1,
            us_per_delivery: 4.0,
        }),
        memory: Some(stages()),
        generator: Generator { cpu_share: 0.25, waiting_share: 0.01, lag: delivery, limited: None },
        slow_receipts: 0,
        slow_closed: 0,
        timelines: Timelines::default(),
    };
    Outcome::Fanout { workload, result: Box::new(result) }
}

fn report(outcome: Outcome) -> Report {
    let mut facts =
        ServerFacts { version: Some("parlance 0.1.0".to_owned()), ..Default::default() };
    facts.settings.insert("PARLANCE_LISTEN__MAIN".to_owned(), "127.0.0.1:1".to_owned());
    facts.settings.insert("PARLANCE_SERVER__SHARDS".to_owned(), "2".to_owned());
    Report::new(99, machine(), facts, outcome)
}

fn change(outcome: Outcome, change: fn(&mut FanoutResult)) -> Report {
    match outcome {
        Outcome::Fanout { workload, mut result } => {
            change(&mut result);
            report(Outcome::Fanout { workload, result })
        }
        Outcome::Idle { .. } | Outcome::Measured(_) => panic!("not a fan-out"),
    }
}

#[test]
fn table_is_aligned_and_says_what_was_measured() {
    let expected = "\
fanout              10 groups of 1000 members, stream-ws-json + onechat
                    2.5/s a group, 200 B of text, 30 s after 5 s of warm-up
machine             2 cores, Testchip, Linux 6.18, load 0.50
server              parlance 0.1.0, SERVER__SHARDS=2
published           875
deliveries          25,000/s of 25,000/s offered, 750,000 in 30.00 s
latency, µs                 p50        p90        p99      p99.9        max       mean
  delivery                812.3     1900.0     4100.0     12,346  1,234,567     1000.0
  last recipient          812.3     1900.0     4100.0     12,346  1,234,567     1000.0
  acknowledgement          none
server CPU          4.00 µs a delivery, 0.10 cores (1.00 s user, 2.00 s system)
server memory       10.0 MiB RSS, 9.5 MiB PSS before connecting
                    12.0 MiB RSS, 11.5 MiB PSS with idle sessions
                    20.0 MiB RSS, 19.5 MiB PSS after
memory a session    2048 B RSS; 512 B of kernel slab on the host, both ends
generator lag, µs         812.3     1900.0     4100.0     12,346  1,234,567     1000.0
generator CPU       25 % of a core, 1 % waiting for one
faults              none: nothing lost, duplicated or out of order
seed                99
verdict             clean
";
    assert_eq!(render(&report(fanout())), expected);
}

#[test]
fn faults_come_before_everything_and_are_shown() {
    let faulty = change(fanout(), |result| {
        result.faults.lost = 1_234;
        result.faults.duplicated = 1;
        result.fault_examples = vec!["seat 3 received it again".to_owned()];
        result.generator.limited = Some("late".to_owned());
    });
    assert_eq!(faulty.verdict, Verdict::Faulty);
    assert_eq!(faulty.verdict.exit_code(), 2);
    let text = render(&faulty);
    assert!(text.contains("faults              1,234 lost, 1 duplicated\n"), "{text}");
    assert!(text.contains("                    - seat 3 received it again\n"), "{text}");
    assert!(text.contains("verdict             FAULTY"), "{text}");
}

#[test]
fn a_limited_generator_and_an_interrupt_are_said() {
    let limited = change(fanout(), |result| {
        result.generator.limited = Some("it published late".to_owned());
    });
    assert_eq!(limited.verdict, Verdict::GeneratorLimited);
    assert!(render(&limited).contains("generator-limited: it published late"));
    let interrupted = change(fanout(), |result| result.interrupted = true);
    assert_eq!(interrupted.verdict, Verdict::Interrupted);
}
