# English, the language that the others are translated from. Plain US English; contractions as in speech.
#
# Words in square brackets are the link to the support. A brand replaces a text by one with the same key in
# brand/words/en.ftl.

## Dates and times

date =
    { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $day }, { $year }
date-and-time = { $date }, { $time } UTC

## Every page

brand-name = { -brand }
title-suffix = { " - " }{ -brand }
problem-title = Problem: { $title }
skip-link = Skip to main content
account-navigation = Your account
operators-link = Operators
results-link = Verifications
sessions-link = Devices
sign-out = Sign out
photos-notice = Persona checks identities for us. Your photos go straight to Persona; we never receive them.
get-help = Get help
privacy-link = Privacy
terms-link = Terms of use
language-choice = Language
not-found-title = Page not found
not-found-text = We can't find that page. Check the address, or [go to the start page].

## Forms

form-problem = There is a problem
first-name = First name
last-name = Last name
birthdate = Birthdate
email = E-mail
password = Password
show-password = Show password
hide-password = Hide password
password-again = Enter your password again. We don't keep it on this page.
first-name-not-a-name = Enter your first name using letters, as on your ID.
last-name-not-a-name = Enter your last name using letters, as on your ID.
first-name-too-long = Your first name must be 100 characters or fewer.
last-name-too-long = Your last name must be 100 characters or fewer.
first-name-hidden-mark = Type your first name instead of pasting it: it has a mark that cannot be seen and changes how the rest is shown.
last-name-hidden-mark = Type your last name instead of pasting it: it has a mark that cannot be seen and changes how the rest is shown.
name-missing = Enter your name: one of the two is enough.
birthdate-missing = Enter your birthdate.
birthdate-not-a-date = Enter a real date, like May 17, 1990 (1990-05-17).
birthdate-not-past = Your birthdate must be in the past.
birthdate-too-old = Check the year. It looks too long ago.
email-missing = Enter your e-mail address.
email-not-an-address = Enter an e-mail address in the right format, like name@example.com.
email-taken = There's already an account with this e-mail. Sign in, or use a different one.
password-missing = Enter a password.
password-too-short = Your password must have at least { $characters } characters.
password-too-long = Your password must have { $characters } characters or fewer.
password-guessable = This password is easy to guess. Choose a different one.
notice-wrong = Incorrect e-mail or password. Check both and try again.
notice-wrong-few-left =
    { $tries ->
        [one] Incorrect e-mail or password. You have one try left before we lock sign-in for a while.
       *[other] Incorrect e-mail or password. You have { $tries } tries left before we lock sign-in for a while.
    }
notice-wrong-locked = Incorrect e-mail or password. That was the last try: sign-in with this e-mail is now locked. Try again later, or [get help].
notice-paused =
    Too many wrong passwords. To protect this account, sign-in is locked. Try again in { $minutes ->
        [1] a minute
        [60] an hour
       *[other] { $minutes } minutes
    }, or [get help].
notice-too-many = There were too many tries from your network. Wait a minute, then try again.
notice-failed = Something went wrong on our side. Nothing is lost. Try again in a moment.
notice-persona-failed = Our identity partner, Persona, isn't answering. Nothing has changed. Try again in a few minutes.
notice-being-checked = Your verification is being checked against this name and birthdate, so you can't change them now. Wait for the result, or [contact us].
notice-verified = You're verified under this name and birthdate, so you can't change them here. If they are wrong or have changed, [contact us].

## Signing in and up

sign-in = Sign in
sign-in-lead = Sign in to go on with your verification.
signed-out-notice = You're signed out.
sign-in-password-missing = Enter your password.
forgot-password = Forgot your password? [Get help]
demo-heading = Try the demo
demo-button = Continue as Alexander Sample
sign-up = Create account
sign-up-heading = Create your account
sign-up-lead = Enter your name and birthdate exactly as they are on your ID, with your middle names and all last names. We'll check that they match. If you have one name only, leave the other field empty.
password-hint = At least { $characters } characters. Three or four words that don't belong together work well.
has-account = Already have an account?

