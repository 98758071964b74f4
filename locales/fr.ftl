# French. Formal address (vous), as is usual where an identity is checked, without a participle that would
# have to know whether a man or a woman reads it. Buttons are infinitives. A narrow no-break space stands
# before : ; ! ?

## Dates and times

date =
    { $day ->
        [1] 1er
       *[other] { $day }
    } { $month ->
        [1] janvier
        [2] février
        [3] mars
        [4] avril
        [5] mai
        [6] juin
        [7] juillet
        [8] août
        [9] septembre
        [10] octobre
        [11] novembre
       *[12] décembre
    } { $year }
date-and-time = { $date }, { $time } UTC

## Every page

brand-name = { -brand }
title-suffix = { " - " }{ -brand }
problem-title = Erreur : { $title }
skip-link = Aller au contenu principal
account-navigation = Votre compte
operators-link = Opérateurs
results-link = Vérifications
sessions-link = Appareils
sign-out = Se déconnecter
photos-notice = Persona contrôle les identités pour nous. Vos photos vont directement à Persona ; nous ne les recevons jamais.
get-help = Obtenir de l’aide
privacy-link = Confidentialité
terms-link = Conditions d’utilisation
language-choice = Langue
not-found-title = Page introuvable
not-found-text = Nous ne trouvons pas cette page. Vérifiez l’adresse ou [allez à la page d’accueil].

## Forms

form-problem = Il y a un problème
first-name = Prénom
last-name = Nom de famille
birthdate = Date de naissance
email = Adresse e‑mail
password = Mot de passe
show-password = Afficher le mot de passe
hide-password = Masquer le mot de passe
password-again = Saisissez de nouveau votre mot de passe. Cette page ne le conserve pas.
first-name-not-a-name = Saisissez votre prénom en lettres, comme sur votre pièce d’identité.
last-name-not-a-name = Saisissez votre nom de famille en lettres, comme sur votre pièce d’identité.
first-name-too-long = Le prénom ne doit pas dépasser 100 caractères.
last-name-too-long = Le nom de famille ne doit pas dépasser 100 caractères.
first-name-hidden-mark = Tapez votre prénom au lieu de le coller : il contient un caractère invisible qui change l’affichage du reste.
last-name-hidden-mark = Tapez votre nom de famille au lieu de le coller : il contient un caractère invisible qui change l’affichage du reste.
name-missing = Saisissez votre prénom ou votre nom de famille.
birthdate-missing = Indiquez votre date de naissance.
birthdate-not-a-date = Indiquez une date valide, par exemple le 17 mai 1990 (1990-05-17).
birthdate-not-past = Votre date de naissance doit être dans le passé.
birthdate-too-old = Vérifiez l’année. Elle semble trop lointaine.
email-missing = Saisissez votre adresse e‑mail.
email-not-an-address = Saisissez une adresse e‑mail au bon format, comme nom@example.com.
email-taken = Il existe déjà un compte avec cette adresse e‑mail. Connectez-vous ou utilisez-en une autre.
password-missing = Saisissez un mot de passe.
password-too-short = Le mot de passe doit comporter au moins { $characters } caractères.
password-too-long = Le mot de passe doit comporter { $characters } caractères au plus.
password-guessable = Ce mot de passe est facile à deviner. Choisissez-en un autre.
notice-wrong = Adresse e‑mail ou mot de passe incorrect. Vérifiez les deux et réessayez.
notice-wrong-few-left =
    { $tries ->
        [one] Adresse e‑mail ou mot de passe incorrect. Il vous reste un essai avant que nous bloquions la connexion pendant un moment.
       *[other] Adresse e‑mail ou mot de passe incorrect. Il vous reste { $tries } essais avant que nous bloquions la connexion pendant un moment.
    }
notice-wrong-locked = Adresse e‑mail ou mot de passe incorrect. C’était le dernier essai : la connexion avec cette adresse est maintenant bloquée. Réessayez plus tard ou [obtenez de l’aide].
notice-paused =
    Trop de mots de passe incorrects. Pour protéger ce compte, la connexion est bloquée. Réessayez dans { $minutes ->
        [1] une minute
        [60] une heure
       *[other] { $minutes } minutes
    } ou [obtenez de l’aide].
