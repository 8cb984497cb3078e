//! Mail in UTF-8 in several scripts, right to left too, and emoji.

use super::charset::{Charset, Transfer, Words};
use super::letter::{Letter, Person};

pub(super) fn letters() -> Vec<Letter> {
    vec![
        letter("hi-1", ("ज्योति सागर", "jyoti@deepstambh.example"), "दीपस्तंभ की मरम्मत पूरी हुई", 1, 5, 5,
            "नमस्ते रॉबिन,\n\nदीपस्तंभ की मरम्मत पूरी हो गई है। उद्घाटन रविवार को है।\nआप ज़रूर आइए!\n\nज्योति"),
        letter("vi-1", ("Đặng Hải Đăng", "haidang@haidang.example"), "Ảnh ngọn hải đăng lúc bình minh", 3, 23, 7,
            "Chào Robin,\n\nMình gửi lời thăm từ mũi đất phía đông. Bình minh hôm nay rất đẹp.\n\nHải Đăng").flags("seen"),
        letter("tr-1", ("Çağla Deniz", "cagla@fener.example"), "Deniz feneri müzesi açılıyor", 8, 14, 3,
            "Merhaba Robin,\n\nmüze cumartesi açılıyor. Işıkların altında çay içeriz.\n\nÇağla").flags("seen"),
        letter("is-1", ("Ísold Bjarnadóttir", "isold@vitinn.example"), "Vitinn og veðrið", 6, 18, 0,
            "Sæll Robin,\n\nþað er hvasst í dag, en vitinn stendur. Við sjáumst þegar lægir.\n\nÍsold").flags("seen"),
        letter("fa-1", ("مهتاب ساحلی", "mahtab@fanus.example"), "عکس‌های فانوس دریایی", 10, 9, 3,
            "سلام رابین،\n\nعکس‌های فانوس دریایی را دیدم؛ چه نور زیبایی!\nشمارهٔ قطار ۱۲۳ است و ساعت ۷ می‌رسیم.\n\nمهتاب").flags("seen"),
        letter("he-2", ("נעמה חוף", "naama@migdalor.example"), "Re: Open night (מגדלור)", 5, 20, 2,
            "תודה רבה!\n\nנגיע ברכבת 18:05 מתחנת North Quay, ארבעה אנשים.\n\nנעמה").flags("seen answered"),
        letter("uk-1", ("Оксана Гай", "oksana@sad.example"), "Щеплення яблунь навесні", 13, 10, 2,
            "Добрий день!\n\nЖивці готові, їх можна забрати з льоху. Їжак під яблунею передає вітання.\n\nОксана").flags("seen"),
        letter("ka-1", ("ნინო ზღვისპირელი", "nino@shukura.example"), "შუქურა და ყურძენი", 19, 12, 4,
            "გამარჯობა რობინ,\n\nრთველი დასრულდა. შუქურასთან სუფრას ვშლით.\n\nნინო").flags("seen"),
        letter("ta-1", ("கடல்விழி", "kadalvizhi@kalangarai.example"), "கலங்கரை விளக்கம்", 22, 4, 5,
            "வணக்கம் ராபின்,\n\nகலங்கரை விளக்கத்தின் படங்கள் மிகவும் அழகாக இருந்தன.\n\nகடல்விழி").flags("seen"),
        letter("emoji-1", ("Wen Litt 🌿", "wen@orchard.example"), "Harvest supper 🍎🥧 on Sunday?", 0, 0, 0,
            "Hi Robin!\n\nSupper in the barn on Sunday 🕯️ — there is pie 🥧, soup 🍲 and a fiddle 🎻.\nBring the whole family 👩‍👩‍👧‍👦 and a 👍🏽 will do as an answer.\n\nWen 🌿")
            .at(0, 0, 31),
        letter("ja-3", ("灯野 みさき", "misaki@toudai.example"), "【お知らせ】定例会🗼", 15, 3, 9,
            "次回の定例会は第三日曜日です。\n場所は岬の食堂「かもめ」、会費は八百円です。").flags("seen"),
        letter("ar-2", ("سلمى الشاطئ", "salma@manara.example"), "جدول الحافلات ١٢ و ٧ب (Slow Bus)", 17, 11, 2,
            "صباح الخير،\n\nوصلني الجدول الجديد. الحافلة 12 تقف الآن عند المنارة، شكرًا لكم جميعًا.\n\nسلمى").flags("seen $Label1"),
    ]
}

fn letter(id: &str, from: Person, subject: &str, days_ago: i64, hour: i64, zone: i64, text: &str) -> Letter {
    let transfer = if days_ago % 2 == 0 { Transfer::Base64 } else { Transfer::Plain };
    let words = if days_ago % 3 == 0 { Words::Q } else { Words::B };
    Letter::new(id, from, subject)
        .at(days_ago, hour, 10 + days_ago)
        .zone(zone)
        .written(Charset::UTF_8, words, transfer)
        .text(text)
}
