# Arabic, Modern Standard. Requests are "يُرجى" with a verbal noun, which is polite and addresses women and men
# alike. Latin digits, as in travel documents.

## Dates and times

date =
    { $day } { $month ->
        [1] يناير
        [2] فبراير
        [3] مارس
        [4] أبريل
        [5] مايو
        [6] يونيو
        [7] يوليو
        [8] أغسطس
        [9] سبتمبر
        [10] أكتوبر
        [11] نوفمبر
       *[12] ديسمبر
    } { $year }
date-and-time = { $date }، { $time } UTC

## Every page

brand-name = { -brand }
title-suffix = { " - " }{ -brand }
problem-title = خطأ: { $title }
skip-link = الانتقال إلى المحتوى الرئيسي
account-navigation = حسابك
operators-link = المشغّلون
results-link = عمليات التحقق
sessions-link = الأجهزة
sign-out = تسجيل الخروج
photos-notice = تتولى Persona التحقق من الهويات نيابةً عنّا. تذهب صورك مباشرةً إلى Persona، ولا نستلمها أبدًا.
get-help = طلب المساعدة
privacy-link = الخصوصية
terms-link = شروط الاستخدام
language-choice = اللغة
not-found-title = الصفحة غير موجودة
not-found-text = تعذّر العثور على هذه الصفحة. يُرجى التأكد من العنوان أو [الانتقال إلى الصفحة الرئيسية].

## Forms

form-problem = هناك مشكلة
first-name = الاسم الأول
last-name = اسم العائلة
birthdate = تاريخ الميلاد
email = البريد الإلكتروني
password = كلمة المرور
show-password = إظهار كلمة المرور
hide-password = إخفاء كلمة المرور
password-again = يُرجى إدخال كلمة المرور من جديد. لا نحتفظ بها في هذه الصفحة.
first-name-not-a-name = يُرجى إدخال الاسم الأول بالحروف كما يظهر في وثيقة الهوية.
last-name-not-a-name = يُرجى إدخال اسم العائلة بالحروف كما يظهر في وثيقة الهوية.
first-name-too-long = يجب ألا يتجاوز الاسم الأول 100 حرف.
last-name-too-long = يجب ألا يتجاوز اسم العائلة 100 حرف.
first-name-hidden-mark = يُرجى كتابة الاسم الأول بدلًا من لصقه: ففيه علامة غير مرئية تغيّر طريقة عرض الباقي.
last-name-hidden-mark = يُرجى كتابة اسم العائلة بدلًا من لصقه: ففيه علامة غير مرئية تغيّر طريقة عرض الباقي.
name-missing = يُرجى إدخال الاسم: يكفي أحد الحقلين.
birthdate-missing = يُرجى إدخال تاريخ الميلاد.
birthdate-not-a-date = يُرجى إدخال تاريخ صحيح، مثل 17 مايو 1990 ({ "\u2066" }1990-05-17{ "\u2069" }).
birthdate-not-past = يجب أن يكون تاريخ الميلاد في الماضي.
birthdate-too-old = يُرجى التأكد من السنة، فهي تبدو قديمة جدًا.
email-missing = يُرجى إدخال البريد الإلكتروني.
email-not-an-address = يُرجى إدخال بريد إلكتروني بالصيغة الصحيحة، مثل name@example.com.
email-taken = يوجد حساب بهذا البريد الإلكتروني. يُرجى تسجيل الدخول أو استخدام بريد آخر.
password-missing = يُرجى إدخال كلمة مرور.
password-too-short =
    { $characters ->
        [zero] يُرجى استخدام كلمة مرور من { $characters } حرف على الأقل.
        [one] يُرجى استخدام كلمة مرور من حرف واحد على الأقل.
        [two] يُرجى استخدام كلمة مرور من حرفين على الأقل.
        [few] يُرجى استخدام كلمة مرور من { $characters } أحرف على الأقل.
        [many] يُرجى استخدام كلمة مرور من { $characters } حرفًا على الأقل.
       *[other] يُرجى استخدام كلمة مرور من { $characters } حرف على الأقل.
    }
