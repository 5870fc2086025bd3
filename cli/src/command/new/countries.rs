//! What `duka new` knows about countries: enough for a first `shop.yaml`.

/// Settings of a shop in this country.
#[derive(Debug)]
pub struct Country {
    pub code: &'static str,
    pub name: &'static str,
    pub currency: &'static str,
    /// Of the largest city.
    pub timezone: &'static str,
    /// Beside English, the most used first.
    pub languages: &'static [&'static str],
}

macro_rules! countries {
    ($($code:ident $name:literal $currency:ident $timezone:literal $($language:ident)*;)*) => {
        pub const COUNTRIES: &[Country] = &[$(Country {
            code: stringify!($code),
            name: $name,
            currency: stringify!($currency),
            timezone: $timezone,
            languages: &[$(stringify!($language)),*],
        }),*];
    };
}

countries! {
    KE "Kenya" KES "Africa/Nairobi" sw;
    TZ "Tanzania" TZS "Africa/Dar_es_Salaam" sw;
    UG "Uganda" UGX "Africa/Kampala" sw;
    RW "Rwanda" RWF "Africa/Kigali" rw fr sw;
    ET "Ethiopia" ETB "Africa/Addis_Ababa" am;
    NG "Nigeria" NGN "Africa/Lagos" ha yo ig;
    GH "Ghana" GHS "Africa/Accra";
    ZA "South Africa" ZAR "Africa/Johannesburg" zu xh af;
    ZM "Zambia" ZMW "Africa/Lusaka";
    SN "Senegal" XOF "Africa/Dakar" fr;
    CI "Côte d’Ivoire" XOF "Africa/Abidjan" fr;
    CM "Cameroon" XAF "Africa/Douala" fr;
    MA "Morocco" MAD "Africa/Casablanca" ar fr;
    EG "Egypt" EGP "Africa/Cairo" ar;
    AE "United Arab Emirates" AED "Asia/Dubai" ar;
    SA "Saudi Arabia" SAR "Asia/Riyadh" ar;
    QA "Qatar" QAR "Asia/Qatar" ar;
    KW "Kuwait" KWD "Asia/Kuwait" ar;
    BH "Bahrain" BHD "Asia/Bahrain" ar;
    OM "Oman" OMR "Asia/Muscat" ar;
    JO "Jordan" JOD "Asia/Amman" ar;
    IN "India" INR "Asia/Kolkata" hi;
    PK "Pakistan" PKR "Asia/Karachi" ur;
    BD "Bangladesh" BDT "Asia/Dhaka" bn;
    LK "Sri Lanka" LKR "Asia/Colombo" si ta;
    ID "Indonesia" IDR "Asia/Jakarta" id;
    MY "Malaysia" MYR "Asia/Kuala_Lumpur" ms;
    PH "Philippines" PHP "Asia/Manila" fil;
    BR "Brazil" BRL "America/Sao_Paulo" pt;
    MX "Mexico" MXN "America/Mexico_City" es;
    CO "Colombia" COP "America/Bogota" es;
    AR "Argentina" ARS "America/Argentina/Buenos_Aires" es;
    US "United States" USD "America/New_York" es;
    GB "United Kingdom" GBP "Europe/London";
    IE "Ireland" EUR "Europe/Dublin";
    DE "Germany" EUR "Europe/Berlin" de;
    FR "France" EUR "Europe/Paris" fr;
    ES "Spain" EUR "Europe/Madrid" es;
    IT "Italy" EUR "Europe/Rome" it;
    PT "Portugal" EUR "Europe/Lisbon" pt;
}