notice-too-many = Il y a eu trop d’essais depuis votre réseau. Attendez une minute, puis réessayez.
notice-failed = Un problème est survenu de notre côté. Rien n’est perdu. Réessayez dans un instant.
notice-persona-failed = Persona, notre partenaire de vérification d’identité, ne répond pas. Rien n’a changé. Réessayez dans quelques minutes.
notice-being-checked = Votre vérification est en cours avec ce nom et cette date de naissance, vous ne pouvez donc pas les modifier maintenant. Attendez le résultat ou [contactez-nous].
notice-verified = Votre identité est vérifiée sous ce nom et cette date de naissance, vous ne pouvez donc pas les modifier ici. S’ils sont erronés ou ont changé, [contactez-nous].

## Signing in and up

sign-in = Se connecter
sign-in-lead = Connectez-vous pour poursuivre votre vérification.
signed-out-notice = Votre session est fermée.
sign-in-password-missing = Saisissez votre mot de passe.
forgot-password = Mot de passe oublié ? [Obtenir de l’aide]
demo-heading = Essayez la démonstration
demo-button = Continuer en tant qu’Alexander Sample
sign-up = Créer un compte
sign-up-heading = Créez votre compte
sign-up-lead = Saisissez votre nom et votre date de naissance exactement tels qu’ils figurent sur votre pièce d’identité, avec tous vos prénoms et noms. Nous vérifierons qu’ils y correspondent. Si vous n’avez qu’un seul nom, laissez l’autre champ vide.
password-hint = Au moins { $characters } caractères. Trois ou quatre mots sans rapport entre eux conviennent bien.
has-account = Vous avez déjà un compte ?

## Profile

profile-title = Vos informations
profile-heading = Corrigez vos informations
profile-lead = Saisissez votre nom et votre date de naissance exactement tels qu’ils figurent sur votre pièce d’identité, avec tous vos prénoms et noms. Nous vérifions qu’ils y correspondent. Si vous n’avez qu’un seul nom, laissez l’autre champ vide.
profile-back = Retour à votre vérification
profile-save = Enregistrer

## Onboarding

information-heading = Vos informations
information-name = Nom complet
information-change = Modifier le nom ou la date de naissance
debug-heading = Informations de débogage
debug-nothing = Aucune vérification terminée sur cette page.
check-result = Voir si le résultat est arrivé
card-label = Votre vérification
trust-notice = Un passeport, un permis de conduire ou une carte d’identité convient. Une fenêtre de Persona, notre partenaire de vérification d’identité, s’ouvre ici et prend en photo votre pièce d’identité et votre visage. Les photos vont à Persona, jamais à nous.
on-phone = Pas d’appareil photo ici ? Connectez-vous sur votre téléphone et continuez-y.
begun-another = Vous avez commencé une autre vérification depuis. Vous pouvez la terminer, mais ce n’est pas nécessaire.
hosted-flow = Continuer sur le site de Persona
reference = Référence
details-link = Voir les détails de votre vérification
step-profile = Profil
step-identity = Identité

## The status card. The browser knows these texts, too

