//! The accent colour of pages: one on which text can be read, and the shades that follow from it.

use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

/// How much text differs from what it stands on at least (WCAG 2.2, 1.4.3).
const LEAST: f64 = 4.5;
const WHITE: Colour = Colour([255; 3]);
/// What stands on a light accent: the colour of text.
const DARK: Colour = Colour([0x14, 0x1b, 0x27]);
/// What cards are in the dark theme, as the stylesheet has it.
const NIGHT: Colour = Colour([0x14, 0x1a, 0x22]);

/// A colour of sRGB, written `#2353d3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Colour([u8; 3]);

/// A colour on which white or nearly black text can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Accent(Colour);

/// What an accent is in one theme, each as the stylesheet takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shades {
    /// Text in the colour, and what it frames: it can be read on every surface.
    pub text: String,
    /// The same under the pointer.
    pub text_hover: String,
    /// The surface of what is marked.
    pub soft: String,
    /// The line round it.
    pub line: String,
    /// Text on what is filled with `text`.
    pub on_text: String,
}

/// What is filled with an accent itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// The accent.
    pub plain: String,
    /// The same under the pointer.
    pub hover: String,
    /// Text on it.
    pub on: String,
}

impl Accent {
    /// Six hexadecimal digits.
    #[must_use]
    pub fn digits(self) -> String {
        self.0.to_string().split_off(1)
    }

    /// What a button is filled with.
    #[must_use]
    pub fn fill(self) -> Fill {
        let on = self.0.on();
        let away = if on == WHITE { DARK } else { WHITE };
        let hover = self.0.mixed(away, 0.15);
        // Under the pointer the text must be as good to read.
        let hover = if contrast(hover, on) < LEAST { self.0 } else { hover };
        Fill { plain: self.0.to_string(), hover: hover.to_string(), on: on.to_string() }
    }

    /// The shades of the light theme.
    #[must_use]
    pub fn by_day(self) -> Shades {
        shades(self.0, WHITE, DARK, WHITE)
    }

    /// The shades of the dark theme.
    #[must_use]
    pub fn by_night(self) -> Shades {
        shades(self.0, NIGHT, WHITE, DARK)
    }

    /// The accepted shade that is nearest to a colour: itself, or lighter or darker by as little as can be.
    fn nearest(colour: Colour) -> Self {
        let steps = (0..=100).map(|step| f64::from(step) / 100.0);
        let shades = steps.flat_map(|part| [colour.mixed(DARK, part), colour.mixed(WHITE, part)]);
        let fits = |shade: &Colour| shade.holds_text();
        Self(shades.into_iter().find(fits).unwrap_or(DARK))
    }
}

/// The shades of a colour on a surface: text goes towards `far` until it can be read.
fn shades(colour: Colour, surface: Colour, far: Colour, on_text: Colour) -> Shades {
    let soft = surface.mixed(colour, 0.1);
    let steps = (0..=20).map(|step| colour.mixed(far, f64::from(step) / 20.0));
    // The page itself is a little darker than a card by day, so a little more is asked.
    let text = steps.into_iter().find(|text| contrast(*text, soft) >= LEAST + 0.4).unwrap_or(far);
    Shades {
        text: text.to_string(),
        text_hover: text.mixed(far, 0.2).to_string(),
        soft: soft.to_string(),
        line: surface.mixed(colour, 0.35).to_string(),
        on_text: on_text.to_string(),
    }
}

impl Colour {
    /// White or nearly black: whichever is better to read on it.
    fn on(self) -> Self {
        if contrast(self, WHITE) >= LEAST { WHITE } else { DARK }
    }

    fn holds_text(self) -> bool {
        contrast(self, self.on()) >= LEAST
    }

