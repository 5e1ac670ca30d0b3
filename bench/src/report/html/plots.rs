//! What all plots share: size, palette, axes, and the way to an SVG in the page.
//!
//! Colours are given in light; the style sheet turns each into its dark counterpart, so the
//! values here and there belong together.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::BenchError;
use crate::record::Unit;
use crate::report::format;

pub(super) const INK: RGBColor = RGBColor(0x1b, 0x1f, 0x24);
pub(super) const MUTED: RGBColor = RGBColor(0x5b, 0x64, 0x70);
pub(super) const GRID: RGBColor = RGBColor(0xe1, 0xe5, 0xea);
/// One a target, dealt in turn: told apart by most colour-blind readers.
const SERIES: [RGBColor; 8] = [
    RGBColor(0x1f, 0x6f, 0xd6),
    RGBColor(0xd9, 0x5f, 0x0e),
    RGBColor(0x1a, 0x8a, 0x5a),
    RGBColor(0xb8, 0x3a, 0x8f),
    RGBColor(0x8a, 0x6d, 0x00),
    RGBColor(0x5b, 0x4b, 0xb5),
    RGBColor(0x0b, 0x8b, 0x9e),
    RGBColor(0xa8, 0x32, 0x32),
];
pub(super) const SERIES_COUNT: usize = SERIES.len();
pub(super) const WIDTH: u32 = 640;
pub(super) const HEIGHT: u32 = 360;
const LABEL_AREA: u32 = 44;
const VALUE_AREA: u32 = 72;
const FONT: i32 = 16;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type DrawingError = DrawingAreaErrorKind<std::io::Error>;
pub(super) type Chart<'a, 'b, X, Y> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, Y>>;
pub(super) type LogAxis = plotters::coord::combinators::LogCoord<f64>;

pub(super) fn series_colour(at: usize) -> RGBColor {
    SERIES[at % SERIES.len()]
}

pub(super) fn text(colour: &RGBColor) -> TextStyle<'_> {
    ("sans-serif", FONT).into_font().color(colour)
}

pub(super) fn anchored(colour: &RGBColor, horizontal: HPos) -> TextStyle<'_> {
    text(colour).pos(Pos::new(horizontal, VPos::Center))
}

/// An SVG of what `plot` draws.
pub(super) fn svg(
    height: u32,
    plot: impl FnOnce(&Area<'_>) -> Result<(), DrawingError>,
) -> Result<String, BenchError> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        plot(&area)
            .and_then(|()| area.present())
            .map_err(|error| BenchError::Plot { detail: error.to_string() })?;
    }
    Ok(text)
}

/// What stands at the axes.
pub(super) struct Axes<'a> {
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    pub(super) x_max: f64,
    pub(super) x_labels: usize,
    pub(super) x_label: &'a dyn Fn(&f64) -> String,
}

/// Latencies over something: an even axis to the right, a logarithmic one up.
pub(super) fn latency_chart<'a, 'b>(
    area: &'a Area<'b>,
    axes: &Axes<'_>,
    latencies_us: &[f64],
) -> Result<Chart<'a, 'b, RangedCoordf64, LogAxis>, DrawingError> {
    let (from, to) = decades(latencies_us);
    let mut chart = builder(area).build_cartesian_2d(0.0..axes.x_max, (from..to).log_scale())?;
    mesh(&mut chart, axes)?;
    Ok(chart)
}

fn builder<'a, 'b>(area: &'a Area<'b>) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut builder = ChartBuilder::on(area);
    builder.margin(8).margin_right(40).x_label_area_size(LABEL_AREA).y_label_area_size(VALUE_AREA);
    builder
}

fn mesh(
    chart: &mut Chart<'_, '_, RangedCoordf64, LogAxis>,
    axes: &Axes<'_>,
) -> Result<(), DrawingError> {
    chart
        .configure_mesh()
        .x_desc(axes.x)
        .y_desc(axes.y)
        .x_labels(axes.x_labels)
        .y_labels(6)
        .x_label_formatter(axes.x_label)
        .y_label_formatter(&|us| format::axis(*us, Unit::Microseconds))
        .axis_style(MUTED)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .label_style(text(&MUTED))
        .axis_desc_style(text(&MUTED))
        .draw()
}

/// Whole powers of ten around the values that are above zero.
fn decades(values: &[f64]) -> (f64, f64) {
    let above = || values.iter().copied().filter(|value| *value > 0.0);
    let min = above().fold(f64::INFINITY, f64::min);
    let max = above().fold(0.0, f64::max);
    if max <= 0.0 {
        return (1.0, 10.0);
    }
    let (from, to) = (10f64.powf(min.log10().floor()), 10f64.powf(max.log10().ceil()));
    (from, if to > from { to } else { from * 10.0 })
}
