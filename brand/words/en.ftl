# The brand's own sentences in English. Each key here is needed in every language that the brand offers;
# any key of locales/en.ftl may be added, and replaces the common text.

description = Verify your identity before you walk dogs.
greeting = Welcome, { $name } 🐕
onboarding-lead = Owners hand you their keys and their best friend. Before your first walk, we check that you are who you say you are.
new-here = New to { -brand }?
demo-text = Look around as Alexander Sample, a made-up walker. You don't need an account.
birthdate-too-young = You must be { $age } or older to walk dogs with us.
approved-sentence = You're all set. You can take your first walk.
steps-label = Your way to the first walk
step-ready = Ready to walk
