//! What a `User-Agent` header says about a browser and its device.

/// A browser, as far as its header tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Browser<'a> {
    pub(crate) name: Option<&'static str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) os_name: Option<&'static str>,
    /// `desktop` or `mobile`.
    pub(crate) device_type: Option<&'static str>,
}

/// What browsers call themselves, the most particular first: Edge also says Chrome, and Chrome also
/// says Safari.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

/// What systems are called, the most particular first: Android also says Linux.
const SYSTEMS: [(&str, &str, &str); 6] = [
    ("Android", "Android", "mobile"),
    ("iPhone", "iOS", "mobile"),
    ("iPad", "iOS", "mobile"),
    ("Windows", "Windows", "desktop"),
    ("Mac OS X", "Mac OS X", "desktop"),
    ("Linux", "Linux", "desktop"),
];

impl<'a> Browser<'a> {
    /// Reads the header.
    pub(crate) fn parse(header: &'a str) -> Self {
        let browser = BROWSERS.iter().find_map(|(mark, name)| {
            let (_, rest) = header.split_once(mark)?;
            Some((*name, rest.split([' ', ';', ')']).next()?))
        });
        let system = SYSTEMS.iter().find(|(mark, ..)| header.contains(mark));
        Self {
            name: browser.map(|(name, _)| name),
            version: browser.map(|(_, version)| version),
            os_name: system.map(|(_, name, _)| *name),
            device_type: system.map(|(_, _, device)| *device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/140.0.0.0 Safari/537.36";
        for (header, name, version, os) in [
            (chrome.to_owned(), "Chrome", "140.0.0.0", "Windows"),
            (format!("{chrome} Edg/140.1"), "Edge", "140.1", "Windows"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
                    .to_owned(),
                "Safari",
                "18.0",
                "iOS",
            ),
            (
                "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0".to_owned(),
                "Firefox",
                "140.0",
                "Android",
            ),
        ] {
            let browser = Browser::parse(&header);
            assert_eq!(browser.name, Some(name), "{header}");
            assert_eq!(browser.version, Some(version), "{header}");
            assert_eq!(browser.os_name, Some(os), "{header}");
        }
        assert_eq!(Browser::parse("curl/8.0"), Browser::default());
    }
}
