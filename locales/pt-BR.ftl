# Portuguese as in Brazil. Address by "você", which is polite there also where an identity is checked.
# Buttons are infinitives.

## Dates and times

date =
    { $day ->
        [1] 1º
       *[other] { $day }
    } de { $month ->
        [1] janeiro
        [2] fevereiro
        [3] março
        [4] abril
        [5] maio
        [6] junho
        [7] julho
        [8] agosto
        [9] setembro
        [10] outubro
        [11] novembro
       *[12] dezembro
    } de { $year }
date-and-time = { $date }, { $time } UTC

## Every page

brand-name = { -brand }
title-suffix = { " - " }{ -brand }
problem-title = Erro: { $title }
skip-link = Ir para o conteúdo principal
account-navigation = Sua conta
operators-link = Operação
results-link = Verificações
sessions-link = Dispositivos
sign-out = Sair
photos-notice = A Persona verifica identidades para nós. Suas fotos vão direto para ela; nunca as recebemos.
get-help = Obter ajuda
privacy-link = Privacidade
terms-link = Termos de uso
language-choice = Idioma
not-found-title = Página não encontrada
not-found-text = Não encontramos essa página. Confira o endereço ou [vá para a página inicial].

## Forms

form-problem = Há um problema
first-name = Nome
last-name = Sobrenome
birthdate = Data de nascimento
email = E-mail
password = Senha
show-password = Mostrar a senha
hide-password = Ocultar a senha
password-again = Digite sua senha novamente. Não a guardamos nesta página.
first-name-not-a-name = Digite seu nome com letras, como está no seu documento.
last-name-not-a-name = Digite seu sobrenome com letras, como está no seu documento.
first-name-too-long = O nome deve ter no máximo 100 caracteres.
last-name-too-long = O sobrenome deve ter no máximo 100 caracteres.
first-name-hidden-mark = Digite seu nome em vez de colá-lo: ele contém uma marca invisível que muda como o resto é mostrado.
last-name-hidden-mark = Digite seu sobrenome em vez de colá-lo: ele contém uma marca invisível que muda como o resto é mostrado.
name-missing = Digite seu nome: basta um dos dois campos.
birthdate-missing = Informe sua data de nascimento.
birthdate-not-a-date = Informe uma data válida, como 17 de maio de 1990 (1990-05-17).
birthdate-not-past = Sua data de nascimento deve estar no passado.
birthdate-too-old = Confira o ano. Ele parece muito distante.
email-missing = Digite seu e-mail.
email-not-an-address = Digite um e-mail no formato correto, como nome@example.com.
email-taken = Já existe uma conta com este e-mail. Entre ou use outro.
password-missing = Digite uma senha.
password-too-short = A senha deve ter pelo menos { $characters } caracteres.
password-too-long = A senha deve ter no máximo { $characters } caracteres.
password-guessable = Esta senha é fácil de adivinhar. Escolha outra.
notice-wrong = E-mail ou senha incorretos. Confira os dois e tente novamente.
notice-wrong-few-left =
    { $tries ->
        [one] E-mail ou senha incorretos. Resta uma tentativa antes de bloquearmos o acesso por um tempo.
       *[other] E-mail ou senha incorretos. Restam { $tries } tentativas antes de bloquearmos o acesso por um tempo.
    }
notice-wrong-locked = E-mail ou senha incorretos. Essa foi a última tentativa: o acesso com este e-mail foi bloqueado. Tente mais tarde ou [obtenha ajuda].
notice-paused =
    Muitas senhas incorretas. Para proteger esta conta, o acesso está bloqueado. Tente novamente em { $minutes ->
        [1] um minuto
        [60] uma hora
       *[other] { $minutes } minutos
    } ou [obtenha ajuda].
notice-too-many = Houve muitas tentativas a partir da sua rede. Espere um minuto e tente novamente.
notice-failed = Algo deu errado do nosso lado. Nada foi perdido. Tente novamente em instantes.
notice-persona-failed = A Persona, nossa parceira de identidade, não está respondendo. Nada mudou. Tente novamente em alguns minutos.
notice-being-checked = Sua verificação está em andamento com este nome e esta data de nascimento, por isso você não pode alterá-los agora. Aguarde o resultado ou [fale conosco].
notice-verified = Sua identidade está verificada com este nome e esta data de nascimento, por isso você não pode alterá-los aqui. Se estiverem errados ou tiverem mudado, [fale conosco].

## Signing in and up

