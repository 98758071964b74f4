//! The mark and the drawings: SVG files that pages contain or refer to.

/// The symbols that `drawings.svg` must have: one for each kind of moment.
const SYMBOLS: [&str; 11] = [
    "card",
    "unfinished",
    "checking",
    "person",
    "verified",
    "letter",
    "retry",
    "clock",
    "lock",
    "blocked",
    "unplugged",
];

/// The mark: the icon of the tab, and the picture in the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The file.
    pub svg: String,
    /// The file's `viewBox`.
    pub view_box: String,
    /// What the outer element contains.
    pub content: String,
}

impl Mark {
    pub(super) fn parse(svg: &str) -> Result<Self, String> {
        check(svg, "mark.svg")?;
        let parts = || {
            let (_, rest) = svg.split_once("<svg")?;
            let (attributes, rest) = rest.split_once('>')?;
            let (_, view_box) = attributes.split_once("viewBox=\"")?;
            let (view_box, _) = view_box.split_once('"')?;
            let (content, _) = rest.rsplit_once("</svg>")?;
            Some((view_box, content))
        };
        let (view_box, content) =
            parts().ok_or("mark.svg: the outer element must be `<svg … viewBox=\"…\">`")?;
        Ok(Self {
            svg: svg.to_owned(),
            view_box: view_box.to_owned(),
            content: content.trim().to_owned(),
        })
    }
}

/// Checks that the drawings are there.
pub(super) fn check_drawings(svg: String) -> Result<String, String> {
    check(&svg, "drawings.svg")?;
    for symbol in SYMBOLS {
        if !svg.contains(&format!("<symbol id=\"{symbol}\"")) {
            return Err(format!("drawings.svg: the symbol `{symbol}` is missing"));
        }
    }
    Ok(svg)
}

/// A picture does nothing and loads nothing. The content security policy of each page forbids it, too.
fn check(svg: &str, name: &str) -> Result<(), String> {
    let lower = svg.to_lowercase();
    for active in [
        "<script",
        "<foreignobject",
        "javascript:",
        " on",
        "href=\"http",
        "url(http",
    ] {
        // An attribute such as `onload`, not a word in a comment.
        let found = lower
            .split(active)
            .skip(1)
            .any(|after| active != " on" || after.split('=').next().is_some_and(is_attribute_name));
        if found {
            return Err(format!(
                "{name}: a picture may not contain `{}`",
                active.trim()
            ));
        }
    }
    Ok(())
}

fn is_attribute_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_not_a_picture() {
        for bad in [
            "<svg viewBox=\"0 0 1 1\"><script>1</script></svg>",
            "<svg viewBox=\"0 0 1 1\" onload=\"x()\"></svg>",
            "<svg viewBox=\"0 0 1 1\"><image href=\"https://elsewhere.example/x\"/></svg>",
            "<svg><circle/></svg>",
            "",
        ] {
            assert!(Mark::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_mark_is_split_into_what_the_header_needs() {
        let mark = Mark::parse("<svg viewBox=\"0 0 8 8\"> <circle r=\"4\"/> </svg>").unwrap();
        assert_eq!(mark.view_box, "0 0 8 8");
        assert_eq!(mark.content, "<circle r=\"4\"/>");
    }
}