password-too-long =
    { $characters ->
        [zero] يُرجى استخدام كلمة مرور من { $characters } حرف على الأكثر.
        [one] يُرجى استخدام كلمة مرور من حرف واحد على الأكثر.
        [two] يُرجى استخدام كلمة مرور من حرفين على الأكثر.
        [few] يُرجى استخدام كلمة مرور من { $characters } أحرف على الأكثر.
        [many] يُرجى استخدام كلمة مرور من { $characters } حرفًا على الأكثر.
       *[other] يُرجى استخدام كلمة مرور من { $characters } حرف على الأكثر.
    }
password-guessable = كلمة المرور هذه سهلة التخمين. يُرجى اختيار كلمة مرور أخرى.
notice-wrong = البريد الإلكتروني أو كلمة المرور غير صحيحة. يُرجى التأكد منهما والمحاولة من جديد.
notice-wrong-few-left =
    { $tries ->
        [zero] البريد الإلكتروني أو كلمة المرور غير صحيحة. لم تبقَ أي محاولة قبل قفل تسجيل الدخول لبعض الوقت.
        [one] البريد الإلكتروني أو كلمة المرور غير صحيحة. بقيت محاولة واحدة قبل قفل تسجيل الدخول لبعض الوقت.
        [two] البريد الإلكتروني أو كلمة المرور غير صحيحة. بقيت محاولتان قبل قفل تسجيل الدخول لبعض الوقت.
        [few] البريد الإلكتروني أو كلمة المرور غير صحيحة. بقيت { $tries } محاولات قبل قفل تسجيل الدخول لبعض الوقت.
        [many] البريد الإلكتروني أو كلمة المرور غير صحيحة. بقيت { $tries } محاولة قبل قفل تسجيل الدخول لبعض الوقت.
       *[other] البريد الإلكتروني أو كلمة المرور غير صحيحة. بقيت { $tries } محاولة قبل قفل تسجيل الدخول لبعض الوقت.
    }
notice-wrong-locked = البريد الإلكتروني أو كلمة المرور غير صحيحة. كانت هذه المحاولة الأخيرة: تسجيل الدخول بهذا البريد مقفل الآن. يُرجى المحاولة لاحقًا أو [طلب المساعدة].
notice-paused =
    كلمات مرور خاطئة كثيرة. تسجيل الدخول مقفل لحماية هذا الحساب. يُرجى المحاولة من جديد بعد { $minutes ->
        [1] دقيقة
        [60] ساعة
        [zero] { $minutes } دقيقة
        [one] دقيقة
        [two] دقيقتين
        [few] { $minutes } دقائق
        [many] { $minutes } دقيقة
       *[other] { $minutes } دقيقة
    }، أو [طلب المساعدة].
notice-too-many = وردت محاولات كثيرة من شبكتك. يُرجى الانتظار دقيقة ثم المحاولة من جديد.
notice-failed = حدث خطأ من جانبنا. لم يُفقد شيء. يُرجى المحاولة من جديد بعد لحظات.
notice-persona-failed = شريكنا في التحقق من الهوية، Persona، لا يستجيب. لم يتغير شيء. يُرجى المحاولة من جديد بعد بضع دقائق.
notice-being-checked = يجري التحقق الآن بهذا الاسم وتاريخ الميلاد، لذلك لا يمكن تغييرهما حاليًا. يُرجى انتظار النتيجة أو [التواصل معنا].
notice-verified = تم التحقق من هويتك بهذا الاسم وتاريخ الميلاد، لذلك لا يمكن تغييرهما هنا. إذا كان فيهما خطأ أو تغيّرا، فيُرجى [التواصل معنا].

## Signing in and up