    /// This colour with a part of another.
    fn mixed(self, other: Self, part: f64) -> Self {
        let [red, green, blue] = self.0;
        let [other_red, other_green, other_blue] = other.0;
        let mix = |from: u8, to: u8| {
            let value = f64::from(from) * (1.0 - part) + f64::from(to) * part;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between two octets"
            )]
            let octet = value.round() as u8;
            octet
        };
        Self([mix(red, other_red), mix(green, other_green), mix(blue, other_blue)])
    }

    /// WCAG 2.2, relative luminance.
    fn luminance(self) -> f64 {
        let linear = |octet: u8| {
            let part = f64::from(octet) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0;
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }
}

/// WCAG 2.2, contrast ratio.
fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (one.luminance(), other.luminance());
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl fmt::Display for Accent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Accent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let no_colour = || "it is not a colour such as #2353d3".to_owned();
        let digits = text.trim().trim_start_matches('#');
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(no_colour());
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| no_colour())?;
        let [_, red, green, blue] = number.to_be_bytes();
        let colour = Colour([red, green, blue]);
        if colour.holds_text() {
            return Ok(Self(colour));
        }
        let nearest = Self::nearest(colour);
        Err(format!(
            "neither white nor nearly black text can be read on it (4.5:1); the nearest shade that is accepted is {nearest}"
        ))
    }
}

impl TryFrom<String> for Accent {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        let number = u32::from_str_radix(text.trim_start_matches('#'), 16).unwrap();
        let [_, red, green, blue] = number.to_be_bytes();
        Colour([red, green, blue])
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((contrast(WHITE, colour("#000000")) - 21.0).abs() < 0.001);
        assert!((contrast(WHITE, colour("#767676")) - 4.54).abs() < 0.01);
    }

    #[test]
    fn a_colour_on_which_no_text_can_be_read_is_refused_with_the_nearest_that_is_accepted() {
        for fine in ["#2353d3", "#ffd400", "FF8800", "#000000", "#ffffff"] {
            assert!(fine.parse::<Accent>().is_ok(), "{fine}");
        }
        for wrong in ["#808080", "#7f7f7f", "#d35400"] {
            let told = wrong.parse::<Accent>().unwrap_err();
            let nearest = told.rsplit(' ').next().unwrap();
            let near = nearest.parse::<Accent>().unwrap_or_else(|_| panic!("{wrong}: {told}"));
            assert!(near.to_string() == nearest && nearest != wrong);
            // Nearest: a hair away, not black or white.
            let [from, ..] = colour(wrong).0;
            let [to, ..] = near.0.0;
            assert!(from.abs_diff(to) < 40, "{wrong} {nearest}");
        }
        for nonsense in ["", "blue", "#12345", "#1234567", "#12345g", "red;}body{", "#+12345"] {
            assert!(nonsense.parse::<Accent>().unwrap_err().contains("not a colour"), "{nonsense}");
        }
    }

    #[test]
    fn text_in_every_shade_of_every_accent_can_be_read() {
        for red in (0..=255).step_by(15) {
            for green in (0..=255).step_by(15) {
                for blue in (0..=255).step_by(15) {
                    let text = format!("#{red:02x}{green:02x}{blue:02x}");
                    let Ok(accent) = text.parse::<Accent>() else { continue };
                    let is_fine = |one: &str, other: &str| {
                        let ratio = contrast(colour(one), colour(other));
                        assert!(ratio >= LEAST, "{accent}: {one} on {other} is {ratio}");
                    };
                    let fill = accent.fill();
                    is_fine(&fill.on, &fill.plain);
                    is_fine(&fill.on, &fill.hover);
                    let (day, night) = (accent.by_day(), accent.by_night());
                    for (shades, page) in
                        [(&day, ["#ffffff", "#f6f7f9"]), (&night, ["#141a22", "#0d1117"])]
                    {
                        is_fine(&shades.text, &shades.soft);
                        is_fine(&shades.text_hover, &shades.soft);
                        is_fine(&shades.on_text, &shades.text);
                        for page in page {
                            is_fine(&shades.text, page);
                        }
                    }
                }
            }
        }
    }
}
