use indicatif::{ProgressBar, ProgressStyle};

/// How far a walk through many things has come. It shows itself on a terminal only.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg}{bar:40} {human_pos}/{human_len} {eta}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Says before the bar what is done.
    pub(super) fn says(&self, text: &str) {
        self.0.set_message(format!("{text} "));
    }

    pub(super) fn at(&self, seen: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(seen);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
