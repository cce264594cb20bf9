//! A text as a picture that a camera reads (QR code, ISO/IEC 18004), as the path of an inline SVG.

use crate::error::{Error, Result};
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// Modules of white round the code.
const QUIET: usize = 4;

/// A picture whose unit is one module.
pub(super) struct Picture {
    /// Its width and height.
    pub(super) size: usize,
    /// What is dark in it, as the `d` of a path.
    pub(super) path: String,
}

/// The picture of a text.
pub(super) fn of(text: &str) -> Result<Picture> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| Error::Internal(anyhow::anyhow!("a QR code: {error}")))?;
    let width = code.width();
    let mut path = String::new();
    for (row, modules) in code.to_colors().chunks(width).enumerate() {
        let mut at = 0;
        for run in modules.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                let length = run.len();
                let (x, y) = (at + QUIET, row + QUIET);
                // Writing to a string does not fail.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            at += run.len();
        }
    }
    Ok(Picture { size: width + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_the_modules_of_the_code_and_white_round_it() {
        let text = "otpauth://totp/Orbit:maya@orbit.example?secret=GEZDGNBVGY3TQOJQ";
        let picture = of(text).unwrap();
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        assert_eq!(picture.size, code.width() + 8);
        let mut drawn = vec![vec![false; picture.size]; picture.size];
        for run in picture.path.split('M').skip(1) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
            let x: usize = x.parse().unwrap();
            drawn[y.parse::<usize>().unwrap()][x..x + length].fill(true);
        }
        let modules: Vec<bool> = drawn[4..picture.size - 4]
            .iter()
            .flat_map(|row| row[4..picture.size - 4].to_vec())
            .collect();
        let theirs: Vec<bool> = code.to_colors().iter().map(|c| *c == Color::Dark).collect();
        assert_eq!(modules, theirs);
        let dark = modules.iter().filter(|module| **module).count();
        assert_eq!(drawn.concat().into_iter().filter(|module| *module).count(), dark);
    }
}
