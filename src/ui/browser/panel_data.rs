//! Reads the data of the panel from the page.

use js_sys::{Array, JSON, Reflect};
use wasm_bindgen::JsValue;

use super::{
    live::summary_of_row,
    page::{self, text},
};
use crate::model::{PanelData, SdkSettings};

/// The data in this attribute of an element. `None` if it is not that of this release.
pub(in crate::ui) fn panel_data(id: &str, attribute: &str) -> Option<PanelData> {
    let data = JSON::parse(&page::attribute(id, attribute)?).ok()?;
    let statuses = Array::from(&get(&data, "statuses")?);
    Some(PanelData {
        sdk: sdk_settings(&get(&data, "sdk")?)?,
        statuses: statuses
            .iter()
            .filter_map(|row| summary_of_row(&row))
            .collect(),
        problem: text(&data, "problem"),
        may_repeat: is_true(&data, "may_repeat"),
    })
}

fn sdk_settings(value: &JsValue) -> Option<SdkSettings> {
    Some(SdkSettings {
        script_url: text(value, "script_url")?,
        integrity: text(value, "integrity"),
        widget_host: text(value, "widget_host"),
        environment_id: text(value, "environment_id"),
        follows_color_scheme: is_true(value, "follows_color_scheme"),
        language: text(value, "language"),
    })
}

fn get(value: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(value, &name.into()).ok()
}

pub(super) fn is_true(value: &JsValue, name: &str) -> bool {
    get(value, name).is_some_and(|value| value.is_truthy())
}
