//! Names in the spelling of each place.

/// A domain's name on the wire, `reservation-seat`: words of small letters and digits.
pub(super) fn domain(name: &str) -> Result<String, &'static str> {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    name.split('-')
        .all(is_word)
        .then(|| name.to_owned())
        .ok_or("use lowercase letters, digits and -, such as gift-card")
}

/// `seatNumber`: a field's name on the wire.
pub(super) fn is_camel(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// `seatNumber` as `seat_number`.
pub(super) fn snake(camel: &str) -> String {
    let mut snake = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// `reservation-seat` as `ReservationSeat`.
pub(super) fn pascal(kebab: &str) -> String {
    kebab.split('-').map(capitalized).collect()
}

/// `reservation-seat` as `reservationSeat`.
pub(super) fn camel(kebab: &str) -> String {
    let (first, rest) = kebab.split_once('-').unwrap_or((kebab, ""));
    first.to_owned() + &pascal(rest)
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
