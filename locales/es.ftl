# Spanish. Formal address (usted), as is usual where an identity is checked; neutral between Spain and the
# Americas. Buttons are infinitives.

## Dates and times

date =
    { $day } de { $month ->
        [1] enero
        [2] febrero
        [3] marzo
        [4] abril
        [5] mayo
        [6] junio
        [7] julio
        [8] agosto
        [9] septiembre
        [10] octubre
        [11] noviembre
       *[12] diciembre
    } de { $year }
date-and-time = { $date }, { $time } UTC

## Every page

brand-name = { -brand }
title-suffix = { " - " }{ -brand }
problem-title = Error: { $title }
skip-link = Ir al contenido principal
account-navigation = Su cuenta
operators-link = Operadores
results-link = Verificaciones
sessions-link = Dispositivos
sign-out = Cerrar sesión
photos-notice = La empresa Persona comprueba las identidades en nuestro nombre. Sus fotos van directamente a Persona; nosotros nunca las recibimos.
get-help = Obtener ayuda
privacy-link = Privacidad
terms-link = Condiciones de uso
language-choice = Idioma
not-found-title = Página no encontrada
not-found-text = No encontramos esa página. Compruebe la dirección o [vaya a la página de inicio].

## Forms

form-problem = Hay un problema
first-name = Nombre
last-name = Apellidos
birthdate = Fecha de nacimiento
email = Correo electrónico
password = Contraseña
show-password = Mostrar la contraseña
hide-password = Ocultar la contraseña
password-again = Escriba de nuevo su contraseña. No la conservamos en esta página.
first-name-not-a-name = Escriba su nombre con letras, tal como figura en su documento.
last-name-not-a-name = Escriba sus apellidos con letras, tal como figuran en su documento.
first-name-too-long = El nombre debe tener 100 caracteres como máximo.
last-name-too-long = Los apellidos deben tener 100 caracteres como máximo.
first-name-hidden-mark = Escriba su nombre en lugar de pegarlo: contiene una marca invisible que cambia cómo se muestra el resto.
last-name-hidden-mark = Escriba sus apellidos en lugar de pegarlos: contienen una marca invisible que cambia cómo se muestra el resto.
name-missing = Escriba su nombre o sus apellidos: basta con uno de los dos campos.
birthdate-missing = Indique su fecha de nacimiento.
birthdate-not-a-date = Indique una fecha válida, como el 17 de mayo de 1990 (1990-05-17).
birthdate-not-past = La fecha de nacimiento debe ser anterior a hoy.
birthdate-too-old = Compruebe el año. Parece demasiado lejano.
email-missing = Escriba su correo electrónico.
email-not-an-address = Escriba un correo electrónico con el formato correcto, como nombre@example.com.
email-taken = Ya existe una cuenta con este correo electrónico. Inicie sesión o use otro.
password-missing = Escriba una contraseña.
password-too-short = La contraseña debe tener al menos { $characters } caracteres.
password-too-long = La contraseña debe tener { $characters } caracteres como máximo.
password-guessable = Esta contraseña es fácil de adivinar. Elija otra.
notice-wrong = El correo electrónico o la contraseña no son correctos. Compruebe ambos e inténtelo de nuevo.
notice-wrong-few-left =
    { $tries ->
        [one] El correo electrónico o la contraseña no son correctos. Le queda un intento antes de que bloqueemos el inicio de sesión durante un tiempo.
       *[other] El correo electrónico o la contraseña no son correctos. Le quedan { $tries } intentos antes de que bloqueemos el inicio de sesión durante un tiempo.
    }
notice-wrong-locked = El correo electrónico o la contraseña no son correctos. Era el último intento: el inicio de sesión con este correo queda bloqueado. Inténtelo más tarde u [obtenga ayuda].
notice-paused =
    Demasiadas contraseñas incorrectas. Para proteger esta cuenta, el inicio de sesión está bloqueado. Inténtelo de nuevo dentro de { $minutes ->
        [1] un minuto
        [60] una hora
       *[other] { $minutes } minutos
    } u [obtenga ayuda].
