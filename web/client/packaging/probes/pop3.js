import { Pop3Client } from "waypost/pop3";
import { taken } from "./mail.js";

export const probe = () => taken(Pop3Client);
