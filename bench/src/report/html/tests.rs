//! Pages that are well-formed, hold their numbers, hide no verdict and escape every text.

use super::*;
use crate::record::RampStep;
use crate::record::tests::sample;

fn parse(page: &str) -> roxmltree::Document<'_> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    roxmltree::Document::parse_with_options(page, options).expect("well-formed")
}

fn plots(document: &roxmltree::Document<'_>) -> usize {
    document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "svg")))
        .count()
}

#[test]
fn one_run_is_a_page_with_its_numbers_and_nothing_from_elsewhere() {
    let page = render(&[sample("parlance", 0, 100)]).expect("a page");
    let document = parse(&page);
    let text: String = document.descendants().filter_map(|node| node.text()).collect();
    for part in ["server CPU per delivery", "1.00 µs", "All runs are clean.", "fanout-1x1000"] {
        assert!(text.contains(part), "{part:?} is not in the page");
    }
    // CPU, percentiles, ramp, time.
    assert_eq!(plots(&document), 4);
    for outside in ["<script", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    let links = document.descendants().filter_map(|node| node.attribute("href"));
    assert!(links.into_iter().all(|link| link.starts_with('#')));
}

#[test]
fn eight_targets_in_three_rounds_share_the_plots() {
    let mut records = Vec::new();
    for round in 0..3 {
        for target in 0..8 {
            let latency = 100 * (target + 1) + u64::from(round);
            records.push(sample(&format!("target-{target}"), round, latency));
        }
    }
    let page = render(&records).expect("a page");
    let document = parse(&page);
    // CPU, percentiles, ramp, and time for each target.
    assert_eq!(plots(&document), 3 + 8);
    assert!(page.contains("×7.93"), "the ratio to the first target");
    for target in 0..8 {
        assert!(page.matches(&format!("target-{target}")).count() > 5);
    }
}

#[test]
fn a_verdict_shows_at_the_top_and_at_every_plot() {
    let mut limited = sample("parlance", 0, 100);
    limited.verdict = Verdict::GeneratorLimited;
    limited.reasons.push("it published late".to_owned());
    let page = render(&[limited, sample("nats", 0, 100)]).expect("a page");
    let document = parse(&page);
    assert!(page.contains("<strong>1 of 2 runs are not clean.</strong>"));
    let figures = document.descendants().filter(|node| node.tag_name().name() == "figure");
    for figure in figures {
        let text: String = figure.descendants().filter_map(|node| node.text()).collect();
        if !text.starts_with("nats") {
            assert!(text.contains('⚠'), "{text}");
        }
    }
}

#[test]
fn hostile_texts_stay_texts() {
    let mut record = sample("<b>&\"'", 0, 100);
    record.variant = "]]><script>".to_owned();
    record.scenario = "</style><script>alert(1)</script>".to_owned();
    record.arguments = vec!["--x=<script>".to_owned()];
    record.reasons = vec!["<img onerror=x>".to_owned()];
    record.workload = serde_json::json!({"<i>": "</dd>"});
    record.machine.cpu = "<u>".to_owned();
    let page = render(&[record]).expect("a page");
    parse(&page);
    for raw in ["<script", "<img", "<b>", "<u>", "<i>"] {
        assert!(!page.contains(raw), "{raw}");
    }
}

#[test]
fn figures_series_and_histograms_may_be_missing() {
    let mut bare = sample("bare", 0, 100);
    bare.figures.clear();
    bare.histograms.clear();
    bare.series.clear();
    bare.ramp.clear();
    let page = render(std::slice::from_ref(&bare)).expect("a page");
    assert_eq!(plots(&parse(&page)), 0);
    let page = render(&[sample("parlance", 0, 100), bare]).expect("a page");
    assert!(page.contains("–"), "what is missing is marked");
    assert_eq!(plots(&parse(&page)), 4);
}

#[test]
fn silent_seconds_and_steps_without_a_receipt_are_gaps() {
    let mut record = sample("parlance", 0, 100);
    record.series[1].deliveries = 0;
    record.series[1].p50_us = 0.0;
    record.ramp.push(RampStep { rate: 20.0, p99_us: 0.0, lost: 5, kept: false });
    record.figures.get_mut("server_cpu_us_per_delivery").expect("a figure").value = -1.0;
    parse(&render(&[record]).expect("a page"));
}
