//! Mail in the charsets of its country: in headers and bodies, each in the ways that mailers there used.

use super::charset::{Charset, Transfer, Words};
use super::letter::{Letter, Person};

pub(super) fn letters() -> Vec<Letter> {
    let mut letters = japanese();
    letters.extend(chinese());
    letters.extend(korean());
    letters.extend(cyrillic());
    letters.extend(western());
    letters
}

const MISAKI: Person = ("灯野 みさき", "misaki@toudai.example");
const HARUKI: Person = ("浜口 晴樹", "haruki@toudai.example");
const WANGHAI: Person = ("沈望海", "wanghai@dengta.example");
const HAIYAN: Person = ("林海燕", "haiyan@dengta-tw.example");
const HAESOL: Person = ("김해솔", "haesol@deungdae.example");
const NADEZHDA: Person = ("Надежда Береговая", "nadezhda@mayak.example");
const ZOE: Person = ("Zoë Février-Brûlé", "zoe@phare.example");

fn japanese() -> Vec<Letter> {
    vec![
        Letter::new("jis-1", MISAKI, "灯台の夜間公開について")
            .at(0, 0, 12)
            .zone(9)
            .written(Charset::ISO_2022_JP, Words::B, Transfer::Plain)
            .text("ロビンさん\n\nこんばんは。岬の灯台も、来週の土曜日に夜間公開をします。\nそちらのレンズが再び回ると聞いて、みんな喜んでいます。\n\n写真を楽しみにしています。\n\n灯野みさき"),
        Letter::new("sjis-1", HARUKI, "Re: レンズの磨き方（第2回）")
            .at(3, 1, 40)
            .zone(9)
            .flags("seen answered")
            .written(Charset::SHIFT_JIS, Words::B, Transfer::Base64)
            .text("お世話になっております。\n\nレンズの表面は乾いた鹿革で、円を描くように磨いてください。\n薬品は①使わない、②近づけない、の二点だけです。\n\n能登の表示板も同じ方法で直しました。\n\n浜口"),
        Letter::new("sjis-2", MISAKI, "写真を送ります")
            .at(16, 22, 5)
            .zone(9)
            .flags("seen")
            .written(Charset::SHIFT_JIS, Words::Raw, Transfer::Plain)
            .in_mailbox("旅行")
            .text("青森の港から灯台まで、海沿いの道を歩きました。\n予定より表の風が強くて、能面のような顔になりました。"),
        Letter::new("eucjp-1", HARUKI, "霧笛の音を録りました")
            .at(24, 4, 30)
            .zone(9)
            .flags("seen")
            .written(Charset::EUC_JP, Words::Q, Transfer::Quoted)
            .text("古い霧笛が一度だけ鳴りました。\n録音は来月の例会でお聞かせします。"),
        Letter::new("jis-2", MISAKI, "件名が長い場合の見え方を確かめるために、灯台と岬と霧と船と夜明けについて書いた便り")
            .at(40, 6, 0)
            .zone(9)
            .flags("seen")
            .written(Charset::ISO_2022_JP, Words::B, Transfer::Base64)
            .in_mailbox("Archive")
            .text("長い件名は、何行にも分かれて届きます。\n一つに繋がって見えれば成功です。"),
    ]
}

fn chinese() -> Vec<Letter> {
    vec![
        Letter::new("gb18030-1", WANGHAI, "关于灯塔开放日的安排")
            .at(0, 0, 26)
            .zone(8)
            .flags("flagged")
            .written(Charset::GB18030, Words::B, Transfer::Plain)
            .text("罗宾，你好！\n\n开放日那天我们会带三十位客人来看灯。\n其中有一位老人名叫㐂𠮷，他的名字很少见，请在名单上写对。\n\n望海"),
        Letter::new("gb2312-1", WANGHAI, "镜片已经寄出")
            .at(5, 9, 10)
            .zone(8)
            .flags("seen")
            .written(Charset::GB2312, Words::Q, Transfer::Quoted)
            .text("镜片今天寄出，大约十天到。\n收货的时候请先看箱子有没有镕化的痕迹。"),
        Letter::new("gb18030-2", WANGHAI, "旅行日程：坐火车去海边")
            .at(18, 3, 0)
            .zone(8)
            .flags("seen")
            .written(Charset::GB18030, Words::Raw, Transfer::Plain)
            .in_mailbox("旅行")
            .text("第一天：坐火车，看海。\n第二天：走到灯塔，等日落。\n第三天：什么也不做。"),
        Letter::new("big5-1", HAIYAN, "燈塔明信片")
            .at(2, 5, 45)
            .zone(8)
            .flags("seen")
            .written(Charset::BIG5, Words::B, Transfer::Plain)
            .text("親愛的羅賓：\n\n明信片收到了，功能很好的郵票！\n我把它貼在許多燈塔照片的旁邊。\n\n海燕"),
        Letter::new("big5-2", HAIYAN, "回覆：澎湖的船班")
            .at(33, 2, 15)
            .zone(8)
            .flags("seen")
            .written(Charset::BIG5, Words::Q, Transfer::Quoted)
            .in_mailbox("旅行")
            .text("船班改到早上七點，請不要遲到。"),
    ]
}

