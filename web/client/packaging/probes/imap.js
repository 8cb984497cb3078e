import { ImapClient } from "waypost/imap";
import { listed } from "./mail.js";

export const probe = () => listed(ImapClient);
