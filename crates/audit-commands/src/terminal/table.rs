use std::{env, process::ExitCode};

use audit_core::terminal::visible;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, presets::NOTHING};
use console::{Style, Term};

use super::output::{note, print};
use crate::exit::CommandResult;

/// A column no wider than this is not wrapped, however narrow the terminal is.
const MAX_UNWRAPPED_WIDTH: u16 = 24;
/// A column is left out rather than wrapped more narrowly than this.
const MIN_WRAPPED_WIDTH: u16 = 12;
/// The space between two columns.
const GAP: u16 = 2;
/// The width where there is no terminal.
const DEFAULT_WIDTH: u16 = 120;

/// The width and colours of the output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TerminalStyle {
    /// The number of columns.
    width: u16,
    /// Whether cells are wrapped. Elsewhere than on a terminal, a line of a table is one line.
    wraps: bool,
    has_colours: bool,
}

/// A table for people. The first cell of a line is never empty.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) lines: Vec<Line>,
    /// Whether the last column holds numbers.
    pub(crate) ends_with_number: bool,
}

/// One line of a table.
#[derive(Debug)]
pub(crate) struct Line {
    /// A line above it.
    pub(crate) heading: Option<String>,
    pub(crate) cells: Vec<String>,
    /// Whether it is highlighted.
    pub(crate) is_failure: bool,
}

impl TerminalStyle {
    /// The style of standard output: the width of the terminal, of `COLUMNS`, or 120 columns, and colours on a terminal
    /// unless `NO_COLOR` or `TERM` say otherwise.
    pub(crate) fn of_stdout() -> Self {
        let term = Term::stdout();
        let width = term.size_checked().map(|(_, columns)| columns).or_else(width_of_environment);
        Self {
            width: width.unwrap_or(DEFAULT_WIDTH),
            wraps: term.is_term(),
            has_colours: term.is_term() && console::colors_enabled(),
        }
    }

    pub(crate) fn paint(self, style: &Style, text: &str) -> String {
        if self.has_colours {
            style.clone().force_styling(true).apply_to(text).to_string()
        } else {
            text.to_owned()
        }
    }

    /// A line, highlighted if it reports a failure.
    pub(crate) fn line(self, is_failure: bool, text: &str) -> String {
        if is_failure { self.paint(&Style::new().red(), text) } else { text.to_owned() }
    }
}

#[expect(clippy::disallowed_methods, reason = "how wide the output is, as shells and other programs have it")]
fn width_of_environment() -> Option<u16> {
    env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0)
}