first-visit-title = Complétez votre profil
first-visit-heading = Montrez que c’est bien vous
created-heading = Vous n’avez pas encore commencé
created-sentence = Cela prend environ 2 minutes. Il vous faut une pièce d’identité avec photo et un appareil photo.
pending-heading = Vous n’avez pas encore terminé
pending-sentence = Reprenez là où vous en étiez.
submitted-heading = Merci, nous avons tout reçu
submitted-sentence = Le résultat arrive le plus souvent en moins d’une minute et s’affichera ici. Vous pouvez fermer cette page et revenir plus tard.
completed-heading = Nous contrôlons vos documents
completed-sentence = Cela prend le plus souvent moins d’une minute, et le résultat s’affichera ici. Vous pouvez fermer cette page et revenir plus tard.
needs-review-heading = Une personne examine votre vérification
needs-review-sentence = Vous n’avez rien à faire. Vous pouvez fermer cette page et revenir plus tard.
approved-heading = Votre identité est vérifiée
declined-heading = Nous n’avons pas pu vérifier votre identité
declined-sentence = Si vous pensez que c’est une erreur, [contactez-nous] en indiquant votre référence.
failed-heading = Nous n’avons pas pu vérifier votre identité cette fois
failed-sentence = Réessayez avec un bon éclairage et toute la pièce d’identité dans l’image. Votre nom doit être identique à celui de la pièce.
expired-heading = Le délai est écoulé
expired-sentence = Recommencez quand vous voulez.
unknown-heading = Nous y travaillons
unknown-sentence = Le résultat s’affichera ici. Vous pouvez fermer cette page et revenir plus tard.

opening-heading = Ouverture…
opening-sentence = Une fenêtre de Persona s’ouvre sur cette page.
slow-heading = Ouverture toujours en cours…
slow-sentence = Cela peut prendre encore quelques secondes.
open-heading = Votre vérification est ouverte
open-sentence = Terminez-la dans la fenêtre. Chaque étape est enregistrée au fur et à mesure.
cancelled-sentence = Nous avons enregistré ce que vous avez fait : continuez quand vous voulez.
unsuccessful-heading = Il semble que cela n’ait pas fonctionné
unsuccessful-sentence = Nous attendons le résultat définitif. Vous pouvez déjà réessayer.
blocked-heading = Nous n’avons pas pu ouvrir la vérification ici
blocked-sentence = Un bloqueur de contenu ou votre réseau peut en être la cause. Continuez plutôt sur le site de Persona.
not-continued-heading = Nous n’avons pas pu poursuivre votre vérification
not-continued-sentence = Réessayez dans un instant.
misconfigured-heading = Quelque chose ne va pas de notre côté
misconfigured-sentence = Merci de [nous le signaler]. Rien de ce que vous avez fait n’est perdu.
window-closed-heading = La fenêtre s’est fermée de façon inattendue
window-closed-sentence = Réessayez ou continuez sur le site de Persona. Si vous ne pouvez pas reprendre là où vous en étiez, vous repartez du début.
start-again-sentence = Votre vérification précédente a expiré ou a été ouverte trop souvent, il faut donc recommencer.

invalid-request-heading = Un problème est survenu
invalid-request-sentence = Rechargez la page et réessayez.
signed-out-heading = Votre session a été fermée
signed-out-sentence = Connectez-vous pour continuer.
cross-origin-heading = Cette demande venait d’un autre site : nous l’avons bloquée
cross-origin-sentence = Commencez depuis cette page.
too-many-attempts-heading = Vous avez utilisé vos 3 essais
too-many-attempts-sentence = Vous pourrez réessayer dans 24 heures. Vous pouvez aussi [nous contacter].
rate-limited-heading = Trop de demandes en peu de temps
rate-limited-sentence = Attendez une minute, puis réessayez.
persona-failed-heading = Notre partenaire Persona ne répond pas
persona-failed-sentence = Rien n’est perdu. Réessayez dans quelques minutes.
try-again-heading = Un problème est survenu de notre côté
try-again-sentence = Rien n’est perdu. Réessayez dans un instant.
timeout-heading = Cela a pris trop de temps
timeout-sentence = Rien n’est perdu. Réessayez, et vous reprendrez là où vous en étiez.
offline-heading = Vous semblez hors ligne
offline-sentence = Vérifiez votre connexion et réessayez.

start-action = Commencer la vérification
continue-action = Continuer
continue-addition = { " " }– reprendre la vérification là où vous en étiez
try-again-action = Réessayer
try-again-addition = { " " }– commencer la vérification encore une fois
start-again-action = Recommencer
start-again-addition = { " " }– reprendre la vérification du début
verify-again-action = Refaire la vérification
verify-again-addition = { " " }– commencer une nouvelle vérification
sign-in-action = { sign-in }
sign-in-addition = { " " }pour commencer la vérification

