//! A change of the sandbox's clock, as `POST /_sandbox/clock` and scenario files write it.

use serde::Deserialize;

use super::clock::{Clock, Moment};

/// A change of the clock: to a moment or ahead, and to another speed.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockChange {
    now: Option<String>,
    advance_s: Option<f64>,
    speed: Option<f64>,
}

impl ClockChange {
    /// Checks that the change makes sense.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.apply(Clock::wall()).map(|_| ())
    }

    /// The clock after this change.
    pub(crate) fn apply(&self, mut clock: Clock) -> Result<Clock, String> {
        match (&self.now, self.advance_s) {
            (Some(_), Some(_)) => return Err("now and advance_s exclude each other".to_owned()),
            (None, None) if self.speed.is_none() => {
                return Err("now, advance_s or speed is missing".to_owned());
            }
            (None, None) => {}
            (Some(now), None) => {
                let now = Moment::parse(now)
                    .ok_or("now must be a date time (ISO 8601), such as 2026-01-05T10:00:00Z")?;
                clock = clock.set_to(now);
            }
            (None, Some(seconds)) => clock = clock.set_to(advance_by(clock.now(), seconds)?),
        }
        match self.speed {
            Some(speed) => clock.at_speed(speed).map_err(|error| error.to_string()),
            None => Ok(clock),
        }
    }
}

fn advance_by(now: Moment, seconds: f64) -> Result<Moment, String> {
    if !seconds.is_finite() {
        return Err("advance_s must be a number of seconds".to_owned());
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float cast saturates, as does Moment"
    )]
    let millis = (seconds * 1000.0) as i64;
    Ok(Moment::from_millis(now.as_millis().saturating_add(millis)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn change(change: Value) -> Result<Clock, String> {
        let clock = Clock::wall().at_speed(0.0).unwrap();
        let start = Moment::parse("2026-01-05T10:00:00Z").unwrap();
        serde_json::from_value::<ClockChange>(change)
            .unwrap()
            .apply(clock.set_to(start))
    }

    #[test]
    fn time_moves_forwards_and_backwards() {
        let now = |clock: Clock| clock.now().to_string();
        let advance_by = change(json!({"advance_s": 1.5})).unwrap();
        assert_eq!(now(advance_by), "2026-01-05T10:00:01.500Z");
        let back = change(json!({"now": "2020-01-01T00:00:00Z"})).unwrap();
        assert_eq!(now(back), "2020-01-01T00:00:00.000Z");
        assert!(change(json!({"speed": 10.0})).is_ok());
    }

    #[test]
    fn a_wrong_change_is_refused() {
        for wrong in [
            json!({}),
            json!({"now": "tomorrow"}),
            json!({"now": "2020-01-01T00:00:00Z", "advance_s": 1.0}),
            json!({"speed": -1.0}),
        ] {
            assert!(change(wrong).is_err());
        }
    }
}
