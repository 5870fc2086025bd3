//! The words of the pay page in each language. Says nothing of a particular payment.

use duka_engine::limits::providers::PAGE_LANGUAGES;

use super::Shown;

/// One language of the page.
#[derive(Debug)]
pub struct Words {
    pub language: &'static str,
    pub order: &'static str,
    pub total: &'static str,
    pub pay: &'static str,
    pub again: &'static str,
    pub safe: &'static str,
    pub phone: &'static str,
    pub phone_hint: &'static str,
    /// Heading and text, in the order of [`Shown`].
    shown: [(&'static str, &'static str); 11],
}

impl Words {
    pub fn of(&self, shown: Shown) -> (&'static str, &'static str) {
        self.shown[shown as usize]
    }
}

/// The languages that there are words in: `duka check` tells a shop of those that are missing.
pub const LANGUAGES: [&str; 8] = PAGE_LANGUAGES;

/// The words of a language; English for one that there are none in.
pub fn of(language: &str) -> &'static Words {
    let short = language.split(['-', '_']).next().unwrap_or("");
    ALL.iter().find(|words| words.language == short).unwrap_or(&ALL[0])
}

static ALL: [Words; 8] = [
    Words {
        language: "en",
        order: "Order",
        total: "Total",
        pay: "Pay",
        again: "Look again",
        safe: "You pay on the page of a payment provider. Nobody needs your card number in the chat.",
        phone: "Phone that pays",
        phone_hint: "Leave it empty to pay with the phone that you write from.",
        shown: [
            ("Pay your order", "Please check the total and go on to the secure page."),
            (
                "Look at your phone",
                "We have asked your phone for the payment. Enter your PIN there. You will hear from us in the chat.",
            ),
            ("One moment", "We are asking the payment provider. You will hear from us in the chat."),
            ("That payment did not go through", "Nothing was charged. You can try once more."),
            ("This phone can not pay", "Please check its number. It looks like 0712 345 678."),
            ("This order is paid", "Thank you! There is nothing more to do. Your receipt is in the chat."),
            ("This payment was given back", "The money is on its way back to you. The chat tells you more."),
            (
                "This order was cancelled",
                "Your payment came all the same. The money is given back to you, or a person writes to you in the chat.",
            ),
            ("This link has ended", "Go back to the chat to get a new one. Your bag is still there."),
            ("This link can not be used", "It is not complete, or not from us. Open the link in your chat once more."),
            ("Please wait a minute", "There were too many tries from here. Then open the link in your chat once more."),
        ],
    },
    Words {
        language: "sw",
        order: "Oda",
        total: "Jumla",
        pay: "Lipa",
        again: "Angalia tena",
        safe: "Unalipa kwenye ukurasa wa mtoa huduma za malipo. Hakuna anayehitaji namba ya kadi yako kwenye mazungumzo.",
        phone: "Simu inayolipa",
        phone_hint: "Iache wazi ili kulipa kwa simu unayoandikia.",
        shown: [
            ("Lipia oda yako", "Tafadhali hakiki jumla kisha endelea kwenye ukurasa salama."),
            (
                "Angalia simu yako",
                "Tumeomba malipo kwenye simu yako. Weka PIN yako hapo. Tutakujulisha kwenye mazungumzo.",
            ),
            ("Subiri kidogo", "Tunamuuliza mtoa huduma za malipo. Tutakujulisha kwenye mazungumzo."),
            ("Malipo hayakufaulu", "Hujatozwa chochote. Unaweza kujaribu tena."),
            ("Simu hii haiwezi kulipa", "Tafadhali hakiki namba yake. Huandikwa hivi: 0712 345 678."),
            ("Oda hii imelipwa", "Asante! Hakuna kingine cha kufanya. Risiti yako iko kwenye mazungumzo."),
            ("Malipo haya yamerudishwa", "Pesa zako ziko njiani kurudi. Mazungumzo yanaeleza zaidi."),
            (
                "Oda hii imeghairiwa",
                "Hata hivyo malipo yako yamefika. Utarudishiwa pesa, au mtu atakuandikia kwenye mazungumzo.",
            ),
            ("Kiungo hiki kimeisha", "Rudi kwenye mazungumzo upate kipya. Mkoba wako bado upo."),
            (
                "Kiungo hiki hakiwezi kutumika",
                "Hakijakamilika, au hakitoki kwetu. Fungua tena kiungo kwenye mazungumzo.",
            ),
            ("Subiri dakika moja", "Majaribio yamezidi kutoka hapa. Kisha fungua tena kiungo kwenye mazungumzo."),
        ],
    },
    Words {
        language: "ar",
        order: "الطلب",
        total: "المجموع",
        pay: "ادفع",
        again: "انظر مرة أخرى",
        safe: "تدفع في صفحة مزود الدفع. لا أحد يحتاج رقم بطاقتك في المحادثة.",
        phone: "الهاتف الذي يدفع",
        phone_hint: "اتركه فارغا للدفع من الهاتف الذي تكتب منه.",
        shown: [
            ("ادفع طلبك", "تحقق من المجموع ثم انتقل إلى الصفحة الآمنة."),
            ("انظر إلى هاتفك", "طلبنا الدفع من هاتفك. أدخل رقمك السري هناك. سنخبرك في المحادثة."),
            ("لحظة من فضلك", "نسأل مزود الدفع. سنخبرك في المحادثة."),
            ("لم تنجح عملية الدفع", "لم يخصم أي مبلغ. يمكنك المحاولة مرة أخرى."),
            ("لا يمكن الدفع من هذا الهاتف", "تحقق من رقمه. يكتب هكذا: 0712 345 678."),
            ("تم دفع هذا الطلب", "شكرا لك! لا شيء آخر مطلوب منك. إيصالك في المحادثة."),
            ("أعيد هذا المبلغ", "المبلغ في طريقه إليك. تجد المزيد في المحادثة."),
            ("ألغي هذا الطلب", "وصل مبلغك رغم ذلك. سيعاد المبلغ إليك، أو يكتب إليك شخص في المحادثة."),
            ("انتهى هذا الرابط", "عد إلى المحادثة لتحصل على رابط جديد. حقيبتك محفوظة."),
            ("لا يمكن استخدام هذا الرابط", "الرابط غير كامل أو ليس منا. افتح الرابط في محادثتك مرة أخرى."),
            ("انتظر دقيقة من فضلك", "محاولات كثيرة من هنا. ثم افتح الرابط في محادثتك مرة أخرى."),
        ],
    },
    Words {
        language: "hi",
        order: "ऑर्डर",
        total: "कुल",
        pay: "भुगतान करें",
        again: "फिर से देखें",
        safe: "आप भुगतान प्रदाता के पेज पर भुगतान करते हैं। चैट में किसी को आपके कार्ड नंबर की ज़रूरत नहीं है।",
        phone: "भुगतान करने वाला फ़ोन",
        phone_hint: "जिस फ़ोन से आप लिख रहे हैं उससे भुगतान के लिए इसे ख़ाली छोड़ दें।",
        shown: [
            ("अपने ऑर्डर का भुगतान करें", "कृपया कुल राशि देख लें और सुरक्षित पेज पर जाएँ।"),
            ("अपना फ़ोन देखें", "हमने आपके फ़ोन पर भुगतान माँगा है। वहाँ अपना पिन डालें। हम चैट में बताएँगे।"),
            ("एक क्षण", "हम भुगतान प्रदाता से पूछ रहे हैं। हम चैट में बताएँगे।"),
            ("भुगतान नहीं हो पाया", "कोई पैसा नहीं कटा। आप फिर कोशिश कर सकते हैं।"),
            ("इस फ़ोन से भुगतान नहीं हो सकता", "कृपया इसका नंबर जाँच लें। वह ऐसा दिखता है: 0712 345 678।"),
            ("इस ऑर्डर का भुगतान हो चुका है", "धन्यवाद! अब कुछ और नहीं करना है। आपकी रसीद चैट में है।"),
            ("यह भुगतान लौटा दिया गया", "पैसा आपके पास लौट रहा है। चैट में और जानकारी है।"),
            ("यह ऑर्डर रद्द हो गया है", "फिर भी आपका पैसा आ गया। वह आपको लौटाया जाएगा, या कोई व्यक्ति चैट में लिखेगा।"),
            ("यह लिंक समाप्त हो गया", "नए लिंक के लिए चैट पर लौटें। आपका बैग सुरक्षित है।"),
            ("यह लिंक काम नहीं करता", "यह अधूरा है या हमारा नहीं है। अपनी चैट का लिंक फिर से खोलें।"),
            ("कृपया एक मिनट रुकें", "यहाँ से बहुत अधिक कोशिशें हुईं। फिर अपनी चैट का लिंक दोबारा खोलें।"),
        ],
    },
    Words {
        language: "fr",
        order: "Commande",
        total: "Total",
        pay: "Payer",
        again: "Regarder à nouveau",
        safe: "Vous payez sur la page d’un prestataire de paiement. Personne n’a besoin de votre numéro de carte dans la discussion.",
        phone: "Téléphone qui paie",
        phone_hint: "Laissez vide pour payer avec le téléphone d’où vous écrivez.",
        shown: [
            ("Payez votre commande", "Vérifiez le total, puis continuez sur la page sécurisée."),
            (
                "Regardez votre téléphone",
                "Nous avons demandé le paiement à votre téléphone. Saisissez-y votre code. Vous aurez des nouvelles dans la discussion.",
            ),
            (
                "Un instant",
                "Nous interrogeons le prestataire de paiement. Vous aurez des nouvelles dans la discussion.",
            ),
            ("Le paiement n’a pas abouti", "Rien n’a été débité. Vous pouvez réessayer."),
            ("Ce téléphone ne peut pas payer", "Vérifiez son numéro. Il s’écrit ainsi : 0712 345 678."),
            ("Cette commande est payée", "Merci ! Il n’y a plus rien à faire. Votre reçu est dans la discussion."),
            ("Ce paiement a été remboursé", "L’argent vous revient. La discussion vous en dit plus."),
            (
                "Cette commande a été annulée",
                "Votre paiement est tout de même arrivé. L’argent vous est rendu, ou une personne vous écrit dans la discussion.",
            ),
            ("Ce lien a pris fin", "Retournez à la discussion pour en obtenir un autre. Votre panier est conservé."),
            (
                "Ce lien ne peut pas être utilisé",
                "Il est incomplet, ou ne vient pas de nous. Ouvrez à nouveau le lien de votre discussion.",
            ),
            (
                "Patientez une minute",
                "Trop d’essais ont été faits d’ici. Ouvrez ensuite à nouveau le lien de votre discussion.",
            ),
        ],
    },
    Words {
        language: "pt",
        order: "Pedido",
        total: "Total",
        pay: "Pagar",
        again: "Ver de novo",
        safe: "O pagamento é feito na página de um provedor de pagamentos. Ninguém precisa do número do seu cartão na conversa.",
        phone: "Telefone que paga",
        phone_hint: "Deixe em branco para pagar com o telefone de onde você escreve.",
        shown: [
            ("Pague seu pedido", "Confira o total e continue na página segura."),
            (
                "Olhe seu telefone",
                "Pedimos o pagamento ao seu telefone. Digite seu PIN nele. Avisaremos você na conversa.",
            ),
            ("Um momento", "Estamos perguntando ao provedor de pagamentos. Avisaremos você na conversa."),
            ("O pagamento não foi concluído", "Nada foi cobrado. Você pode tentar de novo."),
            ("Este telefone não pode pagar", "Confira o número. Ele se escreve assim: 0712 345 678."),
            ("Este pedido está pago", "Obrigado! Não há mais nada a fazer. Seu recibo está na conversa."),
            ("Este pagamento foi devolvido", "O dinheiro está voltando para você. A conversa diz mais."),
            (
                "Este pedido foi cancelado",
                "Mesmo assim, seu pagamento chegou. O dinheiro será devolvido, ou uma pessoa escreve para você na conversa.",
            ),
            ("Este link terminou", "Volte à conversa para receber outro. Sua sacola continua lá."),
            (
                "Este link não pode ser usado",
                "Ele está incompleto ou não é nosso. Abra de novo o link da sua conversa.",
            ),
            ("Espere um minuto", "Houve tentativas demais daqui. Depois, abra de novo o link da sua conversa."),
        ],
    },
    Words {
        language: "es",
        order: "Pedido",
        total: "Total",
        pay: "Pagar",
        again: "Ver de nuevo",
        safe: "Usted paga en la página de un proveedor de pagos. Nadie necesita el número de su tarjeta en el chat.",
        phone: "Teléfono que paga",
        phone_hint: "Déjelo vacío para pagar con el teléfono desde el que escribe.",
        shown: [
            ("Pague su pedido", "Revise el total y siga en la página segura."),
            ("Mire su teléfono", "Hemos pedido el pago a su teléfono. Escriba allí su PIN. Le avisaremos en el chat."),
            ("Un momento", "Estamos preguntando al proveedor de pagos. Le avisaremos en el chat."),
            ("El pago no se completó", "No se ha cobrado nada. Puede intentarlo de nuevo."),
            ("Este teléfono no puede pagar", "Revise el número. Se escribe así: 0712 345 678."),
            ("Este pedido está pagado", "¡Gracias! No hay nada más que hacer. Su recibo está en el chat."),
            ("Este pago fue devuelto", "El dinero está volviendo a usted. El chat le dice más."),
            (
                "Este pedido fue cancelado",
                "Aun así, su pago ha llegado. Se le devuelve el dinero, o una persona le escribe en el chat.",
            ),
            ("Este enlace ha terminado", "Vuelva al chat para recibir otro. Su bolsa sigue allí."),
            ("Este enlace no se puede usar", "Está incompleto o no es nuestro. Abra de nuevo el enlace de su chat."),
            ("Espere un minuto", "Hubo demasiados intentos desde aquí. Después abra de nuevo el enlace de su chat."),
        ],
    },
    Words {
        language: "ur",
        order: "آرڈر",
        total: "کل رقم",
        pay: "ادائیگی کریں",
        again: "دوبارہ دیکھیں",
        safe: "آپ ادائیگی کی کمپنی کے صفحے پر ادائیگی کرتے ہیں۔ چیٹ میں کسی کو آپ کے کارڈ نمبر کی ضرورت نہیں۔",
        phone: "ادائیگی کرنے والا فون",
        phone_hint: "جس فون سے آپ لکھ رہے ہیں اسی سے ادائیگی کے لیے اسے خالی چھوڑ دیں۔",
        shown: [
            ("اپنے آرڈر کی ادائیگی کریں", "براہِ کرم کل رقم دیکھ لیں اور محفوظ صفحے پر جائیں۔"),
            ("اپنا فون دیکھیں", "ہم نے آپ کے فون پر ادائیگی مانگی ہے۔ وہاں اپنا پن درج کریں۔ ہم چیٹ میں بتائیں گے۔"),
            ("ایک لمحہ", "ہم ادائیگی کی کمپنی سے پوچھ رہے ہیں۔ ہم چیٹ میں بتائیں گے۔"),
            ("ادائیگی نہیں ہو سکی", "کوئی رقم نہیں کٹی۔ آپ دوبارہ کوشش کر سکتے ہیں۔"),
            ("اس فون سے ادائیگی نہیں ہو سکتی", "براہِ کرم اس کا نمبر دیکھ لیں۔ وہ ایسا ہوتا ہے: 0712 345 678۔"),
            ("اس آرڈر کی ادائیگی ہو چکی ہے", "شکریہ! اب کچھ اور نہیں کرنا۔ آپ کی رسید چیٹ میں ہے۔"),
            ("یہ رقم واپس کر دی گئی", "رقم آپ کو واپس آ رہی ہے۔ مزید معلومات چیٹ میں ہیں۔"),
            (
                "یہ آرڈر منسوخ ہو گیا ہے",
                "پھر بھی آپ کی رقم پہنچ گئی۔ رقم آپ کو واپس کی جائے گی، یا کوئی شخص چیٹ میں لکھے گا۔",
            ),
            ("یہ لنک ختم ہو گیا", "نئے لنک کے لیے چیٹ پر واپس جائیں۔ آپ کا بیگ محفوظ ہے۔"),
            ("یہ لنک کام نہیں کرتا", "یہ ادھورا ہے یا ہمارا نہیں۔ اپنی چیٹ کا لنک دوبارہ کھولیں۔"),
            ("براہِ کرم ایک منٹ رکیں", "یہاں سے بہت زیادہ کوششیں ہوئیں۔ پھر اپنی چیٹ کا لنک دوبارہ کھولیں۔"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_words_of_its_own() {
        assert_eq!(ALL.each_ref().map(|words| words.language), LANGUAGES);
        assert_eq!((of("pt-BR").language, of("ur").language, of("de").language), ("pt", "ur", "en"));
    }
}
