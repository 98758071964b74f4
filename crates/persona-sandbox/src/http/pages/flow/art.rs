//! The drawings of the flow: plain SVG of our own, coloured by the style sheet.

use std::fmt::Write as _;

use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};

/// The made-up licence that every sandbox run submits.
///
/// What it says is Persona's own sandbox data, the person "Alexander J Sample".
pub(super) fn sample_document() -> Markup {
    html! {
        svg .document viewBox="0 0 320 200" role="img" aria-label="ALEXANDER J SAMPLE, 1977-07-17" {
            rect .card x="1" y="1" width="318" height="198" rx="14" {}
            rect .stripe x="1" y="24" width="318" height="26" {}
            text .title x="20" y="42" { "SAMPLE DRIVER LICENSE" }
            rect .photo x="20" y="68" width="84" height="104" rx="8" {}
            circle .figure cx="62" cy="107" r="19" {}
            path .figure d="M28 172c2-26 16-38 34-38s32 12 34 38z" {}
            g .lines {
                text x="122" y="84" { "ALEXANDER J" }
                text x="122" y="106" { "SAMPLE" }
                text .minor x="122" y="130" { "1977-07-17" }
                text .minor x="122" y="149" { "600 CALIFORNIA STREET" }
                text .minor x="122" y="168" { "I1234562" }
            }
        }
    }
}

/// The made-up sheet of paper that every sandbox run submits.
pub(super) fn sample_paper() -> Markup {
    html! {
        svg .document viewBox="0 0 320 200" role="img" aria-label="ALEXANDER J SAMPLE, SAMPLE BILL" {
            rect .card x="40" y="1" width="240" height="198" rx="6" {}
            rect .stripe x="40" y="20" width="240" height="26" {}
            text .title x="56" y="38" { "SAMPLE BILL" }
            g .lines {
                text x="56" y="74" { "ALEXANDER J SAMPLE" }
                text .minor x="56" y="98" { "600 CALIFORNIA STREET" }
                text .minor x="56" y="117" { "SAN FRANCISCO, CA 94109" }
            }
        }
    }
}

/// The made-up face that every sandbox run submits.
pub(super) fn sample_selfie() -> Markup {
    html! {
        svg .selfie viewBox="0 0 200 200" aria-hidden="true" {
            circle .card cx="100" cy="100" r="98" {}
            circle .figure cx="100" cy="82" r="36" {}
            path .figure d="M34 172c4-38 32-54 66-54s62 16 66 54a98 98 0 0 1-132 0z" {}
            circle .guide cx="100" cy="100" r="92" {}
        }
    }
}

/// The opening picture: a card and a face.
pub(super) fn welcome() -> Markup {
    html! {
        svg .emblem viewBox="0 0 200 120" aria-hidden="true" {
            rect .card x="14" y="26" width="118" height="76" rx="10" {}
            circle .figure cx="44" cy="56" r="11" {}
            path .figure d="M24 86c2-14 9-20 20-20s18 6 20 20z" {}
            path .rule d="M78 52h40M78 66h40M78 80h26" {}
            circle .seal cx="146" cy="74" r="30" {}
            path .tick d="M132 75l10 10 19-21" {}
        }
    }
}

/// A tick in a circle.
pub(super) fn ticked() -> Markup {
    html! {
        svg .emblem viewBox="0 0 120 120" aria-hidden="true" {
            circle .seal cx="60" cy="60" r="46" {}
            path .tick d="M38 62l15 15 29-33" {}
        }
    }
}

/// A cross in a circle.
pub(super) fn crossed() -> Markup {
    html! {
        svg .emblem .warning viewBox="0 0 120 120" aria-hidden="true" {
            circle .seal cx="60" cy="60" r="46" {}
            path .tick d="M44 44l32 32M76 44l-32 32" {}
        }
    }
}

/// A clock that has run out.
pub(super) fn clock() -> Markup {
    html! {
        svg .emblem .quiet viewBox="0 0 120 120" aria-hidden="true" {
            circle .seal cx="60" cy="60" r="46" {}
            path .tick d="M60 34v28l18 12" {}
        }
    }
}

/// The empty modules around a QR code that scanners need.
const QUIET_ZONE: i32 = 4;

/// A QR code of an address; empty if the address is longer than one can hold.
pub(super) fn qr_code(address: &str) -> Markup {
    let Ok(code) = QrCode::encode_text(address, QrCodeEcc::Medium) else {
        return Markup::default();
    };
    let size = code.size();
    let modules = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
    let mut path = String::new();
    for (x, y) in modules.filter(|&(x, y)| code.get_module(x, y)) {
        let (x, y) = (x + QUIET_ZONE, y + QUIET_ZONE);
        // Writing to a string does not fail.
        let _ = write!(path, "M{x} {y}h1v1h-1z");
    }
    let side = size + 2 * QUIET_ZONE;
    html! {
        svg .qr viewBox={ "0 0 " (side) " " (side) } aria-hidden="true" {
            rect width=(side) height=(side) {}
            path d=(path) {}
        }
    }
}
