# German. Formal address (Sie), as is usual where an identity is checked. Buttons are infinitives.

## Dates and times

date =
    { $day }. { $month ->
        [1] Januar
        [2] Februar
        [3] März
        [4] April
        [5] Mai
        [6] Juni
        [7] Juli
        [8] August
        [9] September
        [10] Oktober
        [11] November
       *[12] Dezember
    } { $year }
date-and-time = { $date }, { $time } UTC

## Every page

brand-name = { -brand }
title-suffix = { " - " }{ -brand }
problem-title = Fehler: { $title }
skip-link = Zum Hauptinhalt springen
account-navigation = Ihr Konto
operators-link = Betrieb
results-link = Prüfungen
sessions-link = Geräte
sign-out = Abmelden
photos-notice = Persona prüft Identitäten für uns. Ihre Fotos gehen direkt an Persona; wir erhalten sie nie.
get-help = Hilfe
privacy-link = Datenschutz
terms-link = Nutzungsbedingungen
language-choice = Sprache
not-found-title = Seite nicht gefunden
not-found-text = Wir finden diese Seite nicht. Prüfen Sie die Adresse oder [gehen Sie zur Startseite].

## Forms

form-problem = Es gibt ein Problem
first-name = Vorname
last-name = Nachname
birthdate = Geburtsdatum
email = E-Mail-Adresse
password = Passwort
show-password = Passwort anzeigen
hide-password = Passwort verbergen
password-again = Geben Sie Ihr Passwort noch einmal ein. Diese Seite bewahrt es nicht auf.
first-name-not-a-name = Geben Sie Ihren Vornamen in Buchstaben ein, wie er im Ausweis steht.
last-name-not-a-name = Geben Sie Ihren Nachnamen in Buchstaben ein, wie er im Ausweis steht.
first-name-too-long = Der Vorname darf höchstens 100 Zeichen lang sein.
last-name-too-long = Der Nachname darf höchstens 100 Zeichen lang sein.
first-name-hidden-mark = Tippen Sie Ihren Vornamen, statt ihn einzufügen: Er enthält ein unsichtbares Zeichen, das die Anzeige des Restes verändert.
last-name-hidden-mark = Tippen Sie Ihren Nachnamen, statt ihn einzufügen: Er enthält ein unsichtbares Zeichen, das die Anzeige des Restes verändert.
name-missing = Geben Sie Ihren Vor- oder Nachnamen ein.
birthdate-missing = Geben Sie Ihr Geburtsdatum ein.
birthdate-not-a-date = Geben Sie ein Datum ein, das es gibt, etwa den 17. Mai 1990 (1990-05-17).
birthdate-not-past = Ihr Geburtsdatum muss in der Vergangenheit liegen.
birthdate-too-old = Prüfen Sie das Jahr. Es scheint zu lange her zu sein.
email-missing = Geben Sie Ihre E-Mail-Adresse ein.
email-not-an-address = Geben Sie eine E-Mail-Adresse im richtigen Format ein, etwa name@example.com.
email-taken = Zu dieser E-Mail-Adresse gibt es schon ein Konto. Melden Sie sich an oder verwenden Sie eine andere.
password-missing = Geben Sie ein Passwort ein.
password-too-short = Ihr Passwort muss mindestens { $characters } Zeichen haben.
password-too-long = Ihr Passwort darf höchstens { $characters } Zeichen haben.
password-guessable = Dieses Passwort ist leicht zu erraten. Wählen Sie ein anderes.
notice-wrong = E-Mail-Adresse oder Passwort ist falsch. Prüfen Sie beides und versuchen Sie es noch einmal.
notice-wrong-few-left =
    { $tries ->
        [one] E-Mail-Adresse oder Passwort ist falsch. Sie haben noch einen Versuch, bevor wir die Anmeldung eine Zeit lang sperren.
       *[other] E-Mail-Adresse oder Passwort ist falsch. Sie haben noch { $tries } Versuche, bevor wir die Anmeldung eine Zeit lang sperren.
    }
notice-wrong-locked = E-Mail-Adresse oder Passwort ist falsch. Das war der letzte Versuch: Die Anmeldung mit dieser E-Mail-Adresse ist jetzt gesperrt. Versuchen Sie es später noch einmal oder [lassen Sie sich helfen].
notice-paused =
    Zu viele falsche Passwörter. Zum Schutz dieses Kontos ist die Anmeldung gesperrt. Versuchen Sie es in { $minutes ->
        [1] einer Minute
        [60] einer Stunde
       *[other] { $minutes } Minuten
    } noch einmal oder [lassen Sie sich helfen].