impl Table {
    /// Prints the table. Columns that do not fit are left out, which a note says.
    pub(crate) fn print(mut self) -> CommandResult {
        let style = TerminalStyle::of_stdout();
        let left_out = self.leave_out_columns(style);
        print(self.render(style))?;
        if !left_out.is_empty() {
            note(&format!(
                "{} columns are too few for {}: use a wider terminal, COLUMNS=200, or another --format",
                style.width,
                left_out.join(", ")
            ));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Removes columns from the right until the others fit, wide ones first, and returns their headers. The first one
    /// stays, and so does a number at the end.
    fn leave_out_columns(&mut self, style: TerminalStyle) -> Vec<String> {
        let mut left_out = Vec::new();
        let mut widths = self.content().column_max_content_widths();
        for is_wide in [true, false] {
            let last = self.header.len().saturating_sub(usize::from(self.ends_with_number));
            for number in (1..last).rev() {
                let is_candidate =
                    widths.get(number).is_some_and(|width| (*width > MAX_UNWRAPPED_WIDTH) == is_wide);
                if is_candidate && min_width(&widths, style.wraps) > style.width.into() {
                    widths.remove(number);
                    left_out.push(self.header.remove(number));
                    self.lines.iter_mut().for_each(|line| drop(line.cells.remove(number)));
                }
            }
        }
        left_out.reverse();
        left_out
    }

    fn render(&self, style: TerminalStyle) -> String {
        if self.lines.is_empty() {
            return String::new();
        }
        let mut shown = String::new();
        // The next of our lines. On a narrow terminal, one may take several of the screen's.
        let mut next = 0;
        for (number, text) in self.arrange(style).lines().enumerate() {
            let text = text.trim_end();
            if number == 0 {
                shown.push_str(&style.paint(&Style::new().bold(), text));
                shown.push('\n');
                continue;
            }
            if !text.starts_with(' ')
                && let Some(line) = self.lines.get(next)
            {
                next += 1;
                if let Some(heading) = &line.heading {
                    shown.push_str(&style.paint(&Style::new().bold(), heading));
                    shown.push('\n');
                }
            }
            let is_failure = next.checked_sub(1).is_some_and(|of| self.lines[of].is_failure);
            shown.push_str(&style.line(is_failure, text));
            shown.push('\n');
        }
        shown
    }

    fn content(&self) -> comfy_table::Table {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).set_header(&self.header);
        for line in &self.lines {
            // Cells may hold what others have written, and this is the way to the terminal.
            table.add_row(line.cells.iter().map(|cell| visible(cell)));
        }
        table
    }

    fn arrange(&self, style: TerminalStyle) -> comfy_table::Table {
        let mut table = self.content();
        if style.wraps {
            table.set_width(style.width).set_content_arrangement(ContentArrangement::Dynamic);
        }
        let widths = table.column_max_content_widths();
        for (number, (column, width)) in table.column_iter_mut().zip(widths).enumerate() {
            column.set_padding((0, GAP));
            // A new line is recognized by its first cell.
            if number == 0 || width <= MAX_UNWRAPPED_WIDTH {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        if self.ends_with_number
            && let Some(last) = table.column_mut(self.header.len().saturating_sub(1))
        {
            last.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}

/// The width that columns of these widths need at least.
fn min_width(widths: &[u16], wraps: bool) -> u32 {
    let min = |(number, width): (usize, &u16)| {
        // The first column is never wrapped.
        let is_wrapped = wraps && number > 0 && *width > MAX_UNWRAPPED_WIDTH;
        u32::from(if is_wrapped { MIN_WRAPPED_WIDTH } else { *width }) + u32::from(GAP)
    };
    widths.iter().enumerate().map(min).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let line = |cells: [&str; 3], is_failure| Line {
            heading: None,
            cells: cells.map(str::to_owned).to_vec(),
            is_failure,
        };
        Table {
            header: ["TIME", "RESOURCE", "DETAILS"].map(str::to_owned).to_vec(),
            lines: vec![
                line(["20:00", "1층 A구역 3열 12번", "좌석"], false),
                line(["20:01", "90011", "of many words, which are put below each other"], true),
            ],
            ends_with_number: false,
        }
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let style = TerminalStyle { width: 120, wraps: false, has_colours: false };
        assert_eq!(
            table().render(style),
            "TIME   RESOURCE            DETAILS\n\
             20:00  1층 A구역 3열 12번  좌석\n\
             20:01  90011               of many words, which are put below each other\n"
        );
    }

    #[test]
    fn columns_that_do_not_fit_are_left_out_from_the_right() {
        for (width, left_out) in [
            (120, &[][..]),
            (60, &[]),
            (40, &["DETAILS"]),
            (20, &["RESOURCE", "DETAILS"]),
            (1, &["RESOURCE", "DETAILS"]),
        ] {
            let mut table = table();
            let style = TerminalStyle { width, wraps: true, has_colours: false };
            assert_eq!(table.leave_out_columns(style), left_out, "{width}");
            let widest = table.render(style);
            let widest = widest.lines().map(console::measure_text_width).max();
            assert!(widest <= Some(width.max(5).into()), "{width}: {widest:?}");
        }
        let mut counts = Table { ends_with_number: true, ..table() };
        assert_eq!(
            counts.leave_out_columns(TerminalStyle { width: 1, wraps: false, has_colours: false }),
            ["RESOURCE"]
        );
        assert_eq!(counts.header, ["TIME", "DETAILS"]);
        // One line each.
        let mut piped = table();
        let style = TerminalStyle { width: 60, wraps: false, has_colours: false };
        assert_eq!(piped.leave_out_columns(style), ["DETAILS"]);
        assert_eq!(piped.render(style).lines().count(), 3);
    }

    #[test]
    fn every_part_of_a_failure_is_highlighted() {
        let shown = table().render(TerminalStyle { width: 50, wraps: true, has_colours: true });
        let lines: Vec<_> = shown.lines().collect();
        assert!(lines.len() > 3, "{shown}");
        assert!(lines[0].starts_with("\u{1b}[1m"), "{shown}");
        assert!(!lines[1].contains('\u{1b}'), "{shown}");
        assert!(lines[2..].iter().all(|line| line.starts_with("\u{1b}[31m")), "{shown}");
    }
}
