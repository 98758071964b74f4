//! The flow in German, in the formal address (*Sie*).

use super::words::{ImageTexts, StepTexts, Texts, UploadTexts};

pub(super) static TEXTS: Texts = Texts {
    sandbox: "Sandbox",
    sandbox_note: "Nur für Tests. Keine echten Daten eingeben.",
    close: "Schließen",
    leave_heading: "Prüfung vorzeitig verlassen?",
    leave_note: "Was Sie eingereicht haben, bleibt gespeichert. Sie können zurückkommen und hier \
                     fortfahren.",
    leave: "Verlassen",
    stay: "Bleiben",
    progress: |step, steps| format!("Schritt {step} von {steps}"),
    start_heading: "Bestätigen Sie Ihre Identität",
    start_note: "Es dauert etwa 2 Minuten. Sie brauchen:",
    start_button: "Beginnen",
    source_legend: "Wählen Sie ein Bild",
    camera_start: "Kamera einschalten",
    camera_capture: "Foto aufnehmen",
    camera_captured: "Das Foto kann eingereicht werden.",
    camera_refused: "Die Kamera ist nicht verfügbar: Der Zugriff wurde verweigert, oder es gibt \
                     keine. Stattdessen ist das Muster ausgewählt.",
    stays_here: "Bilder verlassen diesen Browser nie.",
    pass_switch: "Prüfungen erfolgreich",
    pass_note: "Nur in der Sandbox: entscheidet, wie die Prüfungen ausgehen.",
    checking: "Wird geprüft, bitte warten",
    unreachable: "Die Sandbox ist nicht erreichbar. Es ist nichts verloren: Bitte versuchen Sie \
                     es noch einmal.",
    success_heading: "Geschafft",
    success_note: "Wir haben alles. Das Ergebnis sehen Sie auf der nächsten Seite.",
    failed_heading: "Identität nicht bestätigt",
    failed_note: "Ihre Identität konnte nicht bestätigt werden.",
    retry_note: "Ihre Identität konnte mit diesen Bildern nicht bestätigt werden. Sie haben noch \
                     einen Versuch.",
    retry_button: "Noch einmal versuchen",
    handoff_button: "Auf anderem Gerät fortfahren",
    handoff_heading: "Auf dem Telefon fortfahren",
    handoff_note: "Scannen Sie den Code mit dem Telefon, oder öffnen Sie dort den Link. Er gilt \
                     nur einmal.",
    handoff_waiting: "Wir warten auf Ihr Telefon.",
    handoff_started: "Ihr Telefon ist verbunden. Schließen Sie die Prüfung dort ab; hier geht es \
                     danach von selbst weiter.",
    handoff_exit: "Auf diesem Gerät fortfahren",
    handoff_done: "Sie können diese Seite jetzt schließen und auf dem anderen Gerät fortfahren.",
    done: "Fertig",
    may_close: "Sie können diese Seite jetzt schließen.",
    session_heading: "Sitzung abgelaufen",
    session_note: "Diese Prüfung wurde in einem anderen Fenster begonnen, oder ihre Sitzung ist \
                     beendet. Kehren Sie zur vorherigen Seite zurück und beginnen Sie dort von \
                     vorn.",
    expired_heading: "Prüfung abgelaufen",
    expired_note: "Die Zeit für diese Prüfung ist vorbei. Kehren Sie zur vorherigen Seite zurück \
                     und beginnen Sie dort von vorn.",
    finished_heading: "Schon abgeschlossen",
    finished_note: "Diese Prüfung wurde bereits eingereicht. Es gibt nichts mehr zu tun.",
    link_heading: "Link nicht mehr gültig",
    link_used: "Dieser Link galt nur einmal und wurde schon verwendet. Fordern Sie dort einen \
                     neuen an, wo Sie ihn bekommen haben.",
    link_expired: "Dieser Link gilt nur einmal und ist unbekannt oder abgelaufen. Fordern Sie \
                     dort einen neuen an, wo Sie ihn bekommen haben.",
    refused_heading: "Diese Prüfung lässt sich nicht öffnen",
    refused_note: "Die Seite, die Sie hierher geschickt hat, muss berichtigt werden. Was nicht \
                     stimmt:",
    needs_script: "Dieses Fenster braucht JavaScript. Ohne JavaScript können Sie die Prüfung auf \
                     einer eigenen Seite machen.",
    entered_nothing: |label| format!("Es fehlt: {label}."),
    entered_wrongly: |label, _| format!("Bitte prüfen: {label}."),
    government_id: StepTexts {
        heading: "Ausweis",
        note: "Reichen Sie einen Führerschein, einen Reisepass oder einen Personalausweis ein.",
        button: "Ausweis einreichen",
        need: "Ein Ausweis",
        input: "",
        image: Some(ImageTexts {
            sample: "Musterausweis verwenden",
            camera: "Foto aufnehmen",
            upload: Some(UploadTexts {
                choice: "Foto hochladen",
                label: "Foto des Ausweises",
            }),
        }),
    },
    selfie: StepTexts {
        heading: "Selfie",
        note: "Das Selfie zeigt, dass der Ausweis Ihnen gehört.",
        button: "Selfie einreichen",
        need: "Ein Selfie",
        input: "",
        image: Some(ImageTexts {
            sample: "Muster-Selfie verwenden",
            camera: "Selfie aufnehmen",
            upload: None,
        }),
    },
    document: StepTexts {
        heading: "Dokument",
        note: "Reichen Sie ein Dokument ein, etwa eine Stromrechnung oder einen Kontoauszug.",
        button: "Dokument einreichen",
        need: "Ein Dokument",
        input: "",
        image: Some(ImageTexts {
            sample: "Musterdokument verwenden",
            camera: "Foto aufnehmen",
            upload: Some(UploadTexts {
                choice: "Datei hochladen",
                label: "Datei des Dokuments",
            }),
        }),
    },
    form: StepTexts {
        heading: "Ihre Angaben",
        note: "Ergänzen Sie, was fehlt, und prüfen Sie den Rest.",
        button: "Angaben einreichen",
        need: "Einige Angaben zu Ihrer Person",
        input: "",
        image: None,
    },
    phone: StepTexts {
        heading: "Telefonnummer",
        note: "Die Sandbox verschickt keine Nachricht: Jede Nummer gilt als bestätigt.",
        button: "Telefonnummer einreichen",
        need: "Eine Telefonnummer",
        input: "Telefonnummer",
        image: None,
    },
    email: StepTexts {
        heading: "E-Mail-Adresse",
        note: "Die Sandbox verschickt keine Nachricht: Jede Adresse gilt als bestätigt.",
        button: "E-Mail-Adresse einreichen",
        need: "Eine E-Mail-Adresse",
        input: "E-Mail-Adresse",
        image: None,
    },
};
