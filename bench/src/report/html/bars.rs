//! One figure as a bar for each target, with the range over the rounds.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::plots::{INK, MUTED, WIDTH, anchored, series_colour, svg};
use crate::error::BenchError;
use crate::record::Unit;
use crate::record::groups::{ScenarioRuns, Spread};
use crate::report::format;

const BAR_HEIGHT: u32 = 34;
const AXIS_HEIGHT: u32 = 36;
/// Of a letter of a label, about.
const LETTER_WIDTH: usize = 9;
const LABEL_WIDTH_MAX: u32 = 260;

struct Bar {
    place: usize,
    label: String,
    marked: bool,
    spread: Spread,
}

/// `None` where no target has the figure.
pub(super) fn bars(
    scenario: &ScenarioRuns<'_>,
    figure: &str,
) -> Result<Option<String>, BenchError> {
    let Some(unit) = scenario.figure(figure).map(|figure| figure.unit) else { return Ok(None) };
    let targets = scenario.targets.iter().enumerate();
    let bars: Vec<Bar> = targets
        .filter_map(|(place, target)| {
            let marked = !target.marks().is_empty();
            let mark = if marked { "⚠ " } else { "" };
            let label = format!("{mark}{}", target.label);
            Some(Bar { place, label, marked, spread: target.spread(figure)? })
        })
        .collect();
    draw(&bars, unit).map(Some)
}

fn draw(bars: &[Bar], unit: Unit) -> Result<String, BenchError> {
    let count = u32::try_from(bars.len()).unwrap_or(u32::MAX);
    let height = count.saturating_mul(BAR_HEIGHT) + AXIS_HEIGHT;
    let letters = bars.iter().map(|bar| bar.label.chars().count()).max().unwrap_or(0);
    let labels = u32::try_from(letters * LETTER_WIDTH + 16).unwrap_or(u32::MAX);
    let max = bars.iter().map(|bar| bar.spread.max).fold(f64::MIN_POSITIVE, f64::max);
    svg(height, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(6)
            .margin_right(WIDTH / 5)
            .x_label_area_size(AXIS_HEIGHT - 6)
            .y_label_area_size(labels.min(LABEL_WIDTH_MAX))
            .build_cartesian_2d(0.0..max * 1.02, 0.0..f64::from(count))?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .x_labels(5)
            .x_label_formatter(&|value| format::axis(*value, unit))
            .axis_style(MUTED)
            .bold_line_style(super::plots::GRID)
            .light_line_style(TRANSPARENT)
            .label_style(super::plots::text(&MUTED))
            .draw()?;
        for (row, bar) in bars.iter().rev().enumerate() {
            bar.draw(&mut chart, row, unit)?;
        }
        Ok(())
    })
}

type BarChart<'a, 'b> = super::plots::Chart<
    'a,
    'b,
    plotters::coord::types::RangedCoordf64,
    plotters::coord::types::RangedCoordf64,
>;

impl Bar {
    fn draw(
        &self,
        chart: &mut BarChart<'_, '_>,
        row: usize,
        unit: Unit,
    ) -> Result<(), super::plots::DrawingError> {
        let bottom = f64::from(u32::try_from(row).unwrap_or(u32::MAX));
        let middle = bottom + 0.5;
        // Memory may have shrunk; a bar does not grow to the left.
        let at = |value: f64| value.max(0.0);
        let Spread { median, min, max, rounds } = self.spread;
        let colour = series_colour(self.place);
        let corners = [(0.0, bottom + 0.2), (at(median), bottom + 0.8)];
        if self.marked {
            chart.draw_series([Rectangle::new(corners, colour.mix(0.25).filled())])?;
            chart.draw_series([Rectangle::new(corners, colour.stroke_width(1))])?;
        } else {
            chart.draw_series([Rectangle::new(corners, colour.mix(0.85).filled())])?;
        }
        if rounds > 1 {
            let whisker = [(at(min), middle), (at(max), middle)];
            chart.draw_series([PathElement::new(whisker, INK.stroke_width(2))])?;
            let ends = [at(min), at(max)];
            chart.draw_series(ends.map(|end| {
                let end = [(end, bottom + 0.35), (end, bottom + 0.65)];
                PathElement::new(end, INK.stroke_width(2))
            }))?;
        }
        let label = anchored(&INK, HPos::Right);
        chart.draw_series([
            EmptyElement::at((0.0, middle)) + Text::new(self.label.clone(), (-8, 0), label)
        ])?;
        let value = format::value(median, unit);
        let beside = at(median).max(at(max));
        chart.draw_series([EmptyElement::at((beside, middle))
            + Text::new(value, (8, 0), anchored(&INK, HPos::Left))])?;
        Ok(())
    }
}
