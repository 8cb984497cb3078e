// Written by crates/testkit/tests/records.rs from the Rust records; the compiler holds it against the types.
import type * as types from "../src/types.js";

export const settings = [
  {"protocol":"imap","address":"robin@waypost.example","host":"mail.waypost.example","port":993,"security":"tls","username":"robin","pop3":{"removal":{"afterDownload":false,"afterDays":null,"whenDeleted":false,"whenMoved":false},"download":{"kind":"whole"},"skipAbove":null,"perCheck":null,"newestFirst":false,"interval":300,"acceptsEviction":false}},
  {"protocol":"pop3","address":"robin@waypost.example","host":"mail.waypost.example","port":993,"security":"starttls","username":"robin","pop3":{"removal":{"afterDownload":false,"afterDays":14,"whenDeleted":true,"whenMoved":false},"download":{"kind":"beginning","kibibytes":32},"skipAbove":5000000000,"perCheck":500,"newestFirst":true,"interval":null,"acceptsEviction":true}},
  {"protocol":"pop3","address":"robin@waypost.example","host":"mail.waypost.example","port":993,"security":"none","username":"robin","pop3":{"removal":{"afterDownload":false,"afterDays":null,"whenDeleted":false,"whenMoved":false},"download":{"kind":"whole"},"skipAbove":null,"perCheck":null,"newestFirst":false,"interval":300,"acceptsEviction":false}},
] as const satisfies readonly types.AccountSettings[];

export const choices = [
  {},
  {"acceptsEviction":true},
  {"download":{"kibibytes":32,"kind":"beginning"}},
  {"interval":null},
  {"newestFirst":true},
  {"perCheck":500},
  {"skipAbove":5000000000},
  {"removal":{"afterDays":14}},
  {"removal":{"afterDownload":false}},
  {"removal":{"whenDeleted":true}},
  {"removal":{"whenMoved":false}},
] as const satisfies readonly types.Pop3Choices[];

export const accounts = [
  {"id":7,"protocol":"imap","address":"robin@waypost.example","host":"mail.waypost.example","port":993,"security":"tls","username":"robin","pop3":{"removal":{"afterDownload":false,"afterDays":null,"whenDeleted":false,"whenMoved":false},"download":{"kind":"whole"},"skipAbove":null,"perCheck":null,"newestFirst":false,"interval":300,"acceptsEviction":false},"rules":[{"name":"Harbour","conditions":[{"kind":"from","value":"harbour"},{"kind":"to","value":"harbour"},{"kind":"subject","value":"harbour"},{"kind":"listId","value":"harbour"},{"kind":"larger","value":100000}],"actions":[{"kind":"move","value":3},{"kind":"flag","value":"\\Flagged"},{"kind":"delete"}],"last":true}],"notices":[{"kind":"noUniqueIds"},{"kind":"repeatedUniqueIds","messages":2},{"kind":"reusedUniqueIds","messages":3},{"kind":"deletionWithoutEffect","messages":4},{"kind":"allUniqueIdsChanged","known":20,"listed":21},{"kind":"storageMayBeEvicted","messages":5},{"kind":"loginDelay","seconds":900},{"kind":"serverExpires","days":0}],"migration":"sameMail"},
  {"id":7,"protocol":"pop3","address":"robin@waypost.example","host":"mail.waypost.example","port":993,"security":"starttls","username":"robin","pop3":{"removal":{"afterDownload":false,"afterDays":14,"whenDeleted":true,"whenMoved":false},"download":{"kind":"beginning","kibibytes":32},"skipAbove":5000000000,"perCheck":500,"newestFirst":true,"interval":null,"acceptsEviction":true},"rules":[{"name":"Harbour","conditions":[{"kind":"from","value":"harbour"},{"kind":"to","value":"harbour"},{"kind":"subject","value":"harbour"},{"kind":"listId","value":"harbour"},{"kind":"larger","value":100000}],"actions":[{"kind":"move","value":3},{"kind":"flag","value":"\\Flagged"},{"kind":"delete"}],"last":true}],"notices":[{"kind":"noUniqueIds"},{"kind":"repeatedUniqueIds","messages":2},{"kind":"reusedUniqueIds","messages":3},{"kind":"deletionWithoutEffect","messages":4},{"kind":"allUniqueIdsChanged","known":20,"listed":21},{"kind":"storageMayBeEvicted","messages":5},{"kind":"loginDelay","seconds":900},{"kind":"serverExpires","days":0}],"migration":"sameMail"},
  {"id":7,"protocol":"pop3","address":"robin@waypost.example","host":"mail.waypost.example","port":993,"security":"none","username":"robin","pop3":{"removal":{"afterDownload":false,"afterDays":null,"whenDeleted":false,"whenMoved":false},"download":{"kind":"whole"},"skipAbove":null,"perCheck":null,"newestFirst":false,"interval":300,"acceptsEviction":false},"rules":[{"name":"Harbour","conditions":[{"kind":"from","value":"harbour"},{"kind":"to","value":"harbour"},{"kind":"subject","value":"harbour"},{"kind":"listId","value":"harbour"},{"kind":"larger","value":100000}],"actions":[{"kind":"move","value":3},{"kind":"flag","value":"\\Flagged"},{"kind":"delete"}],"last":true}],"notices":[{"kind":"noUniqueIds"},{"kind":"repeatedUniqueIds","messages":2},{"kind":"reusedUniqueIds","messages":3},{"kind":"deletionWithoutEffect","messages":4},{"kind":"allUniqueIdsChanged","known":20,"listed":21},{"kind":"storageMayBeEvicted","messages":5},{"kind":"loginDelay","seconds":900},{"kind":"serverExpires","days":0}],"migration":"sameMail"},
] as const satisfies readonly types.Account[];