sign-in = تسجيل الدخول
sign-in-lead = يُرجى تسجيل الدخول لمتابعة التحقق من هويتك.
signed-out-notice = تم تسجيل الخروج.
sign-in-password-missing = يُرجى إدخال كلمة المرور.
forgot-password = نسيت كلمة المرور؟ [طلب المساعدة]
demo-heading = تجربة العرض التوضيحي
demo-button = المتابعة باسم Alexander Sample
sign-up = إنشاء حساب
sign-up-heading = إنشاء حسابك
sign-up-lead = يُرجى إدخال الاسم وتاريخ الميلاد تمامًا كما يظهران في وثيقة الهوية، مع الأسماء الوسطى واسم العائلة كاملًا. سنتأكد من مطابقتهما للوثيقة. إذا كان لك اسم واحد فقط، فيُرجى ترك الحقل الآخر فارغًا.
password-hint =
    { $characters ->
        [zero] { $characters } حرف على الأقل. تصلح لذلك ثلاث أو أربع كلمات لا رابط بينها.
        [one] حرف واحد على الأقل. تصلح لذلك ثلاث أو أربع كلمات لا رابط بينها.
        [two] حرفان على الأقل. تصلح لذلك ثلاث أو أربع كلمات لا رابط بينها.
        [few] { $characters } أحرف على الأقل. تصلح لذلك ثلاث أو أربع كلمات لا رابط بينها.
        [many] { $characters } حرفًا على الأقل. تصلح لذلك ثلاث أو أربع كلمات لا رابط بينها.
       *[other] { $characters } حرف على الأقل. تصلح لذلك ثلاث أو أربع كلمات لا رابط بينها.
    }
has-account = لديك حساب بالفعل؟

## Profile

profile-title = بياناتك
profile-heading = تصحيح بياناتك
profile-lead = يُرجى إدخال الاسم وتاريخ الميلاد تمامًا كما يظهران في وثيقة الهوية، مع الأسماء الوسطى واسم العائلة كاملًا. نتأكد من مطابقتهما للوثيقة. إذا كان لك اسم واحد فقط، فيُرجى ترك الحقل الآخر فارغًا.
profile-back = العودة إلى التحقق من هويتك
profile-save = حفظ

## Onboarding

information-heading = بياناتك
information-name = الاسم
information-change = تغيير الاسم أو تاريخ الميلاد
debug-heading = معلومات تقنية
debug-nothing = لم تكتمل أي عملية تحقق في هذه الصفحة.
check-result = الاطلاع على النتيجة
card-label = التحقق من هويتك
trust-notice = يكفي جواز سفر أو رخصة قيادة أو بطاقة هوية وطنية. ستُفتح هنا نافذة من Persona، شريكنا في التحقق من الهوية، لالتقاط صور لوثيقتك ولوجهك. تذهب الصور إلى Persona ولا تصل إلينا أبدًا.
on-phone = لا توجد كاميرا هنا؟ يُرجى تسجيل الدخول من هاتفك وإتمام ذلك هناك.
begun-another = بدأت عملية تحقق أخرى منذ ذلك الحين. يمكن إكمالها، لكن ذلك ليس ضروريًا.
hosted-flow = المتابعة على موقع Persona
reference = الرقم المرجعي
details-link = عرض تفاصيل التحقق من هويتك
step-profile = بياناتك
step-identity = الهوية

## The status card. The browser knows these texts, too

first-visit-title = إكمال ملفك الشخصي
first-visit-heading = إثبات هويتك
created-heading = لم تبدأ بعد
created-sentence = يستغرق الأمر نحو دقيقتين. تلزم وثيقة هوية تحمل صورة، وكاميرا.
pending-heading = لم تنتهِ بعد
pending-sentence = يمكن المتابعة من حيث توقفت.
submitted-heading = شكرًا لك، وصلنا كل شيء
submitted-sentence = تصل النتيجة عادةً خلال دقيقة وستظهر هنا. يمكنك إغلاق هذه الصفحة والعودة لاحقًا.
completed-heading = نتحقق من وثائقك
completed-sentence = يستغرق ذلك عادةً أقل من دقيقة، وستظهر النتيجة هنا. يمكنك إغلاق هذه الصفحة والعودة لاحقًا.
needs-review-heading = تجري مراجعة يدوية دقيقة
needs-review-sentence = لا يلزمك فعل أي شيء. يمكنك إغلاق هذه الصفحة والعودة لاحقًا.
approved-heading = تم التحقق من هويتك
declined-heading = تعذّر علينا التحقق من هويتك
declined-sentence = إذا كان في ذلك خطأ برأيك، فيُرجى [التواصل معنا] وذكر رقمك المرجعي.
failed-heading = تعذّر علينا التحقق من هويتك هذه المرة
failed-sentence = يُرجى المحاولة من جديد في إضاءة جيدة مع ظهور الوثيقة كاملةً في الصورة. يجب أن يكون اسمك كما في الوثيقة.
expired-heading = انتهى الوقت
expired-sentence = يمكنك البدء من جديد متى شئت.
unknown-heading = نعمل على ذلك
unknown-sentence = ستظهر النتيجة هنا. يمكنك إغلاق هذه الصفحة والعودة لاحقًا.

