# The brand's own sentences in German.

description = Bestätigen Sie Ihre Identität, bevor Sie Hunde ausführen.
greeting = Willkommen, { $name } 🐕
onboarding-lead = Hundehalter vertrauen Ihnen ihre Schlüssel und ihren besten Freund an. Vor Ihrem ersten Spaziergang prüfen wir, ob Sie wirklich Sie sind.
new-here = Neu bei { -brand }?
demo-text = Sehen Sie sich um: als Alexander Sample, ein erfundener Hundeausführer. Ein Konto brauchen Sie nicht.
birthdate-too-young = Sie müssen mindestens { $age } Jahre alt sein, um mit uns Hunde auszuführen.
approved-sentence = Es ist alles erledigt. Ihr erster Spaziergang kann kommen.
steps-label = Ihr Weg zum ersten Spaziergang
step-ready = Bereit
