//! The texts the engine says of its own accord, where a flow says nothing itself. Data only: one array a language.

/// A standard text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// An old choice was tapped.
    EarlierMessage,
    NotUnderstood,
    /// A number, date or time outside the range: `{from}` and `{to}`.
    OutOfRange,
    /// A field of a form can not be read: `{field}`.
    FieldWrong,
    /// A field of a form that may be left out, behind its label.
    MayBeSkipped,
    /// The words that leave a field out; separated by commas.
    SkipWords,
    /// The row that shows the next page of a long list.
    More,
    /// A call failed and the flow says nothing.
    Trouble,
    /// The title of the button that opens a list, where the flow names none.
    List,
    Yes,
    No,
    /// The flow was changed under the conversation, before its `lost`.
    Lost,
    /// The customer wrote a card number.
    CardNumber,
    /// The customer writes more than is taken of one customer.
    TooFast,
    /// The label of a form's field whose own words are too long for one, and stand above it.
    YourAnswer,
}

impl Standard {
    #[cfg(test)]
    pub(super) const ALL: [Standard; 15] = [
        Standard::EarlierMessage,
        Standard::NotUnderstood,
        Standard::OutOfRange,
        Standard::FieldWrong,
        Standard::MayBeSkipped,
        Standard::SkipWords,
        Standard::More,
        Standard::Trouble,
        Standard::List,
        Standard::Yes,
        Standard::No,
        Standard::Lost,
        Standard::CardNumber,
        Standard::TooFast,
        Standard::YourAnswer,
    ];
}

/// By language, in the order of [`Standard`].
pub(super) const ALL: [(&str, [&str; 15]); 5] = [
    (
        "en",
        [
            "That was from an earlier message.",
            "Sorry, I did not get that.",
            "Please send a value from {from} to {to}.",
            "Please check this: {field}",
            "(or send: skip)",
            "skip, -",
            "More",
            "Something went wrong on our side. Please try again in a moment.",
            "Choose",
            "Yes",
            "No",
            "Sorry, we have just changed something here.",
            "For your safety, please never send card numbers here. I did not keep yours. You only ever pay on the secure payment page.",
            "You are writing faster than I can answer. Please wait a minute, then send your last message again.",
            "Your answer",
        ],
    ),
    (
        "sw",
        [
            "Hiyo ilikuwa ya ujumbe wa awali.",
            "Samahani, sijaelewa.",
            "Tafadhali tuma kuanzia {from} hadi {to}.",
            "Tafadhali kagua hapa: {field}",
            "(au tuma: ruka)",
            "ruka, skip, -",
            "Zaidi",
            "Kuna hitilafu upande wetu. Tafadhali jaribu tena baada ya muda mfupi.",
            "Chagua",
            "Ndiyo",
            "Hapana",
            "Samahani, tumebadilisha kitu hapa sasa hivi.",
            "Kwa usalama wako, tafadhali usitume kamwe namba ya kadi hapa. Sikuihifadhi. Unalipa tu kwenye ukurasa salama wa malipo.",
            "Unaandika haraka kuliko ninavyoweza kujibu. Tafadhali subiri dakika moja, kisha tuma tena ujumbe wako wa mwisho.",
            "Jibu lako",
        ],
    ),
    (
        "ar",
        [
            "هذا الزر من رسالة سابقة.",
            "عذرًا، لم أفهم ذلك.",
            "يرجى إرسال قيمة من {from} إلى {to}.",
            "يرجى التحقق من: {field}",
            "(أو أرسل: تخطي)",
            "تخطي, skip, -",
            "المزيد",
            "حدث خطأ من جانبنا. يرجى المحاولة بعد قليل.",
            "اختر",
            "نعم",
            "لا",
            "عذرًا، لقد غيّرنا شيئًا هنا للتو.",
            "حفاظًا على سلامتك، يرجى عدم إرسال أرقام البطاقات هنا أبدًا. لم أحتفظ برقمك. الدفع يتم فقط في صفحة الدفع الآمنة.",
            "تكتب أسرع مما أستطيع الرد. يرجى الانتظار دقيقة ثم إرسال رسالتك الأخيرة مرة أخرى.",
            "إجابتك",
        ],
    ),
    (
        "hi",
        [
            "यह पहले के संदेश का बटन था।",
            "क्षमा करें, मैं समझ नहीं पाया।",
            "कृपया {from} से {to} के बीच भेजें।",
            "कृपया इसे जाँचें: {field}",
            "(या भेजें: छोड़ें)",
            "छोड़ें, skip, -",
            "और देखें",
            "हमारी ओर से कुछ गड़बड़ हुई। कृपया थोड़ी देर में फिर कोशिश करें।",
            "चुनें",
            "हाँ",
            "नहीं",
            "क्षमा करें, हमने यहाँ अभी कुछ बदला है।",
            "आपकी सुरक्षा के लिए, कृपया यहाँ कभी कार्ड नंबर न भेजें। मैंने उसे नहीं रखा। भुगतान केवल सुरक्षित भुगतान पेज पर होता है।",
            "आप मेरे जवाब देने से तेज़ लिख रहे हैं। कृपया एक मिनट रुकें, फिर अपना आख़िरी संदेश दोबारा भेजें।",
            "आपका जवाब",
        ],
    ),
    (
        "fr",
        [
            "Ce choix venait d'un message précédent.",
            "Désolé, je n'ai pas compris.",
            "Merci d'envoyer une valeur de {from} à {to}.",
            "Merci de vérifier : {field}",
            "(ou envoyez : passer)",
            "passer, skip, -",
            "Plus",
            "Un problème est survenu de notre côté. Merci de réessayer dans un instant.",
            "Choisir",
            "Oui",
            "Non",
            "Désolé, nous venons de changer quelque chose ici.",
            "Pour votre sécurité, n'envoyez jamais de numéro de carte ici. Je n'ai pas gardé le vôtre. Le paiement se fait uniquement sur la page sécurisée.",
            "Vous écrivez plus vite que je ne peux répondre. Merci d'attendre une minute, puis de renvoyer votre dernier message.",
            "Votre réponse",
        ],
    ),
];

/// A standard text in a language; in English where it has none.
pub fn standard(language: &str, text: Standard) -> &'static str {
    let found = ALL.iter().find(|(known, _)| *known == language).unwrap_or(&ALL[0]);
    found.1[text as usize]
}
