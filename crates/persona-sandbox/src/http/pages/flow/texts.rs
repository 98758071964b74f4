//! The words of the flow, in the languages that the sandbox supports; the words of the submission
//! steps are in `steps.rs`.
//!
//! The English headings and button labels are a contract: people's tests find the steps by them.
//! Spanish has the formal address (usted), as is usual where an identity is checked.
//! Persona itself supports more languages (docs.withpersona.com, "Languages"); any other one falls
//! back to English.

/// A language of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Spanish,
}

impl Language {
    /// Chooses by the `language` parameter, else by the browser's preferences.
    pub(super) fn choose(parameter: Option<&str>, accept_language: Option<&str>) -> Self {
        match parameter.filter(|tag| !tag.is_empty()) {
            Some(tag) => Self::from_tag(tag).unwrap_or(Self::English),
            None => accept_language
                .and_then(Self::preferred)
                .unwrap_or(Self::English),
        }
    }

    /// This language if it is one of these, else the first of them; of none, this one.
    pub(super) fn among(self, languages: &[String]) -> Self {
        let mut known = languages.iter().filter_map(|tag| Self::from_tag(tag));
        if languages.is_empty() || known.clone().any(|language| language == self) {
            return self;
        }
        known.next().unwrap_or(Self::English)
    }

    /// The first supported language of an `Accept-Language` header.
    ///
    /// Browsers send the list in order of preference, so weights are not read.
    fn preferred(accept_language: &str) -> Option<Self> {
        accept_language
            .split(',')
            .filter_map(|item| item.split(';').next())
            .find_map(|tag| Self::from_tag(tag.trim()))
    }

    fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("en") {
            Some(Self::English)
        } else if primary.eq_ignore_ascii_case("es") {
            Some(Self::Spanish)
        } else {
            None
        }
    }

    /// The value of the page's `lang` attribute.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::English => "en-US",
            Self::Spanish => "es-MX",
        }
    }

    /// The words themselves.
    pub(super) fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
        }
    }
}

/// The sentences of the flow that belong to no submission, in one language.
pub(super) struct Texts {
    pub(super) sandbox: &'static str,
    pub(super) sandbox_note: &'static str,
    pub(super) close: &'static str,
    pub(super) leave_heading: &'static str,
    pub(super) leave_note: &'static str,
    pub(super) leave: &'static str,
    pub(super) stay: &'static str,
    /// The place of a step among all steps, counted from one.
    pub(super) progress: fn(usize, usize) -> String,
    pub(super) start_heading: &'static str,
    pub(super) start_note: &'static str,
    pub(super) start_button: &'static str,
    pub(super) source_legend: &'static str,
    pub(super) camera_start: &'static str,
    pub(super) camera_capture: &'static str,
    pub(super) camera_captured: &'static str,
    pub(super) camera_refused: &'static str,
    pub(super) stays_here: &'static str,
    pub(super) pass_switch: &'static str,
    pub(super) pass_note: &'static str,
    pub(super) checking: &'static str,
    pub(super) unreachable: &'static str,
    pub(super) success_heading: &'static str,
    pub(super) success_note: &'static str,
    pub(super) failed_heading: &'static str,
    pub(super) failed_note: &'static str,
    pub(super) retry_note: &'static str,
    pub(super) retry_button: &'static str,
    pub(super) handoff_button: &'static str,
    pub(super) handoff_heading: &'static str,
    pub(super) handoff_note: &'static str,
    pub(super) handoff_waiting: &'static str,
    pub(super) handoff_started: &'static str,
    pub(super) handoff_exit: &'static str,
    /// On the other device, at the end.
    pub(super) handoff_done: &'static str,
    pub(super) done: &'static str,
    pub(super) may_close: &'static str,
    pub(super) session_heading: &'static str,
    pub(super) session_note: &'static str,
    pub(super) expired_heading: &'static str,
    pub(super) expired_note: &'static str,
    pub(super) finished_heading: &'static str,
    pub(super) finished_note: &'static str,
    pub(super) link_heading: &'static str,
    pub(super) link_used: &'static str,
    pub(super) link_expired: &'static str,
    pub(super) refused_heading: &'static str,
    pub(super) refused_note: &'static str,
    pub(super) needs_script: &'static str,
}

static ENGLISH: Texts = Texts {
    sandbox: "Sandbox",
    sandbox_note: "For tests only. Do not enter real personal data.",
    close: "Close",
    leave_heading: "Leave without finishing?",
    leave_note: "What you have submitted is kept. You can come back and go on from here.",
    leave: "Leave",
    stay: "Stay",
    progress: |step, steps| format!("Step {step} of {steps}"),
    start_heading: "Verify your identity",
    start_note: "It takes about 2 minutes. You will need:",
    start_button: "Get started",
    source_legend: "Choose an image",
    camera_start: "Start camera",
    camera_capture: "Take photo",
    camera_captured: "The photo is ready to submit.",
    camera_refused: "The camera cannot be used: permission was refused, or there is none. \
                     The sample is selected instead.",
    stays_here: "Images never leave this browser.",
    pass_switch: "Pass verifications",
    pass_note: "Sandbox only: decides the outcome of the checks.",
    checking: "Checking, please wait",
    unreachable: "The sandbox could not be reached. Nothing was lost: please try again.",
    success_heading: "Success",
    success_note: "We have everything. You will see the result on the next page.",
    failed_heading: "Verification failed",
    failed_note: "Your identity could not be verified.",
    retry_note: "Your identity could not be verified with these images. You have another attempt.",
    retry_button: "Try again",
    handoff_button: "Continue on another device",
    handoff_heading: "Continue on your phone",
    handoff_note: "Scan the code with your phone, or open the link there. It works once.",
    handoff_waiting: "Waiting for your phone.",
    handoff_started: "Your phone is connected. Finish there; this window goes on by itself.",
    handoff_exit: "Continue on this device",
    handoff_done: "You can close this page now, and go on at your other device.",
    done: "Done",
    may_close: "You can close this page now.",
    session_heading: "Session expired",
    session_note: "This verification was begun in another window, or its session is over. \
                   Go back to where you came from and start again to go on.",
    expired_heading: "Inquiry expired",
    expired_note: "The time for this verification is over. \
                   Go back to where you came from and start again.",
    finished_heading: "Already finished",
    finished_note: "This verification has been submitted before. There is nothing left to do.",
    link_heading: "Link no longer valid",
    link_used: "This one-time link was used before. Ask for a new one where you got it.",
    link_expired: "This one-time link is unknown or its time is over. \
                   Ask for a new one where you got it.",
    refused_heading: "This verification cannot be opened",
    refused_note: "The page that sent you here has to be corrected. What is wrong:",
    needs_script: "This window needs JavaScript. Without it, use the hosted flow.",
};

