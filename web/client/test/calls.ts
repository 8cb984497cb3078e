/** A sample of every call. */
import type { MailboxFile, MailClient } from "../src/client.js";
import type { AccountSettings } from "../src/types.js";
import type { CallName } from "../src/worker/port.js";

const settings: AccountSettings = { protocol: "pop3", address: "b@example.org", host: "h", port: 995, security: "tls", username: "b", pop3: { removal: { afterDownload: true } } };

/** For every call what makes it; those of a stream make the one that opens it first, unless it was made. */
export function samples(session: MailClient): Readonly<Record<CallName, () => Promise<unknown>>> {
  let file: Promise<MailboxFile> | undefined;
  const opened = (): Promise<MailboxFile> => (file ??= session.exportMailbox(1, 2));
  return {
    accounts: () => session.accounts(),
    addAccount: () => session.addAccount(settings, "secret"),
    findAccount: () => session.signIn(settings, "secret"),
    signIn: () => session.signIn(1, "secret"),
    signOut: () => session.signOut(1),
    setGatewayToken: () => session.setGatewayToken("sesame"),
    removeAccount: () => session.removeAccount(1),
    setPop3: () => session.setPop3(1, {}),
    ledger: () => session.ledger(1),
    loadFromServer: () => session.loadFromServer(1, ["u"]),
    deleteOnServer: () => session.deleteOnServer(1, ["u"]),
    createMailbox: () => session.createMailbox(1, "Own"),
    renameMailbox: () => session.renameMailbox(1, 9, "Mine", 2),
    deleteMailbox: () => session.deleteMailbox(1, 9),
    moveMessages: () => session.moveMessages(["m"], 9),
    copyMessages: () => session.copyMessages(["m"], 9),
    deleteMessages: () => session.deleteMessages(["m"]),
    restoreMessages: () => session.restoreMessages(["m"]),
    emptyMailbox: () => session.emptyMailbox(1, 9),
    setRules: () => session.setRules(1, []),
    answerMigration: () => session.answerMigration(1, "sameMail"),
    state: () => session.state(1),
    mailboxes: () => session.mailboxes(1),
    list: () => session.list(1, 2, { order: "sender" }),
    thread: () => session.thread(1, 9),
    synchronise: () => session.synchronise(1, 2),
    showMailbox: () => session.showMailbox(1, 2),
    loadOlder: () => session.loadOlder(1, 2),
    message: () => session.message("m"),
    part: () => session.part("m", 3),
    source: () => session.source("m"),
    openPart: () => session.attachment("m", { index: 3, contentType: "image/png" }),
    openMessage: () => session.exportMessage("m"),
    openMailbox: opened,
    nextChunk: async () => (await opened()).stream.getReader().read(),
    // The stream makes it at its end.
    closeStream: async () => {
      const { stream, tally } = await opened();
      if (!stream.locked) await stream.getReader().read();
      return tally;
    },
    usage: () => session.usage(),
    storageEstimate: () => session.storageEstimate(),
    budget: () => session.budget(),
    setBudget: () => session.setBudget(null),
    verify: () => session.verify(true),
    changeFlags: () => session.changeFlags(["m"], ["\\Seen"], ["\\Flagged"]),
    syncNow: () => session.syncNow(1),
    waiting: () => session.waiting(),
  };
}