sign-in = Entrar
sign-in-lead = Entre para continuar sua verificação.
signed-out-notice = Você saiu da sua conta.
sign-in-password-missing = Digite sua senha.
forgot-password = Esqueceu a senha? [Obter ajuda]
demo-heading = Experimente a demonstração
demo-button = Continuar como Alexander Sample
sign-up = Criar conta
sign-up-heading = Crie sua conta
sign-up-lead = Digite seu nome e sua data de nascimento exatamente como estão no seu documento, com todos os nomes e sobrenomes. Vamos conferir se coincidem. Se no seu documento consta um só nome, sem sobrenome, deixe o outro campo vazio.
password-hint = Pelo menos { $characters } caracteres. Três ou quatro palavras sem relação entre si funcionam bem.
has-account = Já tem uma conta?

## Profile

profile-title = Seus dados
profile-heading = Corrija seus dados
profile-lead = Digite seu nome e sua data de nascimento exatamente como estão no seu documento, com todos os nomes e sobrenomes. Conferimos se coincidem. Se no seu documento consta um só nome, sem sobrenome, deixe o outro campo vazio.
profile-back = Voltar para sua verificação
profile-save = Salvar

## Onboarding

information-heading = Seus dados
information-name = Nome
information-change = Alterar nome ou data de nascimento
debug-heading = Informações de depuração
debug-nothing = Nenhuma verificação concluída nesta página.
check-result = Ver se já há resultado
card-label = Sua verificação
trust-notice = Pode ser um passaporte, uma carteira de motorista ou uma carteira de identidade. Uma janela da Persona, nossa parceira de identidade, abre aqui e tira fotos do seu documento e do seu rosto. Elas vão para a Persona, nunca para nós.
on-phone = Não há câmera aqui? Entre pelo celular e faça a verificação por lá.
begun-another = Desde então você começou outra verificação. Pode concluí-la, mas não é preciso.
hosted-flow = Continuar no site da Persona
reference = Referência
details-link = Ver os detalhes da sua verificação
step-profile = Perfil
step-identity = Identidade

## The status card. The browser knows these texts, too

first-visit-title = Complete seu perfil
first-visit-heading = Mostre que é você
created-heading = Você ainda não começou
created-sentence = Leva cerca de 2 minutos. Você vai precisar de um documento com foto e de uma câmera.
pending-heading = Você ainda não terminou
pending-sentence = Continue de onde parou.
submitted-heading = Obrigado, recebemos tudo
submitted-sentence = O resultado costuma chegar em um minuto e vai aparecer aqui. Você pode fechar esta página e voltar depois.
completed-heading = Estamos conferindo seus documentos
completed-sentence = Costuma levar menos de um minuto, e o resultado vai aparecer aqui. Você pode fechar esta página e voltar depois.
needs-review-heading = Uma pessoa está analisando sua verificação
needs-review-sentence = Você não precisa fazer nada. Você pode fechar esta página e voltar depois.
approved-heading = Sua identidade está verificada
declined-heading = Sua identidade não foi verificada
declined-sentence = Se você acha que é um engano, [fale conosco] e informe sua referência.
failed-heading = Desta vez a verificação não deu certo
failed-sentence = Tente novamente com boa luz e com o documento inteiro na imagem. Seu nome deve estar como no documento.
expired-heading = O tempo acabou
expired-sentence = Comece de novo quando quiser.
unknown-heading = Estamos cuidando disso
unknown-sentence = O resultado vai aparecer aqui. Você pode fechar esta página e voltar depois.

opening-heading = Abrindo…
opening-sentence = Uma janela da Persona vai abrir sobre esta página.
slow-heading = Ainda abrindo…
slow-sentence = Pode levar mais alguns segundos.
open-heading = Sua verificação está aberta
open-sentence = Conclua na janela. Tudo o que você faz é salvo automaticamente.
cancelled-sentence = Salvamos o que você fez: continue quando quiser.
unsuccessful-heading = Parece que não funcionou
unsuccessful-sentence = Estamos aguardando o resultado final. Você já pode tentar novamente.
blocked-heading = Não conseguimos abrir a verificação aqui
blocked-sentence = Um bloqueador de conteúdo ou sua rede pode ser o motivo. Continue no site da Persona.
not-continued-heading = Não conseguimos continuar sua verificação
not-continued-sentence = Tente novamente em instantes.
misconfigured-heading = Há algo errado do nosso lado
misconfigured-sentence = Por favor, [avise-nos]. Nada do que você fez foi perdido.
window-closed-heading = A janela fechou inesperadamente
window-closed-sentence = Tente novamente ou continue no site da Persona. Se não der para seguir de onde parou, você começa do início.
start-again-sentence = Sua verificação anterior expirou ou foi aberta vezes demais, por isso precisamos começar de novo.