## Profile

profile-title = Your details
profile-heading = Correct your details
profile-lead = Enter your name and birthdate exactly as they are on your ID, with your middle names and all last names. We check that they match. If you have one name only, leave the other field empty.
profile-back = Back to your verification
profile-save = Save

## Onboarding

information-heading = Your Information
information-name = Name
information-change = Change name or birthdate
debug-heading = Debug info
debug-nothing = No inquiry completed on this page.
check-result = Check for the result
card-label = Your verification
trust-notice = A passport, driver's license or national ID will do. A window by Persona, our identity partner, opens here and takes photos of your ID and your face. They go to Persona, never to us.
on-phone = No camera here? Sign in on your phone and do it there.
begun-another = You have started another verification since. You may finish it, but you don't have to.
hosted-flow = Continue on Persona's website
reference = Reference
details-link = See the details of your verification
step-profile = Profile
step-identity = Identity

## The status card. The browser knows these texts, too

first-visit-title = Complete Your Profile
first-visit-heading = Show that it's you
created-heading = You haven't started yet
created-sentence = It takes about 2 minutes. You'll need a photo ID and a camera.
pending-heading = You're not done yet
pending-sentence = Continue where you left off.
submitted-heading = Thanks, we have everything
submitted-sentence = The result usually comes within a minute and will show here. You can close this page and come back.
completed-heading = We're checking your documents
completed-sentence = This usually takes less than a minute, and the result will show here. You can close this page and come back.
needs-review-heading = A person is taking a closer look
needs-review-sentence = You don't need to do anything. You can close this page and come back.
approved-heading = You're verified
declined-heading = We couldn't verify your identity
declined-sentence = If you think that's a mistake, [contact us] and quote your reference.
failed-heading = We couldn't verify you this time
failed-sentence = Try again in good light, with your whole ID in the picture. Your name should read as it does on the ID.
expired-heading = You ran out of time
expired-sentence = Start again when you're ready.
unknown-heading = We're working on it
unknown-sentence = The result will show here. You can close this page and come back.

opening-heading = Opening…
opening-sentence = A window by Persona opens over this page.
slow-heading = Still opening…
slow-sentence = This can take a few seconds more.
open-heading = Your verification is open
open-sentence = Finish it in the window. What you do is saved as you go.
cancelled-sentence = We've saved what you did: continue when you're ready.
unsuccessful-heading = It looks as if this didn't work
unsuccessful-sentence = We're waiting for the final result. You can try again now.
blocked-heading = We couldn't open the verification here
blocked-sentence = A content blocker or your network may be the reason. Continue on Persona's website instead.
not-continued-heading = We couldn't continue your verification
not-continued-sentence = Try again in a moment.
misconfigured-heading = Something is wrong on our side
misconfigured-sentence = Please [tell us]. Nothing you did is lost.
window-closed-heading = The window closed unexpectedly
window-closed-sentence = Try again, or continue on Persona's website. If we can't pick up where you left off, you'll start over.
start-again-sentence = Your earlier verification ran out of time or was opened too often, so we have to start again.

invalid-request-heading = Something went wrong
invalid-request-sentence = Reload the page and try again.
signed-out-heading = You've been signed out
signed-out-sentence = Sign in to continue.
cross-origin-heading = That came from another website, so we stopped it
cross-origin-sentence = Start from this page.
too-many-attempts-heading = You've used your 3 tries
too-many-attempts-sentence = You can try again in 24 hours, or [contact us].
rate-limited-heading = That was too fast for us
rate-limited-sentence = Wait a minute, then try again.
persona-failed-heading = Our identity partner, Persona, isn't answering
persona-failed-sentence = Nothing is lost. Try again in a few minutes.
try-again-heading = Something went wrong on our side
try-again-sentence = Nothing is lost. Try again in a moment.
timeout-heading = That took too long
timeout-sentence = Nothing is lost. Try again, and you'll continue where you left off.
offline-heading = You seem to be offline
offline-sentence = Check your connection and try again.