opening-heading = جارٍ الفتح…
opening-sentence = تُفتح نافذة من Persona فوق هذه الصفحة.
slow-heading = ما زال الفتح جاريًا…
slow-sentence = قد يستغرق ذلك بضع ثوانٍ أخرى.
open-heading = عملية التحقق مفتوحة
open-sentence = يُرجى إكمالها في النافذة. تُحفظ كل خطوة أولًا بأول.
cancelled-sentence = حفظنا ما أنجزته: يمكنك المتابعة متى شئت.
unsuccessful-heading = يبدو أن العملية لم تنجح
unsuccessful-sentence = ننتظر النتيجة النهائية. يمكنك المحاولة من جديد من الآن.
blocked-heading = تعذّر علينا فتح عملية التحقق هنا
blocked-sentence = قد يكون السبب أداة لحظر المحتوى أو شبكتك. يُرجى المتابعة على موقع Persona.
not-continued-heading = تعذّرت علينا متابعة التحقق من هويتك
not-continued-sentence = يُرجى المحاولة من جديد بعد لحظات.
misconfigured-heading = هناك خلل من جانبنا
misconfigured-sentence = يُرجى [إبلاغنا]. لم يُفقد شيء مما أنجزته.
window-closed-heading = أُغلقت النافذة على نحو غير متوقع
window-closed-sentence = يُرجى المحاولة من جديد أو المتابعة على موقع Persona. إذا تعذّرت المتابعة من حيث توقفت، فسيلزم البدء من البداية.
start-again-sentence = انتهى وقت عملية التحقق السابقة أو فُتحت مرات كثيرة، لذلك يجب البدء من جديد.

invalid-request-heading = حدث خطأ ما
invalid-request-sentence = يُرجى إعادة تحميل الصفحة والمحاولة من جديد.
signed-out-heading = تم تسجيل خروجك
signed-out-sentence = يُرجى تسجيل الدخول للمتابعة.
cross-origin-heading = جاء هذا الطلب من موقع آخر، لذلك أوقفناه
cross-origin-sentence = يُرجى البدء من هذه الصفحة.
too-many-attempts-heading = استخدمت محاولاتك الثلاث
too-many-attempts-sentence = يمكنك المحاولة من جديد بعد 24 ساعة أو [التواصل معنا].
rate-limited-heading = طلبات كثيرة في وقت قصير
rate-limited-sentence = يُرجى الانتظار دقيقة ثم المحاولة من جديد.
persona-failed-heading = شريكنا في التحقق من الهوية، Persona، لا يستجيب
persona-failed-sentence = لم يُفقد شيء. يُرجى المحاولة من جديد بعد بضع دقائق.
try-again-heading = حدث خطأ من جانبنا
try-again-sentence = لم يُفقد شيء. يُرجى المحاولة من جديد بعد لحظات.
timeout-heading = استغرق ذلك وقتًا طويلًا
timeout-sentence = لم يُفقد شيء. عند المحاولة من جديد تُستأنف العملية من حيث توقفت.
offline-heading = يبدو أن الاتصال بالإنترنت منقطع
offline-sentence = يُرجى التأكد من اتصالك والمحاولة من جديد.

start-action = بدء التحقق
continue-action = متابعة
continue-addition = { " " }– استكمال التحقق من حيث توقفت
try-again-action = المحاولة من جديد
try-again-addition = { " " }– بدء التحقق مرة أخرى
start-again-action = البدء من جديد
start-again-addition = { " " }– بدء التحقق من البداية
verify-again-action = التحقق مجددًا
verify-again-addition = { " " }– بدء عملية تحقق جديدة
sign-in-action = { sign-in }
sign-in-addition = { " " }لبدء التحقق

