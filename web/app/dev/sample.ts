/** Sample mail for the fake client: what the mock pages show, and some HTML. */
import type { Attachment, MessageRow, MessageView } from "waypost";

export interface Sample {
  row: MessageRow;
  readonly view: MessageView;
  /** Octets of parts by index. */
  readonly octets?: Readonly<Record<number, Uint8Array>>;
}

const minute = 60_000;
const day = 1440 * minute;

interface Short {
  readonly id: number;
  readonly from: string;
  readonly address: string;
  readonly subject: string;
  readonly snippet: string;
  readonly ago: number;
  readonly flags?: readonly string[];
  readonly waiting?: boolean;
  readonly body?: boolean;
  readonly text?: string;
  readonly html?: string;
  readonly parts?: readonly Partial<Attachment>[];
  readonly octets?: Readonly<Record<number, Uint8Array>>;
}

const blue = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR4nGPQiFoARwzEcQDQAxIhSS2dPgAAAABJRU5ErkJggg=="), (character) => character.charCodeAt(0));

const newsletter = `<html><head><style>.card { border: 1px solid #ddd; border-radius: 8px; padding: 16px; } h2 { color: #274d3d; }</style></head>
<body bgcolor="#eef3ef" style="font-family: Georgia, serif; color: #223">
<table width="100%" cellpadding="0" cellspacing="0"><tr><td align="center"><table width="600" bgcolor="#ffffff" cellpadding="24"><tr><td>
<h2>Apple pressing: your slot is Saturday 9:30</h2>
<p style="line-height: 1.6">Dear members, the press is oiled and the <b>first eleven crates</b> are in. Bring clean bottles and a towel.</p>
<div class="card"><b>Your slot</b><br>Saturday, 28 November, 9:30 to 10:15<br><a href="https://orchard.example/slot?id=12">Move it to another time</a></div>
<p>The co-operative <img src="cid:blue@example.org" alt="a blue square" width="20" height="20"></p>
<img src="https://tracker.example/open.gif" width="1" height="1"><img src="http://images.example/apple.jpg" alt="Apples" width="200">
</td></tr></table></td></tr></table></body></html>`;

const simpleHtml = `<p>Hello Clara,</p><p>the slate can be had <i>second hand</i>, I asked at <a href="https://slate.example/yard">the yard in Saltvik</a>. They have about 400 pieces, and would bring them on the Thursday boat.</p><blockquote>Could you ask about the slate before the frost?</blockquote><p>Jun</p>`;