export const ledgers = [
  {"total":7,"entries":[{"uidl":"0000001a65f1c3a2","date":-1,"from":"Kim","subject":"Harbour","size":5000000000,"state":{"kind":"onServer"},"seenAt":1795536990000,"downloadedAt":null,"here":false},{"uidl":"0000001a65f1c3a2","date":-1,"from":"Kim","subject":"Harbour","size":5000000000,"state":{"kind":"both"},"seenAt":1795536990000,"downloadedAt":1795536990000,"here":true},{"uidl":"0000001a65f1c3a2","date":-1,"from":"Kim","subject":"Harbour","size":5000000000,"state":{"kind":"due","at":1795536990000},"seenAt":1795536990000,"downloadedAt":null,"here":false},{"uidl":"0000001a65f1c3a2","date":-1,"from":"Kim","subject":"Harbour","size":5000000000,"state":{"kind":"deleting"},"seenAt":1795536990000,"downloadedAt":null,"here":false},{"uidl":"0000001a65f1c3a2","date":-1,"from":"Kim","subject":"Harbour","size":5000000000,"state":{"kind":"deleted","at":1795536990000},"seenAt":1795536990000,"downloadedAt":null,"here":false},{"uidl":"0000001a65f1c3a2","date":-1,"from":"Kim","subject":"Harbour","size":5000000000,"state":{"kind":"here"},"seenAt":1795536990000,"downloadedAt":null,"here":false},{"uidl":"0000001a65f1c3a2","date":-1,"from":"Kim","subject":"Harbour","size":5000000000,"state":{"kind":"gone"},"seenAt":1795536990000,"downloadedAt":null,"here":false}]},
] as const satisfies readonly types.LedgerPage[];