invalid-request-heading = Algo deu errado
invalid-request-sentence = Recarregue a página e tente novamente.
signed-out-heading = Sua sessão foi encerrada
signed-out-sentence = Entre para continuar.
cross-origin-heading = O pedido veio de outro site e foi bloqueado
cross-origin-sentence = Comece por esta página.
too-many-attempts-heading = Você usou suas 3 tentativas
too-many-attempts-sentence = Você pode tentar novamente em 24 horas ou [falar conosco].
rate-limited-heading = Isso foi rápido demais para nós
rate-limited-sentence = Espere um minuto e tente novamente.
persona-failed-heading = A Persona, nossa parceira de identidade, não está respondendo
persona-failed-sentence = Nada foi perdido. Tente novamente em alguns minutos.
try-again-heading = Algo deu errado do nosso lado
try-again-sentence = Nada foi perdido. Tente novamente em instantes.
timeout-heading = Demorou demais
timeout-sentence = Nada foi perdido. Tente novamente, e você continuará de onde parou.
offline-heading = Parece que você está sem conexão
offline-sentence = Confira sua conexão e tente novamente.

start-action = Começar a verificação
continue-action = Continuar
continue-addition = { " " }– retomar a verificação de onde parou
try-again-action = Tentar novamente
try-again-addition = { " " }– começar a verificação mais uma vez
start-again-action = Começar de novo
start-again-addition = { " " }– começar a verificação do início
verify-again-action = Verificar de novo
verify-again-addition = { " " }– começar outra verificação
sign-in-action = { sign-in }
sign-in-addition = { " " }para começar a verificação

inquiry-completed = Verificação concluída com o ID:
inquiry-completed-hint = Guarde este ID: os resultados são consultados com ele. Informe-o se falar conosco.
copy = Copiar
copied = Copiado
not-copied = Selecione o texto e copie

## Errors of the API

error-invalid-request = { invalid-request-heading }. { invalid-request-sentence }
error-signed-out = { signed-out-heading }. { signed-out-sentence }
error-cross-origin = { cross-origin-heading }. { cross-origin-sentence }
error-waiting = Estamos conferindo seus documentos. O resultado vai aparecer aqui.
error-approved = Sua identidade está verificada. Está tudo certo.
error-declined = Sua identidade não foi verificada. Se você acha que é um engano, fale conosco e informe sua referência.
error-too-many-attempts = Você usou suas 3 tentativas. Você pode tentar novamente em 24 horas ou falar conosco.
error-rate-limited = { rate-limited-heading }. { rate-limited-sentence }
error-persona-failed = { persona-failed-heading }. { persona-failed-sentence }
error-try-again = { try-again-heading }. { try-again-sentence }
error-timeout = { timeout-heading }. { timeout-sentence }
error-offline = { offline-heading }. { offline-sentence }
error-our-address = Nossas próprias páginas estão em { $address }.
error-form-unreadable = Não foi possível ler o formulário. Volte, recarregue a página e tente novamente.
error-demo-off = O acesso de demonstração está desativado.
error-not-revoked = Não conseguimos encerrar a sessão desse dispositivo. Volte e tente novamente em instantes.

## Results

results-heading = Suas verificações
results-lead = Suas verificações, a mais recente primeiro.
results-unavailable = Não podemos mostrar suas verificações agora. Nada foi perdido. Tente novamente em instantes.
results-empty-heading = Você ainda não começou
results-empty-text = Quando começar, você poderá acompanhar sua verificação aqui.
results-start = Começar
also = , { $text }
attempt =
    { $number ->
        [2] segunda tentativa
        [3] terceira tentativa
       *[other] tentativa { $number }
    }
result-title = Sua verificação
result-unavailable = Não podemos mostrar sua verificação agora. Nada foi perdido. Tente novamente em instantes.
result-back = Todas as verificações
result-status = Situação
result-history = Histórico
created-label = Não iniciada
pending-label = Em andamento
submitted-label = Enviada
completed-label = Em análise
needs-review-label = Em análise por uma pessoa
approved-label = Verificada
declined-label = Não verificada
failed-label = Não funcionou
expired-label = Tempo esgotado
unknown-label = Em andamento
time-started = Iniciada
time-sent = Enviada
time-decided = Resultado
time-expires = Concluir até
time-deleted = Dados excluídos
history-created = Criada
history-started = Iniciada
history-sent = Fotos enviadas
history-review = Encaminhada para análise por uma pessoa
history-changed = Mudou para: { $status }

## Devices

sessions-heading = Onde sua conta está aberta
sessions-lead = Encerre a sessão dos dispositivos que você não reconhece ou não usa mais.
sessions-unavailable = Não podemos mostrar seus dispositivos agora. Tente novamente em instantes.
sessions-one-ended = A sessão do dispositivo foi encerrada.
sessions-others-ended = As sessões dos outros dispositivos foram encerradas.
sessions-end-others = Sair de todos os outros dispositivos
sessions-end-one = Sair: { $browser }, sessão iniciada em { $time }
sessions-this-one = Este dispositivo
sessions-signed-in = Sessão iniciada:
sessions-last-active = Última atividade:
browser-on-system = { $browser } no { $system }
browser-unnamed = Um navegador no { $system }
browser-unknown = Um navegador desconhecido