notice-too-many = Aus Ihrem Netz kamen zu viele Versuche. Warten Sie eine Minute und versuchen Sie es dann noch einmal.
notice-failed = Bei uns ist etwas schiefgegangen. Es ist nichts verloren. Versuchen Sie es gleich noch einmal.
notice-persona-failed = Persona, unser Partner für Identitätsprüfungen, antwortet nicht. Es hat sich nichts geändert. Versuchen Sie es in ein paar Minuten noch einmal.
notice-being-checked = Ihre Prüfung läuft gerade mit diesem Namen und diesem Geburtsdatum, deshalb können Sie beides jetzt nicht ändern. Warten Sie auf das Ergebnis oder [schreiben Sie uns].
notice-verified = Ihre Identität ist mit diesem Namen und diesem Geburtsdatum bestätigt, deshalb können Sie beides hier nicht ändern. Wenn etwas falsch ist oder sich geändert hat, [schreiben Sie uns].

## Signing in and up

sign-in = Anmelden
sign-in-lead = Melden Sie sich an, um mit Ihrer Identitätsprüfung fortzufahren.
signed-out-notice = Sie sind abgemeldet.
sign-in-password-missing = Geben Sie Ihr Passwort ein.
forgot-password = Passwort vergessen? [Hilfe erhalten]
demo-heading = Demo ausprobieren
demo-button = Weiter als Alexander Sample
sign-up = Konto anlegen
sign-up-heading = Legen Sie Ihr Konto an
sign-up-lead = Geben Sie Ihren Namen und Ihr Geburtsdatum genau so ein, wie sie in Ihrem Ausweis stehen, mit allen Vor- und Nachnamen. Wir prüfen, ob beides mit dem Ausweis übereinstimmt. Wenn Sie nur einen Namen haben, lassen Sie das andere Feld leer.
password-hint = Mindestens { $characters } Zeichen. Drei oder vier Wörter, die nicht zusammengehören, eignen sich gut.
has-account = Sie haben schon ein Konto?

## Profile

profile-title = Ihre Angaben
profile-heading = Ihre Angaben berichtigen
profile-lead = Geben Sie Ihren Namen und Ihr Geburtsdatum genau so ein, wie sie in Ihrem Ausweis stehen, mit allen Vor- und Nachnamen. Wir prüfen, ob beides mit dem Ausweis übereinstimmt. Wenn Sie nur einen Namen haben, lassen Sie das andere Feld leer.
profile-back = Zurück zu Ihrer Prüfung
profile-save = Speichern

## Onboarding

information-heading = Ihre Angaben
information-name = Name
information-change = Name oder Geburtsdatum ändern
debug-heading = Technische Angaben
debug-nothing = Auf dieser Seite wurde keine Prüfung abgeschlossen.
check-result = Ergebnis abrufen
card-label = Ihre Prüfung
trust-notice = Ein Reisepass, Führerschein oder Personalausweis genügt. Hier öffnet sich ein Fenster von Persona, unserem Partner für Identitätsprüfungen, das Fotos von Ihrem Ausweis und Ihrem Gesicht aufnimmt. Die Fotos gehen an Persona, nie an uns.
on-phone = Keine Kamera hier? Melden Sie sich auf Ihrem Telefon an und beginnen Sie die Prüfung dort.
begun-another = Sie haben seither eine weitere Prüfung begonnen. Sie können sie abschließen, müssen es aber nicht.
hosted-flow = Auf der Website von Persona fortfahren
reference = Vorgangsnummer
details-link = Einzelheiten zu Ihrer Prüfung ansehen
step-profile = Profil
step-identity = Identität

## The status card. The browser knows these texts, too

