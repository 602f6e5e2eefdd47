use audit_import::{Pass, Progress};
use indicatif::{ProgressBar, ProgressStyle};

/// How far the import of a table has come. It shows itself on a terminal only.
pub(super) struct Bar {
    bar: ProgressBar,
    table: &'static str,
}

impl Bar {
    pub(super) fn new(table: &'static str) -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {human_pos}/{human_len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(format!("{table}: reading"));
        Self { bar, table }
    }

    pub(super) fn at(&self, Progress { pass, rows, total }: Progress) {
        let does = match pass {
            Pass::Copying => "copying",
            Pass::Comparing => "comparing",
        };
        self.bar.set_message(format!("{}: {does}", self.table));
        self.bar.set_length(total);
        self.bar.set_position(rows);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
