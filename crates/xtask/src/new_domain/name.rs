//! Names in the spelling of each place.

/// `reservation-seat`: words of small letters and digits.
pub(super) fn is_kebab(name: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    name.split('-').all(is_word)
}

/// `seatNumber`: a field's name on the wire.
pub(super) fn is_camel(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// `CANCELED_BY_USER`.
pub(super) fn is_action(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
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
    kebab.split('-').map(capital).collect()
}

/// `reservation-seat` as `reservationSeat`.
pub(super) fn camel(kebab: &str) -> String {
    match kebab.split_once('-') {
        Some((first, rest)) => first.to_owned() + &pascal(rest),
        None => kebab.to_owned(),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