first-visit-title = Vervollständigen Sie Ihr Profil
first-visit-heading = Zeigen Sie, dass Sie es sind
created-heading = Sie haben noch nicht begonnen
created-sentence = Es dauert etwa 2 Minuten. Sie brauchen einen Lichtbildausweis und eine Kamera.
pending-heading = Sie sind noch nicht fertig
pending-sentence = Machen Sie dort weiter, wo Sie aufgehört haben.
submitted-heading = Danke, wir haben alles
submitted-sentence = Das Ergebnis kommt meist innerhalb einer Minute und erscheint hier. Sie können diese Seite schließen und später wiederkommen.
completed-heading = Wir prüfen Ihre Dokumente
completed-sentence = Das dauert meist weniger als eine Minute, und das Ergebnis erscheint hier. Sie können diese Seite schließen und später wiederkommen.
needs-review-heading = Ein Mensch sieht sich das genauer an
needs-review-sentence = Sie müssen nichts tun. Sie können diese Seite schließen und später wiederkommen.
approved-heading = Ihre Identität ist bestätigt
declined-heading = Wir konnten Ihre Identität nicht bestätigen
declined-sentence = Wenn Sie das für einen Irrtum halten, [schreiben Sie uns], und nennen Sie Ihre Vorgangsnummer.
failed-heading = Diesmal konnten wir Ihre Identität nicht bestätigen
failed-sentence = Versuchen Sie es noch einmal bei gutem Licht und mit dem ganzen Ausweis im Bild. Ihr Name sollte so lauten wie im Ausweis.
expired-heading = Die Zeit ist abgelaufen
expired-sentence = Beginnen Sie von vorn, wann immer Sie möchten.
unknown-heading = Wir arbeiten daran
unknown-sentence = Das Ergebnis erscheint hier. Sie können diese Seite schließen und später wiederkommen.

opening-heading = Wird geöffnet …
opening-sentence = Über dieser Seite öffnet sich ein Fenster von Persona.
slow-heading = Wird noch geöffnet …
slow-sentence = Das kann noch ein paar Sekunden dauern.
open-heading = Ihre Prüfung ist geöffnet
open-sentence = Schließen Sie sie im Fenster ab. Jeder Schritt wird gespeichert.
cancelled-sentence = Wir haben Ihre Schritte gespeichert: Machen Sie weiter, wann immer Sie möchten.
unsuccessful-heading = Das hat anscheinend nicht geklappt
unsuccessful-sentence = Wir warten auf das endgültige Ergebnis. Sie können es schon jetzt noch einmal versuchen.
blocked-heading = Wir konnten die Prüfung hier nicht öffnen
blocked-sentence = Ein Inhaltsblocker oder Ihr Netz könnte der Grund sein. Fahren Sie stattdessen auf der Website von Persona fort.
not-continued-heading = Wir konnten Ihre Prüfung nicht fortsetzen
not-continued-sentence = Versuchen Sie es gleich noch einmal.
misconfigured-heading = Bei uns stimmt etwas nicht
misconfigured-sentence = Bitte [sagen Sie uns Bescheid]. Nichts von dem, was Sie getan haben, ist verloren.
window-closed-heading = Das Fenster wurde unerwartet geschlossen
window-closed-sentence = Versuchen Sie es noch einmal oder fahren Sie auf der Website von Persona fort. Wenn Sie nicht dort weitermachen können, wo Sie aufgehört haben, beginnen Sie von vorn.
start-again-sentence = Ihre frühere Prüfung ist abgelaufen oder wurde zu oft geöffnet, deshalb müssen wir von vorn beginnen.

invalid-request-heading = Etwas ist schiefgegangen
invalid-request-sentence = Laden Sie die Seite neu und versuchen Sie es noch einmal.
signed-out-heading = Sie wurden abgemeldet
signed-out-sentence = Melden Sie sich an, um fortzufahren.
cross-origin-heading = Das kam von einer anderen Website und wurde blockiert
cross-origin-sentence = Beginnen Sie auf dieser Seite.
too-many-attempts-heading = Sie haben Ihre 3 Versuche aufgebraucht
too-many-attempts-sentence = Sie können es in 24 Stunden noch einmal versuchen oder [uns schreiben].
rate-limited-heading = Das war zu schnell für uns
rate-limited-sentence = Warten Sie eine Minute und versuchen Sie es dann noch einmal.
persona-failed-heading = Persona antwortet nicht
persona-failed-sentence = Persona ist unser Partner für Identitätsprüfungen. Es ist nichts verloren. Versuchen Sie es in ein paar Minuten noch einmal.
try-again-heading = Bei uns ist etwas schiefgegangen
try-again-sentence = Es ist nichts verloren. Versuchen Sie es gleich noch einmal.
timeout-heading = Das hat zu lange gedauert
timeout-sentence = Es ist nichts verloren. Versuchen Sie es noch einmal, dann machen Sie dort weiter, wo Sie aufgehört haben.
offline-heading = Sie sind anscheinend offline
offline-sentence = Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.

start-action = Prüfung beginnen
continue-action = Fortfahren
continue-addition = { " " }– die Prüfung dort fortsetzen, wo Sie aufgehört haben
try-again-action = Noch einmal versuchen
try-again-addition = { " " }– die Prüfung noch einmal beginnen
start-again-action = Von vorn beginnen
start-again-addition = { " " }– die Prüfung von vorn beginnen
verify-again-action = Prüfung wiederholen
verify-again-addition = { " " }– eine neue Prüfung beginnen
sign-in-action = { sign-in }
sign-in-addition = { " " }und die Prüfung beginnen