fn korean() -> Vec<Letter> {
    vec![
        Letter::new("euckr-1", HAESOL, "등대 음악회에 초대합니다")
            .at(0, 0, 5)
            .zone(9)
            .written(Charset::EUC_KR, Words::B, Transfer::Plain)
            .text("로빈 님께,\n\n금요일 저녁 일곱 시, 등대 아래에서 작은 음악회를 엽니다.\n따뜻한 옷을 꼭 챙겨 오세요.\n\n김해솔 드림"),
        Letter::new("ksc-1", HAESOL, "답장: 파도 소리 녹음")
            .at(9, 11, 20)
            .zone(9)
            .flags("seen")
            .written(Charset::KS_C_5601, Words::Q, Transfer::Base64)
            .text("녹음 잘 받았습니다. 갈매기 소리까지 또렷하네요.\n똠방각하라는 옛 드라마가 생각났습니다."),
        Letter::new("euckr-2", HAESOL, "부산행 기차 시간")
            .at(21, 8, 0)
            .zone(9)
            .flags("seen")
            .written(Charset::EUC_KR, Words::Raw, Transfer::Plain)
            .in_mailbox("旅行")
            .text("아침 기차는 여덟 시에 떠납니다.\n도시락은 역에서 삽시다."),
    ]
}

fn cyrillic() -> Vec<Letter> {
    vec![
        Letter::new("koi8-1", NADEZHDA, "Маяк снова горит")
            .at(1, 19, 32)
            .zone(3)
            .written(Charset::KOI8_R, Words::B, Transfer::Plain)
            .text("Здравствуй, Робин!\n\nВчера вечером маяк на мысе снова зажгли. Свет видно с самой пристани.\nПриезжай, пока не лёг снег.\n\nНадежда"),
        Letter::new("koi8-2", NADEZHDA, "Яблоки и варенье")
            .at(12, 15, 0)
            .zone(3)
            .flags("seen")
            .written(Charset::KOI8_R, Words::Raw, Transfer::Plain)
            .text("Посылка с вареньем вышла сегодня.\nСнег ещё не лёг, но утром уже подмораживает."),
        Letter::new("cp1251-1", NADEZHDA, "Re: Расписание теплохода «Чайка»")
            .at(27, 7, 45)
            .zone(3)
            .flags("seen")
            .written(Charset::WINDOWS_1251, Words::Q, Transfer::Quoted)
            .in_mailbox("Archive")
            .text("Теплоход ходит в 9:15 и в 17:40 — кроме понедельника.\nБилет стоит столько же, сколько в прошлом году."),
    ]
}

fn western() -> Vec<Letter> {
    vec![
        Letter::new("cp1252-1", ZOE, "Le cidre est prêt — venez goûter")
            .at(2, 17, 5)
            .zone(1)
            .flags("flagged")
            .written(Charset::WINDOWS_1252, Words::Q, Transfer::Quoted)
            .text("Bonjour Robin,\n\nLe cidre de l’automne est prêt : sec, un peu fumé, à 4 € la bouteille.\nOn l’ouvre dimanche, « au pied du phare », comme toujours.\n\nÀ bientôt,\nZoë"),
        Letter::new("latin9-1", ZOE, "Facture du cœur de l'été : 36 €")
            .at(45, 10, 30)
            .zone(1)
            .flags("seen")
            .written(Charset::ISO_8859_15, Words::B, Transfer::Plain)
            .in_mailbox("Archive")
            .text("Le total est de 36 €, œufs compris.\nMerci d'avance, Zoë"),
        Letter::new("latin2-1", ("Łucja Morska", "lucja@latarnia.example"), "Pocztówka z Zatoki")
            .at(14, 13, 0)
            .zone(1)
            .flags("seen")
            .written(Charset::ISO_8859_2, Words::Q, Transfer::Plain)
            .text("Cześć! Na Zatoce wieje, żagle łopoczą, a latarnia świeci jak należy.\nŚciskam, Łucja"),
        Letter::new("greek-1", ("Αγγελική Θαλασσινού", "angeliki@faros.example"), "Ο φάρος του ακρωτηρίου")
            .at(4, 16, 20)
            .zone(2)
            .flags("seen")
            .written(Charset::ISO_8859_7, Words::B, Transfer::Quoted)
            .text("Αγαπητέ Ρόμπιν,\n\nο παλιός φάρος άναψε πάλι. Σε περιμένουμε την άνοιξη, με μέλι και κουλούρια.\n\nΑγγελική"),
        Letter::new("hebrew-1", ("נעמה חוף", "naama@migdalor.example"), "המגדלור נפתח למבקרים")
            .at(6, 8, 50)
            .zone(2)
            .flags("seen")
            .written(Charset::WINDOWS_1255, Words::B, Transfer::Base64)
            .text("שלום רובין,\n\nביום שישי המגדלור נפתח למבקרים, משעה 16:00 ועד השקיעה.\nנשמח לראותך.\n\nנעמה"),
        Letter::new("arabic-1", ("سلمى الشاطئ", "salma@manara.example"), "زيارة المنارة يوم الجمعة")
            .at(7, 12, 15)
            .zone(2)
            .flags("seen")
            .written(Charset::WINDOWS_1256, Words::B, Transfer::Quoted)
            .text("مرحبا روبن،\n\nسنزور المنارة يوم الجمعة الساعة 4 بعد الظهر ومعنا الشاي والتمر.\nهل تأتي معنا؟\n\nسلمى"),
        Letter::new("thai-1", ("ประภา ชายฝั่ง", "prapha@prapakhan.example"), "ประภาคารตอนเช้า")
            .at(11, 2, 30)
            .zone(7)
            .flags("seen")
            .written(Charset::WINDOWS_874, Words::B, Transfer::Base64)
            .text("สวัสดีโรบิน\n\nเช้านี้หมอกลงจัด แต่แสงประภาคารยังมองเห็นได้ชัดเจน\n\nประภา"),
    ]
}