notice-too-many = Hubo demasiados intentos desde su red. Espere un minuto e inténtelo de nuevo.
notice-failed = Algo falló por nuestra parte. No se ha perdido nada. Inténtelo de nuevo en un momento.
notice-persona-failed = Persona, nuestro socio de verificación, no responde. No ha cambiado nada. Inténtelo de nuevo en unos minutos.
notice-being-checked = Estamos comprobando su identidad con este nombre y esta fecha de nacimiento, por lo que ahora no puede cambiarlos. Espere el resultado o [póngase en contacto con nosotros].
notice-verified = Su identidad está verificada con este nombre y esta fecha de nacimiento, por lo que no puede cambiarlos aquí. Si son incorrectos o han cambiado, [póngase en contacto con nosotros].

## Signing in and up

sign-in = Iniciar sesión
sign-in-lead = Inicie sesión para seguir con su verificación.
signed-out-notice = Ha cerrado la sesión.
sign-in-password-missing = Escriba su contraseña.
forgot-password = ¿Olvidó su contraseña? [Obtener ayuda]
demo-heading = Probar la demostración
demo-button = Continuar como Alexander Sample
sign-up = Crear cuenta
sign-up-heading = Cree su cuenta
sign-up-lead = Escriba su nombre y su fecha de nacimiento exactamente como figuran en su documento de identidad, con todos sus nombres y apellidos. Comprobaremos que coinciden. Si en su documento figura un solo nombre, sin apellidos, deje vacío el otro campo.
password-hint = Al menos { $characters } caracteres. Tres o cuatro palabras que no tengan relación entre sí funcionan bien.
has-account = ¿Ya tiene una cuenta?

## Profile

profile-title = Sus datos
profile-heading = Corregir sus datos
profile-lead = Escriba su nombre y su fecha de nacimiento exactamente como figuran en su documento de identidad, con todos sus nombres y apellidos. Comprobamos que coinciden. Si en su documento figura un solo nombre, sin apellidos, deje vacío el otro campo.
profile-back = Volver a su verificación
profile-save = Guardar

## Onboarding

information-heading = Sus datos
information-name = Nombre completo
information-change = Cambiar el nombre o la fecha de nacimiento
debug-heading = Información de depuración
debug-nothing = No se ha completado ninguna verificación en esta página.
check-result = Consultar el resultado
card-label = Su verificación
trust-notice = Sirve un pasaporte, una licencia de conducir o un documento nacional de identidad. Aquí se abre una ventana de Persona, nuestro socio de verificación, que toma fotos de su documento y de su cara. Las fotos van a Persona, nunca a nosotros.
on-phone = ¿No hay cámara aquí? Inicie sesión en su teléfono y hágalo allí.
begun-another = Desde entonces ha empezado otra verificación. Puede terminarla, pero no es necesario.
hosted-flow = Continuar en el sitio web de Persona
reference = Referencia
details-link = Ver los detalles de su verificación
step-profile = Perfil
step-identity = Identidad

## The status card. The browser knows these texts, too

