use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar. It is drawn on a terminal only.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg}{bar:40} {human_pos}/{human_len} {eta}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Sets the text before the bar.
    pub(crate) fn set_label(&self, text: &str) {
        self.0.set_message(format!("{text} "));
    }

    pub(crate) fn update(&self, seen: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(seen);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