const list: readonly Short[] = [
  {
    id: 1,
    from: "Ingrid Aalto",
    address: "ingrid@ferryline.example",
    subject: "Ferry timetable for the winter",
    snippet: "From 7 December the first boat leaves at 07:10",
    ago: 18 * minute,
    flags: ["\\Seen"],
    parts: [
      { name: "winter-timetable.pdf", contentType: "application/pdf", size: 312_000 },
      { name: "landing-north.jpg", contentType: "image/jpeg", size: 1_840_000 },
    ],
    text: "Dear Clara, dear Tomasz,\n\nFrom 7 December the first boat leaves at 07:10 instead of 06:55, and on Mondays it waits for the bus from the ridge. The last crossing stays at 21:30. The full table is attached; the printed one goes up at the landing on Thursday.\n\nPlease look at the Sunday column once more before I send it to https://printer.example/saltvik.\n\n> Could the boat wait for the bus? It is ten minutes,\n> and the school asked about Mondays again.\n\nIngrid\n-- \nIngrid Aalto, Ferry line, landing north\ningrid@ferryline.example",
  },
  { id: 2, from: "Tomasz Wrona", address: "tomasz@wrona.example", subject: "Keys to the boathouse", snippet: "I left them under the third pot, as always", ago: 29 * minute, flags: ["\\Flagged"] },
  { id: 3, from: "Library of Saltvik", address: "desk@library.example", subject: "Two books are due on Friday", snippet: "You can renew them once more", ago: 62 * minute, flags: ["\\Seen"] },
  { id: 4, from: "Maren Falk", address: "maren@falk.example", subject: "Photos from the ridge walk", snippet: "All forty, sorry. The fox is in number 12", ago: 108 * minute, flags: ["\\Seen"], parts: [{ name: "fox.jpg", contentType: "image/jpeg", size: 2_400_000 }] },
  { id: 5, from: "Harbour council", address: "office@harbour.example", subject: "Minutes, meeting of 17 November", snippet: "Item 4: the signposts on the north path", ago: 140 * minute, flags: ["\\Seen"], waiting: true },
  { id: 6, from: "Jun Watanabe", address: "jun@watanabe.example", subject: "Re: Roof estimate", snippet: "The slate can be had second hand, I asked", ago: day + 60 * minute, flags: ["\\Answered"], html: simpleHtml },
  { id: 7, from: "مريم الحداد", address: "maryam@haddad.example", subject: "موعد الاجتماع القادم", snippet: "هل يناسبك يوم الخميس صباحًا؟", ago: day + 120 * minute, parts: [{ name: "جدول.pdf", contentType: "application/pdf", size: 88_000 }], text: "السلام عليكم كلارا،\n\nهل يناسبك يوم الخميس صباحًا؟ الجدول مرفق.\n\nمريم" },
  { id: 8, from: "Vale Water", address: "bills@valewater.example", subject: "Your bill for October is ready", snippet: "Amount due 41.20 by 5 December", ago: day + 300 * minute, flags: ["\\Seen"], body: false },
  { id: 9, from: "Anneli Rask", address: "anneli@rask.example", subject: "Choir: rehearsal moved to Wednesday", snippet: "Same place, half past six", ago: 2 * day, flags: ["\\Seen", "\\Flagged"] },
  {
    id: 10,
    from: "Orchard Co-operative",
    address: "members@orchard.example",
    subject: "Apple pressing: your slot is Saturday 9:30",
    snippet: "Bring clean bottles",
    ago: 4 * day,
    flags: ["\\Seen"],
    html: newsletter,
    parts: [{ name: "blue.png", contentType: "image/png", contentId: "<blue@example.org>", inline: true, size: 80 }],
    octets: { 0: blue },
  },
  { id: 11, from: "Per Holm", address: "per@holm.example", subject: "Scans from the attic, part 1", snippet: "Grandfather’s letters, in order", ago: 5 * day, flags: ["\\Seen"], parts: [{ name: "letters.zip", contentType: "application/zip", size: 48_000_000 }] },
  { id: 12, from: "渡辺 純", address: "jun@watanabe.example", subject: "屋根の見積もりについて", snippet: "お世話になっております。", ago: 9 * day, flags: ["\\Seen"] },
  { id: 13, from: "Vale Rail", address: "no-reply@valerail.example", subject: "A very long subject that goes on about the works between Saltvik and the ridge, the replacement buses and where they stop", snippet: "Works from 1 to 14 December", ago: 12 * day },
  { id: 14, from: "Parish clerk", address: "clerk@parish.example", subject: "Minutes of the village meeting", snippet: "Attached as always", ago: 40 * day, flags: ["\\Seen"] },
  { id: 15, from: "Boat supply", address: "shop@boats.example", subject: "Receipt 4471", snippet: "Thank you for your order", ago: 420 * day, flags: ["\\Seen"] },
];

/** The sample, seen from this moment. */
export function sampleMessages(now: number): Sample[] {
  return list.map((short) => {
    const parts = (short.parts ?? []).map((part, index): Attachment => ({ index, name: "", contentType: "application/octet-stream", contentId: null, inline: false, size: 0, ...part }));
    const people = { from: [{ name: short.from, address: short.address }], to: [{ name: "Clara Holm", address: "clara@orchard.example" }, { name: "Tomasz Wrona", address: "tomasz@wrona.example" }] };
    const row: MessageRow = {
      id: String(short.id),
      from: short.from,
      fromAddress: short.address,
      to: "Clara Holm",
      subject: short.subject,
      snippet: short.snippet,
      date: now - short.ago,
      size: 4200 + parts.reduce((sum, { size }) => sum + size, 0),
      flags: short.flags ?? [],
      attachment: parts.some(({ inline }) => !inline),
      body: short.body ?? true,
      waiting: short.waiting ?? false,
      thread: 0,
      content: null,
      sha256: null,
      origin: null,
      copyOf: null,
    };
    const view: MessageView = { subject: short.subject, ...people, replyTo: [], cc: [], date: row.date, messageId: null, text: short.text ?? `${short.snippet}.`, html: short.html ?? null, parts };
    return { row, view, ...(short.octets === undefined ? {} : { octets: short.octets }) };
  });
}