export const mailboxes = [
  {"id":1,"name":"INBOX","delimiter":null,"role":null,"selectable":false,"uidvalidity":0,"total":null,"unseen":null,"flagged":0,"syncedAt":null},
  {"id":1,"name":"INBOX","delimiter":"/","role":"inbox","selectable":true,"uidvalidity":4294967295,"total":20000,"unseen":3,"flagged":0,"syncedAt":1795536990000},
  {"id":1,"name":"INBOX","delimiter":"/","role":"drafts","selectable":true,"uidvalidity":4294967295,"total":20000,"unseen":3,"flagged":0,"syncedAt":1795536990000},
  {"id":1,"name":"INBOX","delimiter":"/","role":"sent","selectable":true,"uidvalidity":4294967295,"total":20000,"unseen":3,"flagged":0,"syncedAt":1795536990000},
  {"id":1,"name":"INBOX","delimiter":"/","role":"junk","selectable":true,"uidvalidity":4294967295,"total":20000,"unseen":3,"flagged":0,"syncedAt":1795536990000},
  {"id":1,"name":"INBOX","delimiter":"/","role":"trash","selectable":true,"uidvalidity":4294967295,"total":20000,"unseen":3,"flagged":0,"syncedAt":1795536990000},
  {"id":1,"name":"INBOX","delimiter":"/","role":"archive","selectable":true,"uidvalidity":4294967295,"total":20000,"unseen":3,"flagged":0,"syncedAt":1795536990000},
  {"id":1,"name":"INBOX","delimiter":"/","role":"all","selectable":true,"uidvalidity":4294967295,"total":20000,"unseen":3,"flagged":0,"syncedAt":1795536990000},
  {"id":1,"name":"INBOX","delimiter":"/","role":"flagged","selectable":true,"uidvalidity":4294967295,"total":20000,"unseen":3,"flagged":0,"syncedAt":1795536990000},
] as const satisfies readonly types.Mailbox[];

export const rows = [
  {"id":"7.1.1.42","from":"Robin Ashdown","fromAddress":"robin@waypost.example","to":"Kim","subject":"Harbour \"lights\"","snippet":"","date":-1,"size":5000000000,"flags":["\\Seen","$Forwarded"],"attachment":true,"body":true,"waiting":true,"thread":9,"content":"7.0.0.42","sha256":"00ff","origin":1,"copyOf":7},
  {"id":"7.1.1.42","from":"Robin Ashdown","fromAddress":"robin@waypost.example","to":"Kim","subject":"Harbour \"lights\"","snippet":"","date":-1,"size":5000000000,"flags":[],"attachment":true,"body":false,"waiting":true,"thread":9,"content":null,"sha256":null,"origin":null,"copyOf":null},
] as const satisfies readonly types.MessageRow[];

export const views = [
  {"subject":"Harbour","from":[{"name":"Robin","address":"robin@waypost.example"}],"replyTo":[{"name":"Robin","address":"robin@waypost.example"}],"to":[{"name":"Robin","address":"robin@waypost.example"}],"cc":[{"name":"Robin","address":"robin@waypost.example"}],"date":1795536990000,"messageId":"one@waypost.example","text":"Text","html":"<p>Text</p>","parts":[{"index":2,"name":"chart.png","contentType":"image/png","contentId":null,"inline":true,"size":68},{"index":2,"name":"chart.png","contentType":"image/png","contentId":"chart@waypost.example","inline":true,"size":68}]},
  {"subject":"","from":[],"replyTo":[],"to":[],"cc":[],"date":null,"messageId":null,"text":"","html":null,"parts":[]},
] as const satisfies readonly types.MessageView[];

export const usage = [
  {"account":1,"onlyCopy":{"count":3,"octets":3000},"cache":{"count":0,"octets":0},"rows":{"count":3,"octets":3000}},
] as const satisfies readonly types.AccountUsage[];

export const tallies = [
  {"written":3,"leftOut":2,"damaged":1},
] as const satisfies readonly types.Tally[];

export const reports = [
  {"checked":20,"problems":[{"kind":"content-damaged","where":"1.1.1.1","repaired":true},{"kind":"content-missing","where":"1.1.1.1","repaired":true},{"kind":"octets-without-record","where":"1.1.1.1","repaired":true},{"kind":"content-unused","where":"1.1.1.1","repaired":true},{"kind":"holders-wrong","where":"1.1.1.1","repaired":true},{"kind":"usage-wrong","where":"1.1.1.1","repaired":true},{"kind":"rows-damaged","where":"1.1.1.1","repaired":true},{"kind":"rows-without-folder","where":"1.1.1.1","repaired":true},{"kind":"order-wrong","where":"1.1.1.1","repaired":true},{"kind":"count-wrong","where":"1.1.1.1","repaired":true},{"kind":"thread-wrong","where":"1.1.1.1","repaired":true},{"kind":"ledger-wrong","where":"1.1.1.1","repaired":true},{"kind":"account-damaged","where":"1.1.1.1","repaired":true},{"kind":"folder-damaged","where":"1.1.1.1","repaired":true}],"more":0},
] as const satisfies readonly types.Report[];

