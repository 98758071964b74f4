# The brand's own sentences in Spanish.

description = Verifique su identidad antes de pasear perros.
greeting = Le damos la bienvenida, { $name } 🐕
onboarding-lead = Los dueños le confían las llaves de casa y a su mejor amigo. Antes de su primer paseo, comprobamos que usted es quien dice ser.
new-here = ¿Es su primera vez en { -brand }?
demo-text = Eche un vistazo como Alexander Sample, un paseador ficticio. No necesita una cuenta.
birthdate-too-young = Debe tener { $age } años o más para pasear perros con nosotros.
approved-sentence = Ya está todo listo. Puede hacer su primer paseo.
steps-label = Su camino hasta el primer paseo
step-ready = A pasear
