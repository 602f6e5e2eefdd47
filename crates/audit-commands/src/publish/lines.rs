use std::io::{self, BufRead, BufReader};

/// The number of messages that wait for their confirms at the same time.
const WINDOW: usize = 1000;

/// Lines with their numbers, from 1; empty ones are left out.
pub(crate) struct Lines<R> {
    input: BufReader<R>,
    number: usize,
}

impl<R: io::Read> Lines<R> {
    pub(crate) fn of(input: R) -> Self {
        Self { input: BufReader::new(input), number: 0 }
    }

    /// Reads as many lines as are sent at a time; none at the end.
    pub(crate) fn next_window(&mut self) -> io::Result<Vec<(usize, Vec<u8>)>> {
        let mut window = Vec::new();
        while window.len() < WINDOW {
            let mut text = Vec::new();
            if self.input.read_until(b'\n', &mut text)? == 0 {
                break;
            }
            self.number += 1;
            if !text.trim_ascii().is_empty() {
                window.push((self.number, text));
            }
        }
        Ok(window)
    }
}
