# The brand's own sentences in Portuguese.

description = Verifique sua identidade antes de passear com cães.
greeting = Boas-vindas, { $name } 🐕
onboarding-lead = Os tutores confiam a você as chaves de casa e o melhor amigo deles. Antes do seu primeiro passeio, verificamos se você é quem diz ser.
new-here = É a sua primeira vez no { -brand }?
demo-text = Dê uma olhada como Alexander Sample, um passeador fictício. Você não precisa de uma conta.
birthdate-too-young = Você precisa ter { $age } anos ou mais para passear com cães conosco.
approved-sentence = Está tudo certo. Você já pode fazer seu primeiro passeio.
steps-label = Seu caminho até o primeiro passeio
step-ready = Hora do passeio