# The first label is that of Persona's tutorial, and the additions, which only screen readers read, repeat
# it: the button keeps that name in every state.
start-action = Start Verifying
continue-action = Continue
continue-addition = { " " }– start verifying where you left off
try-again-action = Try again
try-again-addition = { " " }– start verifying once more
start-again-action = Start again
start-again-addition = { " " }– start verifying from the beginning
verify-again-action = Verify again
verify-again-addition = { " " }– start verifying anew
sign-in-action = { sign-in }
sign-in-addition = { " " }to start verifying

inquiry-completed = Completed inquiry with ID:
inquiry-completed-hint = Keep this ID: the results are looked up with it. Quote it if you contact us.
copy = Copy
copied = Copied
not-copied = Select the text and copy it

## Errors of the API

error-invalid-request = { invalid-request-heading }. { invalid-request-sentence }
error-signed-out = { signed-out-heading }. { signed-out-sentence }
error-cross-origin = { cross-origin-heading }. { cross-origin-sentence }
error-waiting = We're checking your documents. The result will show here.
error-approved = You're verified. You're all set.
error-declined = We couldn't verify your identity. If you think that's a mistake, contact us and quote your reference.
error-too-many-attempts = You've used your 3 tries. You can try again in 24 hours, or contact us.
error-rate-limited = { rate-limited-heading }. { rate-limited-sentence }
error-persona-failed = { persona-failed-heading }. { persona-failed-sentence }
error-try-again = { try-again-heading }. { try-again-sentence }
error-timeout = { timeout-heading }. { timeout-sentence }
error-offline = { offline-heading }. { offline-sentence }
error-our-address = Our own pages are at { $address }.
error-form-unreadable = The form could not be read. Please go back, reload the page and try again.
error-demo-off = Demo sign-in is off.
error-not-revoked = We couldn't sign that device out. Go back and try again in a moment.

## Results

results-heading = Your verifications
results-lead = Your verifications, newest first.
results-unavailable = We can't show your verifications right now. Nothing is lost. Try again in a moment.
results-empty-heading = You haven't started
results-empty-text = Once you start, you can follow it here.
results-start = Start
# What follows a date: a comma, and the text below.
also = , { $text }
attempt =
    { $number ->
        [2] second try
        [3] third try
       *[other] try { $number }
    }
result-title = Your verification
result-unavailable = We can't show your verification right now. Nothing is lost. Try again in a moment.
result-back = All verifications
result-status = Status
result-history = History
created-label = Not started
pending-label = In progress
submitted-label = Submitted
completed-label = Being checked
needs-review-label = Being checked by a person
approved-label = Verified
declined-label = Not verified
failed-label = Didn't work
expired-label = Ran out of time
unknown-label = In progress
time-started = Started
time-sent = Sent
time-decided = Decided
time-expires = Finish by
time-deleted = Data deleted
history-created = Created
history-started = Started
history-sent = Photos sent
history-review = Passed to a person for a closer look
history-changed = Changed to: { $status }

## Devices

sessions-heading = Where you're signed in
sessions-lead = Sign out any device that you don't recognize or no longer use.
sessions-unavailable = We can't show your devices right now. Try again in a moment.
sessions-one-ended = The device is signed out.
sessions-others-ended = All other devices are signed out.
sessions-end-others = Sign out everywhere else
sessions-end-one = Sign out: { $browser }, signed in { $time }
sessions-this-one = This device
sessions-signed-in = Signed in
sessions-last-active = Last active
browser-on-system = { $browser } on { $system }
browser-unnamed = A browser on { $system }
browser-unknown = An unknown browser