export const errors = [
  {"code":"auth-failed","blame":"caller","retryable":false,"message":"The server refused this password.","serverText":null},
  {"code":"auth-failed","blame":"user","retryable":false,"message":"The server refused this password.","serverText":null},
  {"code":"auth-failed","blame":"server","retryable":false,"message":"The server refused this password.","serverText":"No."},
  {"code":"auth-failed","blame":"gateway","retryable":false,"message":"The server refused this password.","serverText":null},
  {"code":"auth-failed","blame":"network","retryable":true,"message":"The server refused this password.","serverText":null},
  {"code":"auth-failed","blame":"device","retryable":false,"message":"The server refused this password.","serverText":null},
] as const satisfies readonly types.ErrorShape[];

export const states = [
  {"state":"signed-out"},
  {"state":"connecting"},
  {"state":"syncing","done":1,"total":2},
  {"state":"online"},
  {"state":"offline","error":{"code":"auth-failed","blame":"caller","retryable":false,"message":"The server refused this password.","serverText":null},"retryAt":null},
  {"state":"offline","error":{"code":"auth-failed","blame":"caller","retryable":false,"message":"The server refused this password.","serverText":null},"retryAt":1795536990000},
] as const satisfies readonly types.AccountState[];

export const events = [
  {"event":"change","type":"accounts"},
  {"event":"change","type":"maildrop","account":7},
  {"event":"change","type":"mailboxes","account":7},
  {"event":"change","type":"messages","account":7,"mailbox":1},
  {"event":"change","type":"body","account":7,"mailbox":1,"message":"7.1.1.42"},
  {"event":"state","account":7,"status":{"state":"signed-out"}},
  {"event":"state","account":7,"status":{"state":"connecting"}},
  {"event":"state","account":7,"status":{"state":"syncing","done":1,"total":2}},
  {"event":"state","account":7,"status":{"state":"online"}},
  {"event":"state","account":7,"status":{"state":"offline","error":{"code":"auth-failed","blame":"caller","retryable":false,"message":"The server refused this password.","serverText":null},"retryAt":null}},
  {"event":"state","account":7,"status":{"state":"offline","error":{"code":"auth-failed","blame":"caller","retryable":false,"message":"The server refused this password.","serverText":null},"retryAt":1795536990000}},
  {"event":"storage","storage":"ready"},
  {"event":"storage","storage":"read-only","error":{"code":"auth-failed","blame":"caller","retryable":false,"message":"The server refused this password.","serverText":null}},
  {"event":"storage","storage":"unavailable","error":{"code":"auth-failed","blame":"caller","retryable":false,"message":"The server refused this password.","serverText":null}},
  {"event":"storage","storage":"evicted"},
] as const satisfies readonly types.MailEvent[];

export const moved = [
  {"from":"7.1.1.42","to":"7.3.1.1","mailbox":1},
] as const satisfies readonly types.Moved[];

export const listQueries = [
  {"order":"date","descending":false,"filter":"all","after":"00ff.3","limit":50},
  {"order":"sender","descending":false,"filter":"all","after":"00ff.3","limit":50},
  {"order":"subject","descending":false,"filter":"all","after":"00ff.3","limit":50},
  {"order":"size","descending":false,"filter":"all","after":"00ff.3","limit":50},
  {"order":"thread","descending":false,"filter":"all","after":"00ff.3","limit":50},
  {"order":"date","descending":false,"filter":"unread","after":"00ff.3","limit":50},
  {"order":"date","descending":false,"filter":"flagged","after":"00ff.3","limit":50},
] as const satisfies readonly types.ListQuery[];

export const ledgerQueries = [
  {"states":["onServer","both","here","gone","deleting","due","deleted"],"skip":50,"limit":50},
] as const satisfies readonly types.LedgerQuery[];