inquiry-completed = Prüfung abgeschlossen mit der ID:
inquiry-completed-hint = Bewahren Sie diese ID auf: Mit ihr werden die Ergebnisse gefunden. Nennen Sie sie, wenn Sie uns schreiben.
copy = Kopieren
copied = Kopiert
not-copied = Markieren und kopieren Sie den Text

## Errors of the API

error-invalid-request = { invalid-request-heading }. { invalid-request-sentence }
error-signed-out = { signed-out-heading }. { signed-out-sentence }
error-cross-origin = { cross-origin-heading }. { cross-origin-sentence }
error-waiting = Wir prüfen Ihre Dokumente. Das Ergebnis erscheint hier.
error-approved = Ihre Identität ist bestätigt. Es ist alles erledigt.
error-declined = Wir konnten Ihre Identität nicht bestätigen. Wenn Sie das für einen Irrtum halten, schreiben Sie uns, und nennen Sie Ihre Vorgangsnummer.
error-too-many-attempts = Sie haben Ihre 3 Versuche aufgebraucht. Sie können es in 24 Stunden noch einmal versuchen oder uns schreiben.
error-rate-limited = { rate-limited-heading }. { rate-limited-sentence }
error-persona-failed = { persona-failed-heading }. { persona-failed-sentence }
error-try-again = { try-again-heading }. { try-again-sentence }
error-timeout = { timeout-heading }. { timeout-sentence }
error-offline = { offline-heading }. { offline-sentence }
error-our-address = Unsere eigenen Seiten sind unter { $address } zu finden.
error-form-unreadable = Das Formular konnte nicht gelesen werden. Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.
error-demo-off = Die Anmeldung zur Demo ist abgeschaltet.
error-not-revoked = Wir konnten dieses Gerät nicht abmelden. Gehen Sie zurück und versuchen Sie es gleich noch einmal.

## Results

results-heading = Ihre Prüfungen
results-lead = Die neueste steht oben.
results-unavailable = Wir können Ihre Prüfungen gerade nicht anzeigen. Es ist nichts verloren. Versuchen Sie es gleich noch einmal.
results-empty-heading = Sie haben noch nicht begonnen
results-empty-text = Sobald Sie beginnen, können Sie den Stand hier verfolgen.
results-start = Beginnen
also = , { $text }
attempt =
    { $number ->
        [2] zweiter Versuch
        [3] dritter Versuch
       *[other] { $number }. Versuch
    }
result-title = Ihre Prüfung
result-unavailable = Wir können Ihre Prüfung gerade nicht anzeigen. Es ist nichts verloren. Versuchen Sie es gleich noch einmal.
result-back = Alle Prüfungen
result-status = Stand
result-history = Verlauf
created-label = Nicht begonnen
pending-label = Begonnen
submitted-label = Eingereicht
completed-label = Wird geprüft
needs-review-label = In persönlicher Prüfung
approved-label = Bestätigt
declined-label = Nicht bestätigt
failed-label = Hat nicht geklappt
expired-label = Zeit abgelaufen
unknown-label = In Arbeit
time-started = Begonnen
time-sent = Eingereicht
time-decided = Entschieden
time-expires = Abschließen bis
time-deleted = Daten gelöscht
history-created = Angelegt
history-started = Begonnen
history-sent = Fotos eingereicht
history-review = Zur persönlichen Prüfung weitergeleitet
history-changed = Neuer Stand: { $status }

## Devices

sessions-heading = Wo Sie angemeldet sind
sessions-lead = Melden Sie Geräte ab, die Sie nicht kennen oder nicht mehr verwenden.
sessions-unavailable = Wir können Ihre Geräte gerade nicht anzeigen. Versuchen Sie es gleich noch einmal.
sessions-one-ended = Das Gerät ist abgemeldet.
sessions-others-ended = Alle anderen Geräte sind abgemeldet.
sessions-end-others = Auf allen anderen Geräten abmelden
sessions-end-one = Abmelden: { $browser }, angemeldet am { $time }
sessions-this-one = Dieses Gerät
sessions-signed-in = Angemeldet:
sessions-last-active = Zuletzt aktiv:
browser-on-system = { $browser } auf { $system }
browser-unnamed = Ein Browser auf { $system }
browser-unknown = Ein unbekannter Browser
