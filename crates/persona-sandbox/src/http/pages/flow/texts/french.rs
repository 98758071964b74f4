//! The flow in French, in the formal address (*vous*). A narrow no-break space stands before `: ; ! ?`.

use super::words::{ImageTexts, StepTexts, Texts, UploadTexts};

pub(super) static TEXTS: Texts = Texts {
    sandbox: "Sandbox",
    sandbox_note: "Pour des tests uniquement. Ne saisissez pas de vraies données \
                     personnelles.",
    close: "Fermer",
    leave_heading: "Quitter sans terminer ?",
    leave_note: "Ce que vous avez envoyé est conservé. Vous pourrez revenir et continuer \
                     à partir d'ici.",
    leave: "Quitter",
    stay: "Rester",
    progress: |step, steps| format!("Étape {step} sur {steps}"),
    start_heading: "Vérifiez votre identité",
    start_note: "Cela prend environ 2 minutes. Il vous faudra :",
    start_button: "Commencer",
    source_legend: "Choisissez une image",
    camera_start: "Activer l'appareil photo",
    camera_capture: "Prendre la photo",
    camera_captured: "La photo est prête à être envoyée.",
    camera_refused: "L'appareil photo est inutilisable : l'autorisation a été refusée, ou il \
                     n'y en a pas. L'exemple est choisi à la place.",
    stays_here: "Les images ne quittent jamais ce navigateur.",
    pass_switch: "Réussir les vérifications",
    pass_note: "Sandbox uniquement : décide du résultat des contrôles.",
    checking: "Vérification en cours, veuillez patienter",
    unreachable: "Le sandbox est injoignable. Rien n'est perdu : veuillez réessayer.",
    success_heading: "Terminé",
    success_note: "Nous avons tout reçu. Vous verrez le résultat à la page suivante.",
    failed_heading: "Échec de la vérification",
    failed_note: "Votre identité n'a pas pu être vérifiée.",
    retry_note: "Votre identité n'a pas pu être vérifiée avec ces images. Il vous reste \
                     un essai.",
    retry_button: "Réessayer",
    handoff_button: "Continuer sur un autre appareil",
    handoff_heading: "Continuez sur votre téléphone",
    handoff_note: "Scannez le code avec votre téléphone, ou ouvrez-y le lien. Il ne \
                     fonctionne qu'une fois.",
    handoff_waiting: "En attente de votre téléphone.",
    handoff_started: "Votre téléphone est connecté. Terminez-y ; cette fenêtre continuera \
                     toute seule.",
    handoff_exit: "Continuer sur cet appareil",
    handoff_done: "Vous pouvez fermer cette page et continuer sur votre autre appareil.",
    done: "OK",
    may_close: "Vous pouvez fermer cette page.",
    session_heading: "Session expirée",
    session_note: "Cette vérification a été commencée dans une autre fenêtre, ou sa session \
                     est terminée. Retournez à la page d'où vous venez et recommencez pour \
                     continuer.",
    expired_heading: "Vérification expirée",
    expired_note: "Le délai de cette vérification est écoulé. Retournez à la page d'où vous \
                     venez et recommencez.",
    finished_heading: "Déjà terminée",
    finished_note: "Cette vérification a déjà été envoyée. Il ne reste rien à faire.",
    link_heading: "Ce lien n'est plus valable",
    link_used: "Ce lien à usage unique a déjà servi. Demandez-en un nouveau là où vous \
                     l'avez obtenu.",
    link_expired: "Ce lien à usage unique est inconnu ou a expiré. Demandez-en un nouveau \
                     là où vous l'avez obtenu.",
    refused_heading: "Cette vérification ne peut pas être ouverte",
    refused_note: "La page qui vous a envoyé ici doit être corrigée. Le problème :",
    needs_script: "Cette fenêtre a besoin de JavaScript. Sans lui, utilisez le parcours \
                     hébergé.",
    entered_nothing: |label| format!("Il manque : {label}."),
    entered_wrongly: |label, _| format!("Vérifiez : {label}."),
    government_id: StepTexts {
        heading: "Pièce d'identité",
        note: "Envoyez un permis de conduire, un passeport ou une carte d'identité.",
        button: "Envoyer la pièce d'identité",
        need: "Une pièce d'identité",
        input: "",
        image: Some(ImageTexts {
            sample: "Utiliser le document d'exemple",
            camera: "Prendre une photo",
            upload: Some(UploadTexts {
                choice: "Importer une photo",
                label: "Photo du document",
            }),
        }),
    },
    selfie: StepTexts {
        heading: "Selfie",
        note: "Le selfie montre que la pièce est la vôtre.",
        button: "Envoyer le selfie",
        need: "Un selfie",
        input: "",
        image: Some(ImageTexts {
            sample: "Utiliser le selfie d'exemple",
            camera: "Prendre un selfie",
            upload: None,
        }),
    },
    document: StepTexts {
        heading: "Document",
        note: "Envoyez un document, comme une facture d'énergie ou un relevé bancaire.",
        button: "Envoyer le document",
        need: "Un document",
        input: "",
        image: Some(ImageTexts {
            sample: "Utiliser le document d'exemple",
            camera: "Prendre une photo",
            upload: Some(UploadTexts {
                choice: "Importer un fichier",
                label: "Fichier du document",
            }),
        }),
    },
    form: StepTexts {
        heading: "Vos informations",
        note: "Complétez ce qui manque et vérifiez le reste.",
        button: "Envoyer les informations",
        need: "Quelques informations sur vous",
        input: "",
        image: None,
    },
    phone: StepTexts {
        heading: "Numéro de téléphone",
        note: "Le sandbox n'envoie aucun message : tout numéro passe pour confirmé.",
        button: "Envoyer le numéro de téléphone",
        need: "Un numéro de téléphone",
        input: "Numéro de téléphone",
        image: None,
    },
    email: StepTexts {
        heading: "Adresse e-mail",
        note: "Le sandbox n'envoie aucun message : toute adresse passe pour confirmée.",
        button: "Envoyer l'adresse e-mail",
        need: "Une adresse e-mail",
        input: "Adresse e-mail",
        image: None,
    },
};