static SPANISH: Texts = Texts {
    sandbox: "Sandbox",
    sandbox_note: "Solo para pruebas. No introduzca datos personales reales.",
    close: "Cerrar",
    leave_heading: "¿Salir sin terminar?",
    leave_note: "Lo que ha enviado se conserva. Puede volver y continuar desde aquí.",
    leave: "Salir",
    stay: "Quedarme",
    progress: |step, steps| format!("Paso {step} de {steps}"),
    start_heading: "Verifique su identidad",
    start_note: "Lleva unos 2 minutos. Necesitará:",
    start_button: "Comenzar",
    source_legend: "Elija una imagen",
    camera_start: "Encender la cámara",
    camera_capture: "Tomar la foto",
    camera_captured: "La foto está lista para enviarse.",
    camera_refused: "No se puede usar la cámara: se negó el permiso o no hay ninguna. \
                     En su lugar se ha elegido la muestra.",
    stays_here: "Las imágenes nunca salen de este navegador.",
    pass_switch: "Aprobar verificaciones",
    pass_note: "Solo en el sandbox: decide el resultado de las comprobaciones.",
    checking: "Comprobando, espere un momento",
    unreachable: "No se pudo contactar con el sandbox. No se ha perdido nada: inténtelo de nuevo.",
    success_heading: "Completado",
    success_note: "Ya lo tenemos todo. Verá el resultado en la página siguiente.",
    failed_heading: "Verificación fallida",
    failed_note: "No se pudo verificar su identidad.",
    retry_note: "No se pudo verificar su identidad con estas imágenes. Tiene otro intento.",
    retry_button: "Intentar de nuevo",
    handoff_button: "Continuar en otro dispositivo",
    handoff_heading: "Continúe en su teléfono",
    handoff_note: "Escanee el código con su teléfono o abra allí el enlace. Funciona una sola vez.",
    handoff_waiting: "Esperando a su teléfono.",
    handoff_started: "Su teléfono está conectado. Termine allí; esta ventana seguirá por sí sola.",
    handoff_exit: "Continuar en este dispositivo",
    handoff_done: "Ya puede cerrar esta página y seguir en su otro dispositivo.",
    done: "Listo",
    may_close: "Ya puede cerrar esta página.",
    session_heading: "La sesión ha caducado",
    session_note: "Esta verificación se inició en otra ventana o su sesión ha terminado. \
                   Vuelva a la página de la que viene y empiece de nuevo para continuar.",
    expired_heading: "La verificación ha caducado",
    expired_note: "El plazo de esta verificación ha terminado. \
                   Vuelva a la página de la que viene y empiece de nuevo.",
    finished_heading: "Ya está terminada",
    finished_note: "Esta verificación ya fue enviada. No queda nada por hacer.",
    link_heading: "El enlace ya no es válido",
    link_used: "Este enlace de un solo uso ya se utilizó. Pida uno nuevo donde lo obtuvo.",
    link_expired: "Este enlace de un solo uso es desconocido o ha caducado. \
                   Pida uno nuevo donde lo obtuvo.",
    refused_heading: "Esta verificación no se puede abrir",
    refused_note: "La página de la que viene debe corregirse. El problema:",
    needs_script: "Esta ventana necesita JavaScript. Sin él, use el flujo alojado.",
};

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_parameter_wins_over_the_browser() {
        assert_eq!(
            Language::choose(Some("es-MX"), Some("en-US")),
            Language::Spanish
        );
        assert_eq!(Language::choose(Some("en"), Some("es")), Language::English);
    }

    #[test]
    fn the_browser_decides_when_the_parameter_is_absent_or_blank() {
        assert_eq!(
            Language::choose(None, Some("fr-FR,es;q=0.8,en;q=0.5")),
            Language::Spanish
        );
        assert_eq!(Language::choose(Some(""), Some("es")), Language::Spanish);
    }

    #[test]
    fn the_languages_of_the_template_limit_the_choice() {
        let tags = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
        for (languages, english) in [
            (tags(&[]), Language::English),
            (tags(&["es-ES", "en-US"]), Language::English),
            (tags(&["es-ES"]), Language::Spanish),
            (tags(&["fr-FR"]), Language::English),
        ] {
            assert_eq!(
                Language::English.among(&languages),
                english,
                "{languages:?}"
            );
        }
    }

    #[test]
    fn a_language_that_is_not_spoken_falls_back_to_english() {
        assert_eq!(Language::choose(Some("ja"), Some("es")), Language::English);
        assert_eq!(Language::choose(None, Some("fr, de")), Language::English);
        assert_eq!(Language::choose(None, None), Language::English);
    }
}
