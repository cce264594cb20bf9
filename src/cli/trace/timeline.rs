//! How the steps of a sign-in are written: a line for each that happened.

use crate::cli::failure::Result;
use crate::cli::output::{Output, pad};
use crate::clock::Time;
use crate::locale::Locale;
use crate::store::traces::Moment;
use crate::views::trace as views;

/// Steps are padded to this width, as far as they are shorter.
const TITLE: usize = 36;

/// Writes the steps that happened, each with the time since the beginning.
pub(super) fn write(out: &Output, timeline: &[Moment], began: Time, locale: &Locale) -> Result {
    timeline
        .iter()
        .filter_map(|moment| line(moment, began, locale))
        .try_for_each(|line| out.line(line))
}

fn line(moment: &Moment, began: Time, locale: &Locale) -> Option<String> {
    let after = moment.at?.since(began).num_milliseconds();
    let title = pad(views::step(moment.step, locale), TITLE);
    Some(format!("  step  {title}  +{}.{:03} s", after / 1000, after % 1000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::traces::Step;
    use chrono::TimeDelta;

    #[test]
    fn a_step_says_how_long_after_the_beginning_it_was() {
        let (began, locale) = (Time::from_unix(1_800_000_000), Locale::load("en").unwrap());
        let after = |ms| Some(began.plus(TimeDelta::milliseconds(ms)));
        let sent = Moment { step: Step::Sent, at: after(8_062) };
        let line = |moment| line(&moment, began, &locale);
        assert_eq!(line(sent).unwrap(), "  step  Sent to the identity provider         +8.062 s");
        assert_eq!(line(Moment { step: Step::Redeemed, at: None }), None);
    }
}
