//! The colours of a brand, and which of them must contrast.

use serde::Deserialize;

use super::colour::Colour;

/// The contrast of text with what is behind it (WCAG 2.2, 1.4.3 AA).
const TEXT: f64 = 4.5;
/// The contrast of the edge of a control (WCAG 2.2, 1.4.11 AA).
const CONTROL: f64 = 3.0;

/// The colours of the light and of the dark scheme.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Palette {
    light: Scheme,
    dark: Scheme,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Scheme {
    ground: Colour,
    surface: Colour,
    ink: Colour,
    ink_soft: Colour,
    line: Colour,
    edge: Colour,
    brand: Colour,
    brand_strong: Colour,
    on_brand: Colour,
    accent: Colour,
}

/// The colours of meanings, which no brand changes: they must be legible on its grounds
/// (`style/main.css`).
const MEANINGS: [(&str, [&str; 2]); 3] = [
    ("good", ["#1f6a52", "#6fd0ac"]),
    ("caution", ["#7a4f00", "#f0c067"]),
    ("wrong", ["#9b2c1d", "#ff9d8c"]),
];

impl Palette {
    /// Custom properties for the style sheet.
    pub(crate) fn css(&self) -> String {
        let (light, dark) = (self.light.named(), self.dark.named());
        let properties = light
            .into_iter()
            .zip(dark)
            .map(|((name, light), (_, dark))| format!("--{name}:light-dark({light},{dark});"));
        format!(":root{{{}}}", properties.collect::<String>())
    }

    /// What is hard to read, with the nearest colour that is not.
    pub(crate) fn problems(&self) -> Vec<String> {
        let light = self.light.problems("light", 0);
        let dark = self.dark.problems("dark", 1);
        light.into_iter().chain(dark).collect()
    }
}

impl Scheme {
    fn named(&self) -> [(&'static str, Colour); 10] {
        [
            ("ground", self.ground),
            ("surface", self.surface),
            ("ink", self.ink),
            ("ink-soft", self.ink_soft),
            ("line", self.line),
            ("edge", self.edge),
            ("brand", self.brand),
            ("brand-strong", self.brand_strong),
            ("on-brand", self.on_brand),
            ("accent", self.accent),
        ]
    }

    fn problems(&self, scheme: &str, index: usize) -> Vec<String> {
        let grounds = [("ground", self.ground), ("surface", self.surface)];
        let buttons = [("brand", self.brand), ("brand-strong", self.brand_strong)];
        let checks = [
            ("ink", self.ink, grounds, TEXT),
            ("ink-soft", self.ink_soft, grounds, TEXT),
            ("edge", self.edge, grounds, CONTROL),
            ("brand", self.brand, grounds, TEXT),
            ("on-brand", self.on_brand, buttons, TEXT),
        ];
        let mut problems: Vec<_> = checks
            .into_iter()
            .filter_map(|(name, colour, behind, least)| {
                let passes = |shade: Colour| {
                    let contrasts = behind.iter().map(|(_, behind)| shade.contrast(*behind));
                    contrasts.fold(f64::INFINITY, f64::min) >= least
                };
                let (worst, contrast) = behind
                    .iter()
                    .map(|(name, behind)| (*name, colour.contrast(*behind)))
                    .min_by(|one, two| one.1.total_cmp(&two.1))?;
                let fix = match colour.nearest(passes) {
                    Some(nearest) if nearest == colour => return None,
                    Some(nearest) => format!("the nearest that passes is {nearest}"),
                    None => format!("no shade passes: change {worst}"),
                };
                Some(format!(
                    "colours.{scheme}.{name} {colour} has a contrast of {contrast:.2} with {worst}, \
                     and needs {least}: {fix}"
                ))
            })
            .collect();
        problems.extend(grounds.into_iter().flat_map(|(ground, colour)| {
            MEANINGS.into_iter().filter_map(move |(meaning, shades)| {
                let shade: Colour = shades[index].parse().ok()?;
                let passes = |ground: Colour| ground.contrast(shade) >= TEXT;
                let fix = match colour.nearest(passes) {
                    Some(nearest) if nearest == colour => return None,
                    Some(nearest) => format!("the nearest that passes is {nearest}"),
                    None => "no shade passes".to_owned(),
                };
                Some(format!(
                    "colours.{scheme}.{ground} {colour} has a contrast of {:.2} with {shade}, the \
                     colour of what is {meaning}, and needs {TEXT}: {fix}",
                    colour.contrast(shade)
                ))
            })
        }));
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn palette(change: impl Fn(String) -> String) -> Palette {
        #[derive(Deserialize)]
        struct File {
            colours: Palette,
        }
        let file = include_str!("../../brand/brand.toml").to_owned();
        toml::from_str::<File>(&change(file)).unwrap().colours
    }

    #[test]
    fn the_built_in_colours_are_legible() {
        assert_eq!(palette(|file| file).problems(), Vec::<String>::new());
    }

    #[test]
    fn a_pale_brand_is_refused_with_the_nearest_that_passes() {
        let pale = palette(|file| file.replace("brand = \"#1f6a52\"", "brand = \"#5fbf9f\""));
        let problems = pale.problems();
        let [links, button] = problems.as_slice() else {
            panic!("{problems:?}")
        };
        assert!(
            links.starts_with("colours.light.brand #5fbf9f has a contrast of 2."),
            "{links}"
        );
        assert!(
            button.starts_with("colours.light.on-brand #ffffff"),
            "{button}"
        );
        // What is named does pass.
        let nearest = links.rsplit(' ').next().unwrap().to_owned();
        let better =
            palette(|file| file.replace("brand = \"#1f6a52\"", &format!("brand = \"{nearest}\"")));
        assert_eq!(better.problems(), Vec::<String>::new());
    }

    #[test]
    fn a_ground_must_carry_the_colours_of_meanings() {
        let grey = palette(|file| file.replace("ground = \"#faf8f4\"", "ground = \"#9a9a9a\""));
        let problems = grey.problems().join("\n");
        assert!(
            problems.contains("colours.light.ground #9a9a9a"),
            "{problems}"
        );
        assert!(problems.contains("what is wrong"), "{problems}");
    }

    #[test]
    fn the_style_sheet_gets_both_schemes() {
        let css = palette(|file| file).css();
        assert!(
            css.contains("--brand:light-dark(#1f6a52,#6fd0ac);"),
            "{css}"
        );
        assert!(
            css.contains("--ink-soft:light-dark(#56605c,#aab3b0);"),
            "{css}"
        );
    }
}