inquiry-completed = اكتملت عملية التحقق بالمعرّف:
inquiry-completed-hint = يُرجى الاحتفاظ بهذا المعرّف: فبه يُستعلم عن النتائج. ويُرجى ذكره عند التواصل معنا.
copy = نسخ
copied = تم النسخ
not-copied = يُرجى تحديد النص ونسخه

## Errors of the API

error-invalid-request = { invalid-request-heading }. { invalid-request-sentence }
error-signed-out = { signed-out-heading }. { signed-out-sentence }
error-cross-origin = { cross-origin-heading }. { cross-origin-sentence }
error-waiting = نتحقق من وثائقك. ستظهر النتيجة هنا.
error-approved = تم التحقق من هويتك. كل شيء جاهز.
error-declined = تعذّر علينا التحقق من هويتك. إذا كان في ذلك خطأ برأيك، فيُرجى التواصل معنا وذكر رقمك المرجعي.
error-too-many-attempts = استخدمت محاولاتك الثلاث. يمكنك المحاولة من جديد بعد 24 ساعة أو التواصل معنا.
error-rate-limited = { rate-limited-heading }. { rate-limited-sentence }
error-persona-failed = { persona-failed-heading }. { persona-failed-sentence }
error-try-again = { try-again-heading }. { try-again-sentence }
error-timeout = { timeout-heading }. { timeout-sentence }
error-offline = { offline-heading }. { offline-sentence }
error-our-address = صفحاتنا موجودة على { $address }.
error-form-unreadable = تعذّرت قراءة النموذج. يُرجى الرجوع وإعادة تحميل الصفحة والمحاولة من جديد.
error-demo-off = تسجيل الدخول إلى العرض التوضيحي غير مفعّل.
error-not-revoked = تعذّر علينا تسجيل خروج ذلك الجهاز. يُرجى الرجوع والمحاولة من جديد بعد لحظات.

## Results

results-heading = عمليات التحقق الخاصة بك
results-lead = الأحدث أولًا.
results-unavailable = لا يمكننا عرض عمليات التحقق الآن. لم يُفقد شيء. يُرجى المحاولة من جديد بعد لحظات.
results-empty-heading = لم تبدأ بعد
results-empty-text = بعد البدء يمكنك متابعة العملية هنا.
results-start = بدء
also = ، { $text }
attempt =
    { $number ->
        [2] المحاولة الثانية
        [3] المحاولة الثالثة
       *[other] المحاولة { $number }
    }
result-title = التحقق من هويتك
result-unavailable = لا يمكننا عرض عملية التحقق الآن. لم يُفقد شيء. يُرجى المحاولة من جديد بعد لحظات.
result-back = كل عمليات التحقق
result-status = الحالة
result-history = السجل
created-label = لم تبدأ
pending-label = قيد التنفيذ
submitted-label = أُرسلت
completed-label = قيد التحقق
needs-review-label = قيد المراجعة اليدوية
approved-label = تم التحقق
declined-label = لم يتم التحقق
failed-label = لم تنجح
expired-label = انتهى الوقت
unknown-label = قيد التنفيذ
time-started = البدء
time-sent = الإرسال
time-decided = القرار
time-expires = آخر موعد
time-deleted = حذف البيانات
history-created = أُنشئت
history-started = بدأت
history-sent = أُرسلت الصور
history-review = أُحيلت إلى مراجعة يدوية
history-changed = تغيّرت الحالة إلى: { $status }

## Devices

sessions-heading = الأجهزة المسجَّل الدخول منها
sessions-lead = يُرجى تسجيل خروج أي جهاز غير معروف لك أو لم يعد مستخدَمًا.
sessions-unavailable = لا يمكننا عرض أجهزتك الآن. يُرجى المحاولة من جديد بعد لحظات.
sessions-one-ended = تم تسجيل خروج الجهاز.
sessions-others-ended = تم تسجيل خروج جميع الأجهزة الأخرى.
sessions-end-others = تسجيل الخروج من جميع الأجهزة الأخرى
sessions-end-one = تسجيل الخروج: { $browser }، تسجيل الدخول في { $time }
sessions-this-one = هذا الجهاز
sessions-signed-in = تسجيل الدخول:
sessions-last-active = آخر نشاط:
browser-on-system = { $browser } على { $system }
browser-unnamed = متصفح على { $system }
browser-unknown = متصفح غير معروف