first-visit-title = Complete su perfil
first-visit-heading = Demuestre que es usted
created-heading = Aún no ha empezado
created-sentence = Lleva unos 2 minutos. Necesitará un documento con foto y una cámara.
pending-heading = Aún no ha terminado
pending-sentence = Continúe donde lo dejó.
submitted-heading = Gracias, ya lo tenemos todo
submitted-sentence = El resultado suele llegar en un minuto y aparecerá aquí. Puede cerrar esta página y volver más tarde.
completed-heading = Estamos comprobando sus documentos
completed-sentence = Suele llevar menos de un minuto, y el resultado aparecerá aquí. Puede cerrar esta página y volver más tarde.
needs-review-heading = Su verificación está en revisión manual
needs-review-sentence = No tiene que hacer nada. Puede cerrar esta página y volver más tarde.
approved-heading = Su identidad está verificada
declined-heading = No pudimos verificar su identidad
declined-sentence = Si cree que es un error, [póngase en contacto con nosotros] e indique su referencia.
failed-heading = Esta vez no pudimos verificar su identidad
failed-sentence = Inténtelo de nuevo con buena luz y con todo el documento en la imagen. Su nombre debe leerse como en el documento.
expired-heading = Se agotó el tiempo
expired-sentence = Empiece de nuevo cuando quiera.
unknown-heading = Estamos en ello
unknown-sentence = El resultado aparecerá aquí. Puede cerrar esta página y volver más tarde.

opening-heading = Abriendo…
opening-sentence = Se abre una ventana de Persona sobre esta página.
slow-heading = Todavía se está abriendo…
slow-sentence = Puede tardar unos segundos más.
open-heading = Su verificación está abierta
open-sentence = Termínela en la ventana. Lo que haga se guarda sobre la marcha.
cancelled-sentence = Hemos guardado lo que hizo: continúe cuando quiera.
unsuccessful-heading = Parece que no funcionó
unsuccessful-sentence = Estamos esperando el resultado definitivo. Ya puede intentarlo de nuevo.
blocked-heading = No pudimos abrir la verificación aquí
blocked-sentence = Puede deberse a un bloqueador de contenido o a su red. Continúe en el sitio web de Persona.
not-continued-heading = No pudimos continuar su verificación
not-continued-sentence = Inténtelo de nuevo en un momento.
misconfigured-heading = Algo no está bien por nuestra parte
misconfigured-sentence = Por favor, [díganoslo]. No se ha perdido nada de lo que hizo.
window-closed-heading = La ventana se cerró de forma inesperada
window-closed-sentence = Inténtelo de nuevo o continúe en el sitio web de Persona. Si no puede seguir donde lo dejó, empezará desde el principio.
start-again-sentence = Su verificación anterior caducó o se abrió demasiadas veces, así que hay que empezar de nuevo.

invalid-request-heading = Algo salió mal
invalid-request-sentence = Vuelva a cargar la página e inténtelo de nuevo.
signed-out-heading = Se ha cerrado su sesión
signed-out-sentence = Inicie sesión para continuar.
cross-origin-heading = Bloqueamos una solicitud de otro sitio web
cross-origin-sentence = Empiece desde esta página.
too-many-attempts-heading = Ha usado sus 3 intentos
too-many-attempts-sentence = Puede intentarlo de nuevo dentro de 24 horas o [ponerse en contacto con nosotros].
rate-limited-heading = Demasiadas solicitudes seguidas
rate-limited-sentence = Espere un minuto e inténtelo de nuevo.
persona-failed-heading = Persona, nuestro socio de verificación, no responde
persona-failed-sentence = No se ha perdido nada. Inténtelo de nuevo en unos minutos.
try-again-heading = Algo falló por nuestra parte
try-again-sentence = No se ha perdido nada. Inténtelo de nuevo en un momento.
timeout-heading = La respuesta tardó demasiado
timeout-sentence = No se ha perdido nada. Inténtelo de nuevo y continuará donde lo dejó.
offline-heading = Parece que no tiene conexión
offline-sentence = Compruebe su conexión e inténtelo de nuevo.

start-action = Empezar la verificación
continue-action = Continuar
continue-addition = { " " }– seguir la verificación donde la dejó
try-again-action = Intentar de nuevo
try-again-addition = { " " }– empezar otra vez la verificación
start-again-action = Empezar de nuevo
start-again-addition = { " " }– empezar la verificación desde el principio
verify-again-action = Verificar de nuevo
verify-again-addition = { " " }– empezar otra verificación
sign-in-action = { sign-in }
sign-in-addition = { " " }para empezar la verificación

