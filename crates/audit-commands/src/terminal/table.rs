use audit_core::terminal::visible;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, presets::NOTHING};
use console::{Style, Term};

/// A column no wider than this is not wrapped, however narrow the terminal is.
const MAX_UNWRAPPED_WIDTH: u16 = 24;

/// The width and colours of the output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TerminalStyle {
    /// The number of columns. Without it, lines are as long as they need to be.
    width: Option<u16>,
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
    /// The style of standard output: a terminal has a width, and colours unless `NO_COLOR` or `TERM` say otherwise.
    /// Elsewhere, an event is one line without colours.
    pub(crate) fn of_stdout() -> Self {
        let term = Term::stdout();
        let width = term.size_checked().map(|(_, columns)| columns);
        Self { width, has_colours: term.is_term() && console::colors_enabled() }
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

impl Table {
    pub(crate) fn render(&self, style: TerminalStyle) -> String {
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

    fn arrange(&self, style: TerminalStyle) -> comfy_table::Table {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).set_header(&self.header);
        for line in &self.lines {
            // Cells may hold what others have written, and this is the way to the terminal.
            table.add_row(line.cells.iter().map(|cell| visible(cell)));
        }
        if let Some(width) = style.width {
            table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
        }
        let widths = table.column_max_content_widths();
        for (number, (column, width)) in table.column_iter_mut().zip(widths).enumerate() {
            column.set_padding((0, 2));
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
        let style = TerminalStyle { width: None, has_colours: false };
        assert_eq!(
            table().render(style),
            "TIME   RESOURCE            DETAILS\n\
             20:00  1층 A구역 3열 12번  좌석\n\
             20:01  90011               of many words, which are put below each other\n"
        );
    }

    #[test]
    fn every_part_of_a_failure_is_highlighted() {
        let shown = table().render(TerminalStyle { width: Some(50), has_colours: true });
        let lines: Vec<_> = shown.lines().collect();
        assert!(lines.len() > 3, "{shown}");
        assert!(lines[0].starts_with("\u{1b}[1m"), "{shown}");
        assert!(!lines[1].contains('\u{1b}'), "{shown}");
        assert!(lines[2..].iter().all(|line| line.starts_with("\u{1b}[31m")), "{shown}");
    }
}
