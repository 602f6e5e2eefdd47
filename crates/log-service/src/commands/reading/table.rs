use audit_core::terminal::visible;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, presets::NOTHING};
use console::{Style, Term};

/// A column that is no wider stays in one piece where there is little room.
const SHORT: u16 = 24;

/// What a table is shown on.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) struct Look {
    /// How many columns there are; without it, a line is as long as it must be.
    width: Option<u16>,
    has_colours: bool,
}

/// A table for people. The first cell of a line is never empty.
#[derive(Debug)]
pub(in crate::commands) struct Table {
    pub(in crate::commands) header: Vec<String>,
    pub(in crate::commands) lines: Vec<Line>,
    /// Whether the last column holds numbers.
    pub(in crate::commands) ends_with_number: bool,
}

/// One line of a table.
#[derive(Debug)]
pub(in crate::commands) struct Line {
    /// What stands above it.
    pub(in crate::commands) heading: Option<String>,
    pub(in crate::commands) cells: Vec<String>,
    /// Whether it stands out.
    pub(in crate::commands) is_failure: bool,
}

impl Look {
    /// That of standard output: a terminal has a width, and colours unless `NO_COLOR` or `TERM` say otherwise.
    /// Elsewhere an event is one line without colours.
    pub(in crate::commands) fn of_stdout() -> Self {
        let term = Term::stdout();
        let width = term.size_checked().map(|(_, columns)| columns);
        Self { width, has_colours: term.is_term() && console::colors_enabled() }
    }

    pub(in crate::commands) fn paint(self, style: &Style, text: &str) -> String {
        if self.has_colours {
            style.clone().force_styling(true).apply_to(text).to_string()
        } else {
            text.to_owned()
        }
    }

    /// A line that stands out if it tells of a failure.
    pub(in crate::commands) fn line(self, is_failure: bool, text: &str) -> String {
        if is_failure { self.paint(&Style::new().red(), text) } else { text.to_owned() }
    }
}

impl Table {
    pub(in crate::commands) fn show(&self, look: Look) -> String {
        let mut shown = String::new();
        // The next of our lines: on a narrow terminal one takes several of the screen's.
        let mut next = 0;
        for (number, text) in self.arranged(look).lines().enumerate() {
            let text = text.trim_end();
            if number == 0 {
                shown.push_str(&look.paint(&Style::new().bold(), text));
                shown.push('\n');
                continue;
            }
            if !text.starts_with(' ')
                && let Some(line) = self.lines.get(next)
            {
                next += 1;
                if let Some(heading) = &line.heading {
                    shown.push_str(&look.paint(&Style::new().bold(), heading));
                    shown.push('\n');
                }
            }
            let is_failure = next.checked_sub(1).is_some_and(|of| self.lines[of].is_failure);
            shown.push_str(&look.line(is_failure, text));
            shown.push('\n');
        }
        shown
    }

    fn arranged(&self, look: Look) -> comfy_table::Table {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).set_header(&self.header);
        for line in &self.lines {
            // Whatever others have written: here is the way to the terminal.
            table.add_row(line.cells.iter().map(|cell| visible(cell)));
        }
        if let Some(width) = look.width {
            table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
        }
        let widths = table.column_max_content_widths();
        for (number, (column, width)) in table.column_iter_mut().zip(widths).enumerate() {
            column.set_padding((0, 2));
            // Where a line begins is known by its first cell.
            if number == 0 || width <= SHORT {
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
        let look = Look { width: None, has_colours: false };
        assert_eq!(
            table().show(look),
            "TIME   RESOURCE            DETAILS\n\
             20:00  1층 A구역 3열 12번  좌석\n\
             20:01  90011               of many words, which are put below each other\n"
        );
    }

    #[test]
    fn every_part_of_a_failure_stands_out() {
        let shown = table().show(Look { width: Some(50), has_colours: true });
        let lines: Vec<_> = shown.lines().collect();
        assert!(lines.len() > 3, "{shown}");
        assert!(lines[0].starts_with("\u{1b}[1m"), "{shown}");
        assert!(!lines[1].contains('\u{1b}'), "{shown}");
        assert!(lines[2..].iter().all(|line| line.starts_with("\u{1b}[31m")), "{shown}");
    }
}