inquiry-completed = Vérification terminée avec l’identifiant :
inquiry-completed-hint = Conservez cet identifiant : il sert à retrouver les résultats. Indiquez-le si vous nous contactez.
copy = Copier
copied = Copié
not-copied = Sélectionnez le texte et copiez-le

## Errors of the API

error-invalid-request = { invalid-request-heading }. { invalid-request-sentence }
error-signed-out = { signed-out-heading }. { signed-out-sentence }
error-cross-origin = { cross-origin-heading }. { cross-origin-sentence }
error-waiting = Nous contrôlons vos documents. Le résultat s’affichera ici.
error-approved = Votre identité est vérifiée. Tout est prêt.
error-declined = Nous n’avons pas pu vérifier votre identité. Si vous pensez que c’est une erreur, contactez-nous en indiquant votre référence.
error-too-many-attempts = Vous avez utilisé vos 3 essais. Vous pourrez réessayer dans 24 heures. Vous pouvez aussi nous contacter.
error-rate-limited = { rate-limited-heading }. { rate-limited-sentence }
error-persona-failed = { persona-failed-heading }. { persona-failed-sentence }
error-try-again = { try-again-heading }. { try-again-sentence }
error-timeout = { timeout-heading }. { timeout-sentence }
error-offline = { offline-heading }. { offline-sentence }
error-our-address = Nos propres pages se trouvent à l’adresse { $address }.
error-form-unreadable = Le formulaire n’a pas pu être lu. Revenez en arrière, rechargez la page et réessayez.
error-demo-off = La connexion de démonstration est désactivée.
error-not-revoked = Nous n’avons pas pu déconnecter cet appareil. Revenez en arrière et réessayez dans un instant.

## Results

results-heading = Vos vérifications
results-lead = La plus récente en premier.
results-unavailable = Nous ne pouvons pas afficher vos vérifications pour le moment. Rien n’est perdu. Réessayez dans un instant.
results-empty-heading = Vous n’avez pas encore commencé
results-empty-text = Dès que vous commencerez, vous pourrez suivre votre vérification ici.
results-start = Commencer
also = , { $text }
attempt =
    { $number ->
        [2] deuxième essai
        [3] troisième essai
       *[other] essai { $number }
    }
result-title = Votre vérification
result-unavailable = Nous ne pouvons pas afficher votre vérification pour le moment. Rien n’est perdu. Réessayez dans un instant.
result-back = Toutes les vérifications
result-status = État
result-history = Historique
created-label = Non commencée
pending-label = En cours
submitted-label = Envoyée
completed-label = En cours de contrôle
needs-review-label = Examen par une personne
approved-label = Vérifiée
declined-label = Non vérifiée
failed-label = Non aboutie
expired-label = Délai écoulé
unknown-label = En cours
time-started = Commencée
time-sent = Envoyée
time-decided = Résultat
time-expires = Date limite
time-deleted = Données supprimées
history-created = Créée
history-started = Commencée
history-sent = Photos envoyées
history-review = Transmise pour un examen par une personne
history-changed = Nouvel état : { $status }

## Devices

sessions-heading = Vos appareils connectés
sessions-lead = Déconnectez tout appareil que vous ne reconnaissez pas ou que vous n’utilisez plus.
sessions-unavailable = Nous ne pouvons pas afficher vos appareils pour le moment. Réessayez dans un instant.
sessions-one-ended = L’appareil est déconnecté.
sessions-others-ended = Tous les autres appareils sont déconnectés.
sessions-end-others = Se déconnecter partout ailleurs
sessions-end-one = Se déconnecter : { $browser }, connecté le { $time }
sessions-this-one = Cet appareil
sessions-signed-in = Connexion :
sessions-last-active = Dernière activité :
browser-on-system = { $browser } sur { $system }
browser-unnamed = Un navigateur sur { $system }
browser-unknown = Un navigateur inconnu