inquiry-completed = Verificación completada con el ID:
inquiry-completed-hint = Guarde este ID: con él se consultan los resultados. Indíquelo si se pone en contacto con nosotros.
copy = Copiar
copied = Copiado
not-copied = Seleccione el texto y cópielo

## Errors of the API

error-invalid-request = { invalid-request-heading }. { invalid-request-sentence }
error-signed-out = { signed-out-heading }. { signed-out-sentence }
error-cross-origin = { cross-origin-heading }. { cross-origin-sentence }
error-waiting = Estamos comprobando sus documentos. El resultado aparecerá aquí.
error-approved = Su identidad está verificada. Ya está todo listo.
error-declined = No pudimos verificar su identidad. Si cree que es un error, póngase en contacto con nosotros e indique su referencia.
error-too-many-attempts = Ha usado sus 3 intentos. Puede intentarlo de nuevo dentro de 24 horas o ponerse en contacto con nosotros.
error-rate-limited = { rate-limited-heading }. { rate-limited-sentence }
error-persona-failed = { persona-failed-heading }. { persona-failed-sentence }
error-try-again = { try-again-heading }. { try-again-sentence }
error-timeout = { timeout-heading }. { timeout-sentence }
error-offline = { offline-heading }. { offline-sentence }
error-our-address = Nuestras páginas están en { $address }.
error-form-unreadable = No se pudo leer el formulario. Vuelva atrás, cargue de nuevo la página e inténtelo otra vez.
error-demo-off = El acceso de demostración está desactivado.
error-not-revoked = No pudimos cerrar la sesión de ese dispositivo. Vuelva atrás e inténtelo de nuevo en un momento.

## Results

results-heading = Sus verificaciones
results-lead = Sus verificaciones, la más reciente primero.
results-unavailable = Ahora no podemos mostrar sus verificaciones. No se ha perdido nada. Inténtelo de nuevo en un momento.
results-empty-heading = Aún no ha empezado
results-empty-text = Cuando empiece, podrá seguir su verificación aquí.
results-start = Empezar
also = , { $text }
attempt =
    { $number ->
        [2] segundo intento
        [3] tercer intento
       *[other] intento { $number }
    }
result-title = Su verificación
result-unavailable = Ahora no podemos mostrar su verificación. No se ha perdido nada. Inténtelo de nuevo en un momento.
result-back = Todas las verificaciones
result-status = Estado
result-history = Historial
created-label = Sin empezar
pending-label = En curso
submitted-label = Enviada
completed-label = En comprobación
needs-review-label = En revisión manual
approved-label = Verificada
declined-label = No verificada
failed-label = No funcionó
expired-label = Tiempo agotado
unknown-label = En curso
time-started = Empezada
time-sent = Enviada
time-decided = Resuelta
time-expires = Fecha límite
time-deleted = Datos borrados
history-created = Creada
history-started = Empezada
history-sent = Fotos enviadas
history-review = Enviada a revisión manual
history-changed = Nuevo estado: { $status }

## Devices

sessions-heading = Dónde tiene la sesión abierta
sessions-lead = Cierre la sesión en los dispositivos que no reconozca o ya no use.
sessions-unavailable = Ahora no podemos mostrar sus dispositivos. Inténtelo de nuevo en un momento.
sessions-one-ended = Se ha cerrado la sesión del dispositivo.
sessions-others-ended = Se ha cerrado la sesión de todos los demás dispositivos.
sessions-end-others = Cerrar la sesión en los demás dispositivos
sessions-end-one = Cerrar sesión: { $browser }, abierta el { $time }
sessions-this-one = Este dispositivo
sessions-signed-in = Sesión abierta:
sessions-last-active = Última actividad:
browser-on-system = { $browser } en { $system }
browser-unnamed = Un navegador en { $system }
browser-unknown = Un navegador desconocido
