//! Codes that people copy from paper by hand: few letters, none like another, and a typing error is seen at once.

use super::secret::Secret;
use flate2::Crc;

/// Crockford's base 32 in lower case: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 20 random digits are 100 bits.
const RANDOM: usize = 20;
/// 4 digits are the low 20 bits of the CRC-32 of all before them.
const CHECKSUM: usize = 4;
const GROUP: usize = 4;

/// Makes a code: the prefix, an underscore, 20 random digits and 4 of a checksum, in groups of four.
#[must_use]
pub fn paper_code(prefix: &str) -> Secret {
    let random: String =
        super::random::<RANDOM>().iter().map(|byte| digit(u32::from(*byte))).collect();
    Secret::from(written(prefix, &random, &checksum(prefix, &random)))
}

/// What somebody typed, as [`paper_code`] wrote it; `None` if it is not a code with this prefix, or mistyped. Case,
/// spaces, dashes and the prefix do not matter, and letters that look like a digit are that digit.
#[must_use]
pub fn read_paper_code(prefix: &str, typed: &str) -> Option<Secret> {
    let typed: String =
        typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let body = match typed.strip_prefix(prefix) {
        Some(body) if body.len() == RANDOM + CHECKSUM => body,
        _ => &typed,
    };
    if body.len() != RANDOM + CHECKSUM {
        return None;
    }
    let body: String = body.chars().map(meant).collect();
    let (random, check) = body.split_at_checked(RANDOM)?;
    (checksum(prefix, random) == check).then(|| Secret::from(written(prefix, random, check)))
}

fn written(prefix: &str, random: &str, check: &str) -> String {
    let mut code = format!("{prefix}_");
    for (at, digit) in random.chars().chain(check.chars()).enumerate() {
        if at > 0 && at % GROUP == 0 {
            code.push('-');
        }
        code.push(digit);
    }
    code
}

fn meant(typed: char) -> char {
    match typed {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    }
}

fn checksum(prefix: &str, random: &str) -> String {
    let mut crc = Crc::new();
    crc.update(prefix.as_bytes());
    crc.update(random.as_bytes());
    let sum = crc.sum();
    [15, 10, 5, 0].iter().map(|shift| digit(sum >> shift)).collect()
}

fn digit(value: u32) -> char {
    ALPHABET.get((value & 31) as usize).copied().map_or('0', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_a_person_types_it() {
        for _ in 0..50 {
            let made = paper_code("bg");
            let code = made.reveal();
            assert_eq!(code.len(), 3 + 24 + 5, "{code}");
            for typed in [
                code.to_owned(),
                code.to_ascii_uppercase(),
                code.replace('-', " "),
                code.replace('-', ""),
                format!("  {}\n", &code[3..]),
                code.replace('0', "O").replace('1', "l"),
                code[3..].replace('1', "I"),
            ] {
                let read = read_paper_code("bg", &typed);
                assert_eq!(read.expect(&typed).reveal(), code, "{typed}");
            }
        }
    }

    #[test]
    fn a_typing_error_is_seen() {
        let made = paper_code("bg");
        let code = made.reveal();
        let digits: Vec<usize> = (3..code.len()).filter(|at| &code[*at..=*at] != "-").collect();
        for at in digits {
            let mut bytes = code.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            assert!(read_paper_code("bg", std::str::from_utf8(&bytes).unwrap()).is_none());
        }
        for no_code in ["", "bg_", "ä", &code[..code.len() - 1], &format!("{code}0")] {
            assert!(read_paper_code("bg", no_code).is_none(), "{no_code}");
        }
        assert!(read_paper_code("sl", code).is_none());
    }
}
