# The brand's own sentences in French.

description = Vérifiez votre identité avant de promener des chiens.
greeting = Bienvenue, { $name } 🐕
onboarding-lead = Les propriétaires vous confient leurs clés et leur meilleur ami. Avant votre première promenade, nous vérifions que vous êtes bien la personne que vous dites être.
new-here = Première visite chez { -brand } ?
demo-text = Découvrez le site en tant qu’Alexander Sample, un promeneur fictif. Vous n’avez pas besoin de compte.
birthdate-too-young = Vous devez avoir au moins { $age } ans pour promener des chiens avec nous.
approved-sentence = Tout est prêt. Vous pouvez faire votre première promenade.
steps-label = Votre chemin vers la première promenade
step-ready = Promenade
