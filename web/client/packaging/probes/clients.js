import { ImapClient } from "waypost/clients";
import { listed } from "./mail.js";

export const probe = () => listed(ImapClient);
